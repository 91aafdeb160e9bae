import type {
  BackendCompileOptions,
  DeviceTensor,
  DimBindings,
  Executable,
  Graph,
  HostArray,
  HostTensor,
  TensorSpec,
} from '@tesserae/tensor';
import { bindDims, inScope, isFloat } from '@tesserae/tensor';
import { CpuTensor } from './cpu-tensor.js';
import type { KernelOptions } from './kernels/kernel.js';
import type { Program, Step } from './program.js';
import { planProgram } from './program.js';
import type { Precision } from './storage.js';
import { checkConstants, countError, foreignError, releasedError, sharedDonation } from './run-errors.js';
import { ArrayPool, narrow, storeHost, widen, writable } from './storage.js';

/** What an executable needs of its backend. */
export interface CpuSession {
  /** Identity of the backend, carried by its tensors. */
  readonly owner: object;
  readonly precision: Precision;
  readonly kernels: KernelOptions;
  /** @throws OwnershipError when the backend is closed */
  readonly requireOpen: (op: string) => void;
  /** Runs jobs one after the other. */
  readonly enqueue: <T>(job: () => Promise<T>) => Promise<T>;
}

/** Milliseconds of computing after which timers and other work get a turn. */
const TURN_MS = 50;
/** Programs kept, one per combination of sizes; the oldest goes first. */
const MAX_PROGRAMS = 16;

/** A graph on the reference backend. */
export class CpuExecutable implements Executable {
  readonly #graph: Graph;
  readonly #options: BackendCompileOptions;
  readonly #session: CpuSession;
  readonly #constants: ReadonlyMap<number, HostArray>;
  readonly #programs = new Map<string, Program>();
  readonly #pool = new ArrayPool();
  readonly #literals = new Map<HostArray, HostArray>();
  #isReleased = false;

