import type { HostArray, HostTensor } from '@tesserae/tensor';
import { BackendError, DTYPES } from '@tesserae/tensor';
import type { HostRandomInput } from '../lower/host-random.js';
import type { OrtLike, OrtSessionLike, OrtTensorLike } from '../ort-like.js';
import { ortTensor } from '../ort-like.js';
import { RandomSource } from '../random/random-source.js';
import type { EngineHost, EngineSettings, ProgramReport, ProgramSource, RunRequest } from './host.js';
import { sessionOptions } from './session-options.js';
import { blockFits, writeBlock } from './block-write.js';
import { fillsFetches } from './fetch-probe.js';

/** A tensor held by the engine, ready to be fed. */
interface Held {
  readonly value: HostTensor;
  readonly tensor: OrtTensorLike;
}

interface Program {
  readonly source: Omit<ProgramSource, 'model'>;
  readonly session: OrtSessionLike;
  readonly residents: Readonly<Record<string, OrtTensorLike>>;
  /** By index of the alias: memory of a donated input, which the next run writes its output into. */
  readonly spares: Map<number, Held>;
}

/**
 * Runs sessions over tensors that it holds. The same class serves in the caller's thread and in a worker.
 * Donation is by double buffers: an output is written into the memory of the input donated one run earlier.
 */
export class Engine implements EngineHost {
  private readonly tensors = new Map<number, Held>();
  private readonly programs = new Map<number, Program>();
  private readonly random = new RandomSource();
  private lastRun: Promise<unknown> = Promise.resolve();

  /** Whether outputs may be written into given memory; found out before the first program. */
  private canFetchInto: boolean | undefined;

  constructor(
    private readonly ort: OrtLike,
    private readonly settings: EngineSettings,
  ) {}

  async load({ model, ...source }: ProgramSource): Promise<ProgramReport> {
    this.canFetchInto ??= await fillsFetches(this.ort, this.settings);
    const started = performance.now();
    const session = await this.openSession(source, model);
    const residents = source.residents.map(({ name, value }) => [name, this.hold(value).tensor] as const);
    this.programs.set(source.id, {
      source,
      session,
      residents: Object.fromEntries(residents),
      spares: new Map(),
    });
    return { sessionMs: performance.now() - started };
  }

  upload(tensor: number, value: HostTensor): void {
    this.tensors.set(tensor, this.hold(value));
  }

  download(tensor: number): Promise<HostTensor> {
    const { value } = this.held(tensor);
    return Promise.resolve({ ...value, data: value.data.slice() as HostArray });
  }

  /** Inputs are taken at once; the run itself waits for the one before it, whose buffers it may reuse. */
  run(request: RunRequest): Promise<readonly (HostTensor | undefined)[]> {
    const given = request.inputs.map((tensor) => this.held(tensor));
    const done = this.lastRun.then(async () => {
      await this.runNow(request, given);
      return request.outputs.map((tensor) => smallCopy(this.held(tensor).value));
    });
    this.lastRun = done.catch(() => undefined);
    return done;
  }

  private async runNow(request: RunRequest, given: readonly Held[]): Promise<void> {
    const program = this.programs.get(request.program)!;
    const { source, session, residents } = program;
    const feeds: Record<string, OrtTensorLike> = { ...residents };
    source.inputs.forEach((name, index) => (feeds[name] = given[index]!.tensor));
    this.random.begin(source.randomInputs, request.shapes.random);
    source.randomInputs.forEach((random, index) => {
      const shape = request.shapes.random[index]!;
      feeds[random.name] = this.draw(random, given[random.key]!.value, shape);
    });
    const targets = this.takeSpares(program, request.shapes.outputs);
    const fetches = source.results.map(({ name }, index) => [name, targets.get(index)?.tensor ?? null]);
    const values = await this.runSession(source.name, session, feeds, Object.fromEntries(fetches));
    const results = source.results.map(
      ({ name }, index) => targets.get(index) ?? this.adopt(source, index, values[name] as OrtTensorLike),
    );
    this.keep(program, request, { given, results });
  }

  /** Puts the outputs of a run where its caller looks for them; donated inputs are gone. */
  private keep(
    { source, spares }: Program,
    { inputs, outputs, shapes }: RunRequest,
    { given, results }: { readonly given: readonly Held[]; readonly results: readonly Held[] },
  ): void {
    source.computed.forEach((result, index) => {
      if (result === undefined) return;
      const { name } = source.results[result]!;
      requireShape(source.name, name, results[result]!.value.shape, shapes.outputs[index]!);
    });
    writeBlocks(source, given, results);
    source.computed.forEach((result, index) => {
      if (result !== undefined) this.tensors.set(outputs[index]!, results[result]!);
    });
    for (const { output, input } of source.writes) {
      this.tensors.set(outputs[output]!, given[input]!);
      this.tensors.delete(inputs[input]!);
    }
    source.aliases.forEach(({ input }, alias) => {
      if (this.canFetchInto === true) spares.set(alias, given[input]!);
      this.tensors.delete(inputs[input]!);
    });
  }

