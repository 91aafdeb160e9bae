import type { DType, HostTensor } from '@tesserae/tensor';
import type { InPlaceWrite } from '../in-place-writes.js';
import type { HostRandomInput } from '../lower/host-random.js';
import type { ExecutionProvider, OrtSessionOptions } from '../ort-like.js';

/** What the engine needs to know to open sessions; plain data, so it can cross to a worker. */
export interface EngineSettings {
  readonly executionProviders: readonly ExecutionProvider[];
  /** Threads of one session; undefined leaves the choice to ONNX Runtime. */
  readonly threads: number | undefined;
  /** Further options of every session; they win over the adapter's own. */
  readonly sessionOptions: OrtSessionOptions;
}

/** A lowered graph ready to be loaded. */
export interface ProgramSource {
  readonly id: number;
  readonly name: string;
  /** The bytes of the .onnx model. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** How many operators the model has. */
  readonly operators: number;
  /** Names of the inputs handed to `run`, in order. */
  readonly inputs: readonly string[];
  /** What the model gives. */
  readonly results: readonly { readonly name: string; readonly dtype: DType }[];
  /** For each output of `run`, the result it is; undefined where an input is written in place. */
  readonly computed: readonly (number | undefined)[];
  /** Donated inputs that become outputs of `run` by a block written after the run; blocks are results. */
  readonly writes: readonly InPlaceWrite<number>[];
  /** Result `output` may take over the memory of input `input`. */
  readonly aliases: readonly { readonly output: number; readonly input: number }[];
  /** Constants too large for the model file; fed in every run. */
  readonly residents: readonly { readonly name: string; readonly value: HostTensor }[];
  /** Random numbers to be made before each run; `key` counts in `inputs`. */
  readonly randomInputs: readonly HostRandomInput[];
}

/** Concrete sizes of one run. */
export interface RunShapes {
  readonly outputs: readonly (readonly number[])[];
  readonly random: readonly (readonly number[])[];
}

/** One run; tensors are named by numbers that the caller chooses. */
export interface RunRequest {
  readonly program: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly shapes: RunShapes;
}

/** What loading a program took. */
export interface ProgramReport {
  readonly sessionMs: number;
}

/** Holds device tensors and sessions: in this thread (`Engine`) or in a worker (`RemoteEngine`). */
export interface EngineHost {
  load(program: ProgramSource): Promise<ProgramReport>;
  /** Takes over the array of `value`. */
  upload(tensor: number, value: HostTensor): void;
  download(tensor: number): Promise<HostTensor>;
  /** Gives the small outputs at once, so that reading them takes no second call; undefined for the others. */
  run(request: RunRequest): Promise<readonly (HostTensor | undefined)[]>;
  releaseTensor(tensor: number): void;
  releaseProgram(program: number): void;
  close(): Promise<void>;
}