  constructor(graph: Graph, options: BackendCompileOptions, session: CpuSession) {
    const { precision } = session;
    checkConstants(graph, options);
    this.#graph = graph;
    this.#options = options;
    this.#session = session;
    this.#constants = new Map(
      [...options.constants].map(([index, value]) => [index, storeHost(value, { precision })]),
    );
  }

  async run(inputs: readonly DeviceTensor[]): Promise<readonly DeviceTensor[]> {
    this.#session.requireOpen('run');
    if (this.#isReleased) throw releasedError(this.#graph.name);
    const tensors = this.#matchInputs(inputs);
    const program = this.#programFor(tensors);
    const held = this.#takeInputs(tensors);
    return this.#session.enqueue(async () => {
      const arrays = new Array<HostArray | undefined>(program.slotCount);
      program.inputs.forEach(({ slot }, index) => (arrays[slot] = held[index]!));
      for (const { slot, value } of program.constants) arrays[slot] = this.#literal(value);
      await this.#execute(program, arrays);
      return this.#collect(program, arrays);
    });
  }

  release(): void {
    this.#isReleased = true;
    this.#programs.clear();
    this.#pool.clear();
    this.#literals.clear();
  }

  /** The given tensors at their graph inputs; undefined where a constant sits. */
  #matchInputs(inputs: readonly DeviceTensor[]): readonly (CpuTensor | undefined)[] {
    const names = this.#graph.inputNames.filter((_, index) => !this.#constants.has(index));
    if (inputs.length !== names.length) throw countError(this.#graph.name, { got: inputs.length, names });
    let next = 0;
    return this.#graph.inputs.map((_, index) => {
      if (this.#constants.has(index)) return undefined;
      const tensor = inputs[next++]!;
      if (tensor instanceof CpuTensor && tensor.owner === this.#session.owner) {
        tensor.read(`${this.#graph.name}, input '${this.#graph.inputNames[index]!}'`);
        return tensor;
      }
      throw foreignError(this.#graph.name, this.#graph.inputNames[index]!);
    });
  }

  #programFor(tensors: readonly (CpuTensor | undefined)[]): Program {
    const graph = this.#graph;
    const expected = graph.inputs.map(({ spec }, index) => ({ name: graph.inputNames[index]!, spec }));
    const actual = tensors.map((tensor, index): TensorSpec => {
      const spec = tensor?.spec ?? this.#options.constants.get(index)!;
      const isWidened =
        this.#session.precision === 'f64' && isFloat(spec.dtype) && isFloat(expected[index]!.spec.dtype);
      return { dtype: isWidened ? expected[index]!.spec.dtype : spec.dtype, shape: spec.shape };
    });
    const bindings = bindDims(expected, actual);
    const key = JSON.stringify(bindings);
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    return this.#remember(key, bindings);
  }

  #remember(key: string, bindings: DimBindings): Program {
    const program = planProgram(this.#graph, bindings);
    if (this.#programs.size >= MAX_PROGRAMS) this.#programs.delete(this.#programs.keys().next().value!);
    if (this.#programs.size > 0) this.#pool.clear(); // other sizes need other arrays
    this.#programs.set(key, program);
    const { debug, log } = this.#options;
    if (debug >= 3)
      log?.(
        `${this.#graph.name}: cpu plan ${key}: ${program.steps.length} steps, ${program.slotCount} values`,
      );
    return program;
  }

  /** Reads the inputs and consumes the donated ones, all or nothing. */
  #takeInputs(tensors: readonly (CpuTensor | undefined)[]): readonly HostArray[] {
    const { name, inputNames, aliases } = this.#graph;
    for (const { input } of aliases) {
      const other = tensors.findIndex(
        (tensor, index) => index !== input && tensor !== undefined && tensor === tensors[input],
      );
      if (other >= 0) throw sharedDonation(name, inputNames[input]!, inputNames[other]!);
    }
    const donated = new Set(aliases.map(({ input }) => input));
    return tensors.map((tensor, index) => {
      if (tensor === undefined) return this.#constants.get(index)!;
      return donated.has(index) ? tensor.donate(name) : tensor.read(name);
    });
  }

  async #execute({ steps }: Program, arrays: (HostArray | undefined)[]): Promise<void> {
    let turn = performance.now() + TURN_MS;
    for (const step of steps) {
      const working = inScope(this.#graph.name, () => this.#begin(step, arrays));
      for (;;) {
        const isDone = inScope(this.#graph.name, () => working.next().done);
        if (performance.now() > turn) {
          await new Promise((resolve) => setTimeout(resolve, 0));
          turn = performance.now() + TURN_MS;
        }
        if (isDone) break;
      }
    }
  }

  /** One node: widened inputs in, kernel, rounded outputs out, dead values back to the pool. */
  *#begin(step: Step, arrays: (HostArray | undefined)[]): Generator<void> {
    const { precision, kernels: options } = this.#session;
    const inputs = step.inputs.map(({ slot, spec }) => widen(spec, arrays[slot]!));
    const stored = step.outputs.map(({ spec }, index) =>
      index === 0 && step.reused >= 0
        ? arrays[step.inputs[step.reused]!.slot]!
        : this.#pool.take(spec, precision),
    );
    const outputs = step.outputs.map(({ spec }, index) => writable(spec, stored[index]!));
    const rest = step.kernel({ inputs, outputs, params: step.params, options });
    if (rest !== undefined) yield* rest;
    step.outputs.forEach(({ slot }, index) => {
      narrow(outputs[index]!, stored[index]!);
      arrays[slot] = stored[index]!;
    });
    if (step.reused >= 0) arrays[step.inputs[step.reused]!.slot] = undefined;
    for (const slot of step.expiring) {
      this.#pool.give(arrays[slot]!);
      arrays[slot] = undefined;
    }
  }

  /** Hands out results; what belongs to someone else, or was handed out already, is copied. */
  #collect({ outputs, owned }: Program, arrays: readonly (HostArray | undefined)[]): readonly CpuTensor[] {
    const given = new Set<number>();
    return outputs.map(({ slot, spec }) => {
      const isOwn = owned.has(slot) && !given.has(slot);
      given.add(slot);
      const data = isOwn ? arrays[slot]! : (arrays[slot]!.slice() as HostArray);
      return new CpuTensor(spec, { data, owner: this.#session.owner });
    });
  }

  #literal(value: HostTensor): HostArray {
    const known = this.#literals.get(value.data);
    if (known !== undefined) return known;
    const stored = storeHost(value, { precision: this.#session.precision, isShared: true });
    this.#literals.set(value.data, stored);
    return stored;
  }
}