  releaseTensor(tensor: number): void {
    this.tensors.delete(tensor);
  }

  releaseProgram(id: number): void {
    const program = this.programs.get(id);
    this.programs.delete(id);
    void program?.session.release();
  }

  async close(): Promise<void> {
    const sessions = [...this.programs.values()].map((program) => program.session);
    this.programs.clear();
    this.tensors.clear();
    await Promise.all(sessions.map((session) => session.release()));
  }

  private async openSession(
    { name, operators }: Program['source'],
    model: Uint8Array,
  ): Promise<OrtSessionLike> {
    const options = sessionOptions(this.settings, operators);
    try {
      return await this.ort.InferenceSession.create(model as never, options as never);
    } catch (cause) {
      throw runtimeError(name, 'ONNX Runtime refused the model', cause);
    }
  }

  private async runSession(
    name: string,
    session: OrtSessionLike,
    feeds: Readonly<Record<string, OrtTensorLike>>,
    fetches: Readonly<Record<string, OrtTensorLike | null>>,
  ): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await session.run(feeds as never, fetches as never);
    } catch (cause) {
      throw runtimeError(name, 'ONNX Runtime failed', cause);
    }
  }

  private draw(request: HostRandomInput, key: HostTensor, shape: readonly number[]): OrtTensorLike {
    const data = this.random.draw(request, [key.data[0]!, key.data[1]!], shape);
    return ortTensor(this.ort, request.dtype, data, shape);
  }

  /** Takes the spare memory that fits the outputs of this run; what is taken is gone until the run ends. */
  private takeSpares(
    { source, spares }: Program,
    shapes: readonly (readonly number[])[],
  ): ReadonlyMap<number, Held> {
    const taken = new Map<number, Held>();
    source.aliases.forEach(({ output }, alias) => {
      const spare = spares.get(alias);
      spares.delete(alias);
      const shape = shapes[source.computed.indexOf(output)]!;
      const fits = spare?.value.shape.every((size, axis) => size === shape[axis]);
      if (spare !== undefined && fits) taken.set(output, spare);
    });
    return taken;
  }

  private adopt({ results }: Program['source'], index: number, { dims, data }: OrtTensorLike): Held {
    const { dtype } = results[index]!;
    const { buffer, byteOffset, byteLength } = data as Uint8Array<ArrayBuffer>;
    const view = DTYPES[dtype].view(buffer, byteOffset, byteLength / DTYPES[dtype].sizeBytes);
    return this.hold({ dtype, shape: [...dims], data: view });
  }

  private hold(value: HostTensor): Held {
    return { value, tensor: ortTensor(this.ort, value.dtype, value.data, value.shape) };
  }

  private held(tensor: number): Held {
    const held = this.tensors.get(tensor);
    if (held === undefined) throw new Error(`internal: tensor ${tensor} is not held by the engine`);
    return held;
  }
}

/** Outputs of up to this many bytes are handed over with the end of the run. */
const SMALL_BYTES = 4096;

function smallCopy(value: HostTensor): HostTensor | undefined {
  return value.data.byteLength > SMALL_BYTES
    ? undefined
    : { ...value, data: value.data.slice() as HostArray };
}

/** Writes the blocks of a run into their inputs: all, or none when one does not fit. */
function writeBlocks(
  { name, inputs, writes, results: names }: Program['source'],
  given: readonly Held[],
  results: readonly Held[],
): void {
  const blocks = writes.map(({ input, update, starts }) => ({
    target: given[input]!.value,
    update: results[update]!.value,
    starts: Array.from(results[starts]!.value.data),
  }));
  blocks.forEach(({ target, update, starts }, index) => {
    if (blockFits(target, update, starts)) return;
    const ends = starts.map((start, axis) => start + update.shape[axis]!);
    const { input, update: result } = writes[index]!;
    requireShape(name, `${names[result]!.name} in ${inputs[input]!}`, ends, target.shape);
    throw runtimeError(name, 'a block begins before its target', undefined);
  });
  for (const { target, update, starts } of blocks) writeBlock(target, update, starts);
}

function runtimeError(name: string, what: string, cause: unknown): BackendError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BackendError({
    op: name,
    problem: `${what}: ${reason}`,
    likely: 'An index outside its axis, or a graph this version of ONNX Runtime has no kernel for.',
    page: 'onnx-runtime',
    cause,
  });
}

function requireShape(
  program: string,
  output: string,
  got: readonly number[],
  needed: readonly number[],
): void {
  if (got.length === needed.length && got.every((size, axis) => size === needed[axis])) return;
  throw new BackendError({
    op: program,
    problem: `output '${output}' came out as [${got.join(',')}], needed [${needed.join(',')}]`,
    likely: 'A dynamicSlice or updateSlice began where its block does not fit.',
    page: 'onnx-output-shape',
    got,
    needed,
  });
}
