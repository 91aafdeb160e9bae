import type { DeviceTensor, Executable, Graph, TensorSpec } from '@tesserae/tensor';
import { OwnershipError, ShapeError, bindDims, evaluateShape } from '@tesserae/tensor';
import type { OnnxDeviceTensor } from './device-tensor.js';
import type { RunShapes } from './engine/host.js';
import type { HostRandomInput } from './lower/host-random.js';

/** What an executable asks of its backend. */
interface ProgramRunner {
  readonly adopt: (tensor: DeviceTensor) => OnnxDeviceTensor;
  readonly run: (inputs: readonly OnnxDeviceTensor[], shapes: RunShapes) => Promise<readonly DeviceTensor[]>;
  readonly release: () => void;
}

/** What of a graph matters once it is lowered. */
export interface ProgramSignature {
  readonly name: string;
  /** The inputs that are not constants, in graph order. */
  readonly inputs: readonly { readonly name: string; readonly spec: TensorSpec }[];
  readonly outputs: readonly TensorSpec[];
  /** Indices in `inputs` of those that a run consumes. */
  readonly donated: readonly number[];
  readonly randomInputs: readonly HostRandomInput[];
}

/** Describes a graph without its constant inputs. */
export function signatureOf(
  graph: Graph,
  constants: ReadonlyMap<number, unknown>,
  randomInputs: readonly HostRandomInput[],
): ProgramSignature {
  const kept = graph.inputs.flatMap((_, index) => (constants.has(index) ? [] : [index]));
  return {
    name: graph.name,
    inputs: kept.map((index) => ({ name: graph.inputNames[index]!, spec: graph.inputs[index]!.spec })),
    outputs: graph.outputs.map((output) => output.spec),
    donated: graph.aliases.map(({ input }) => kept.indexOf(input)).filter((index) => index >= 0),
    randomInputs,
  };
}

/** A compiled graph: checks what comes in, and works out the sizes of a run. */
export class OnnxExecutable implements Executable {
  private isReleased = false;
  /** Sizes do not change when no input has a symbolic one. */
  private readonly fixedShapes: RunShapes | undefined;

  constructor(
    private readonly signature: ProgramSignature,
    private readonly runner: ProgramRunner,
  ) {
    const isFixed = signature.inputs.every(({ spec }) => spec.shape.every((dim) => typeof dim === 'number'));
    this.fixedShapes = isFixed ? this.shapesUnder({}) : undefined;
  }

  async run(inputs: readonly DeviceTensor[]): Promise<readonly DeviceTensor[]> {
    const { name, donated } = this.signature;
    if (this.isReleased) throw releasedExecutable(name);
    this.requireCount(inputs.length);
    const own = inputs.map((tensor) => this.runner.adopt(tensor));
    for (const tensor of own) tensor.requireLive(name);
    this.requireSingleUse(own);
    const bindings = bindDims(
      this.signature.inputs,
      own.map((tensor) => tensor.spec),
    );
    const shapes = this.fixedShapes ?? this.shapesUnder(bindings);
    for (const index of donated) own[index]!.setDonated(name, true);
    try {
      return await this.runner.run(own, shapes);
    } catch (error) {
      for (const index of donated) own[index]!.setDonated(name, false);
      throw error;
    }
  }

  release(): void {
    if (!this.isReleased) this.runner.release();
    this.isReleased = true;
  }

  private shapesUnder(bindings: Readonly<Record<string, number>>): RunShapes {
    return {
      outputs: this.signature.outputs.map((spec) => evaluateShape(spec.shape, bindings)),
      random: this.signature.randomInputs.map(({ shape }) => evaluateShape(shape, bindings)),
    };
  }

  private requireCount(got: number): void {
    const { name, inputs } = this.signature;
    if (got === inputs.length) return;
    const missing = inputs.slice(got).map((input) => `'${input.name}'`);
    throw new ShapeError({
      op: name,
      problem: `got ${got} inputs, needed ${inputs.length}${missing.length > 0 ? `: no ${missing.join(', ')}` : ''}`,
      likely: 'Pass the inputs that are not constants, in graph order.',
      page: 'input-count',
      got,
      needed: inputs.length,
    });
  }

  /** @throws OwnershipError when a tensor that the run consumes is passed twice */
  private requireSingleUse(inputs: readonly OnnxDeviceTensor[]): void {
    const twice = this.signature.donated.find(
      (index) => inputs.indexOf(inputs[index]!) !== inputs.lastIndexOf(inputs[index]!),
    );
    if (twice === undefined) return;
    throw new OwnershipError({
      op: this.signature.name,
      problem: `the tensor donated as '${this.signature.inputs[twice]!.name}' is another input too`,
      likely: 'Upload it twice, or leave it out of `donate`.',
      page: 'tensor-donated-twice',
    });
  }
}

function releasedExecutable(op: string): OwnershipError {
  return new OwnershipError({
    op,
    problem: 'the compiled graph was released',
    likely: 'Release it after its last run, or compile it again.',
    page: 'executable-released',
  });
}
