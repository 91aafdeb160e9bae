import type {
  Backend,
  BackendCompileOptions,
  Capabilities,
  ConcreteSpec,
  DeviceTensor,
  Executable,
  Graph,
  HostArray,
  HostTensor,
  Log,
} from '@tesserae/tensor';
import { BackendError, DtypeError, formatSpec } from '@tesserae/tensor';
import { OnnxDeviceTensor, requireOnnxTensor } from './device-tensor.js';
import { Engine } from './engine/engine.js';
import type { EngineHost, RunShapes } from './engine/host.js';
import { OnnxExecutable } from './executable.js';
import { compositeCapabilities } from './lower/composites.js';
import type { Target } from './lower/target.js';
import { SUPPORTED_DTYPES, targetOf } from './lower/target.js';
import type { OnnxBackendOptions } from './options.js';
import { resolveOptions } from './options.js';
import { describeProgram, lowerToProgram } from './program.js';
import { RemoteEngine } from './worker/remote-engine.js';

/**
 * A backend on ONNX Runtime: lowers graphs, training steps included, to ONNX models and runs them.
 * @throws OptionError for an unknown or contradictory option
 */
export function createOnnxBackend(options: OnnxBackendOptions): Backend {
  const settings = resolveOptions(options);
  const { ort, worker, log } = options;
  const host = worker === undefined ? new Engine(ort!, settings) : new RemoteEngine(worker(settings));
  return new OnnxBackend(host, { target: targetOf(settings.executionProviders), log });
}

interface Lowering {
  readonly target: Target;
  readonly log: Log | undefined;
}

class OnnxBackend implements Backend {
  readonly name = 'onnx';
  readonly capabilities: Capabilities;
  private ids = 0;
  private isClosed = false;

  constructor(
    private readonly host: EngineHost,
    private readonly lowering: Lowering,
  ) {
    this.capabilities = {
      dtypes: SUPPORTED_DTYPES,
      symbolicDims: true,
      ...compositeCapabilities(lowering.target),
    };
  }

  async compile(graph: Graph, { constants, debug, log }: BackendCompileOptions): Promise<Executable> {
    this.requireOpen('compile');
    const started = performance.now();
    const id = this.ids++;
    const program = lowerToProgram(graph, { id, constants, target: this.lowering.target });
    const loweredMs = performance.now() - started;
    const { sessionMs } = await this.host.load(program.source);
    const report = log ?? this.lowering.log;
    if (debug >= 1)
      for (const line of describeProgram(program, { loweredMs, sessionMs, debug })) report?.(line);
    return new OnnxExecutable(program.signature, {
      adopt: (tensor) => requireOnnxTensor(graph.name, tensor, this.host),
      run: (inputs, shapes) => this.run(id, program.signature.outputs, { inputs, shapes }),
      release: () => this.host.releaseProgram(id),
    });
  }

  upload(value: HostTensor): DeviceTensor {
    this.requireOpen('upload');
    if (!SUPPORTED_DTYPES.includes(value.dtype)) throw unsupported(value);
    const tensor = this.track({ dtype: value.dtype, shape: [...value.shape] });
    this.host.upload(tensor.id, { ...tensor.spec, data: value.data.slice() as HostArray });
    return tensor;
  }

  async download(value: DeviceTensor): Promise<HostTensor> {
    this.requireOpen('download');
    const tensor = requireOnnxTensor('download', value, this.host);
    tensor.requireLive('download');
    const { early } = tensor;
    if (early !== undefined) return { ...early, data: early.data.slice() as HostArray };
    return this.host.download(tensor.id);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.host.close();
  }

  private async run(
    program: number,
    outputs: readonly { readonly dtype: ConcreteSpec['dtype'] }[],
    { inputs, shapes }: { readonly inputs: readonly OnnxDeviceTensor[]; readonly shapes: RunShapes },
  ): Promise<readonly DeviceTensor[]> {
    this.requireOpen('run');
    const results = outputs.map(({ dtype }, index) => this.track({ dtype, shape: shapes.outputs[index]! }));
    const small = await this.host.run({
      program,
      inputs: inputs.map((tensor) => tensor.id),
      outputs: results.map((tensor) => tensor.id),
      shapes,
    });
    results.forEach((tensor, index) => (tensor.early = small[index]));
    return results;
  }

  private track(spec: ConcreteSpec): OnnxDeviceTensor {
    return new OnnxDeviceTensor(spec, this.ids++, this.host);
  }

  private requireOpen(op: string): void {
    if (!this.isClosed) return;
    throw new BackendError({
      op,
      problem: 'the backend is closed',
      likely: 'Close it after its last use; create another one to go on.',
      page: 'backend-closed',
    });
  }
}

function unsupported(value: HostTensor): DtypeError {
  return new DtypeError({
    op: 'upload',
    problem: `${formatSpec(value)} has a dtype that backend-onnx does not take (${SUPPORTED_DTYPES.join(', ')})`,
    likely: 'Convert it with castHost; ONNX Runtime’s JavaScript API has no bf16 tensors.',
    page: 'onnx-dtype',
    got: value.dtype,
    needed: SUPPORTED_DTYPES,
  });
}
