import type { Random } from '@tesserae/data';
import type { GenerateOptions } from '@tesserae/t5-model';
import type { Backend, HostTensor, Rng, Tensor } from '@tesserae/tensor';
import { OptionError } from '@tesserae/tensor';

/** Names of the tasks that models are trained for. */
export const TASK_NAMES = [
  'text-classification',
  'token-classification',
  'text-to-text',
  'masked-lm',
  'question-answering',
] as const;

/** A task that models are trained for. */
export type TaskName = (typeof TASK_NAMES)[number];

/** A record of a data set, as a reader gives it. */
export type DataRow = Readonly<Record<string, unknown>>;

/** What the network reads, by the names of Hugging Face's arguments. */
export type BatchInputs<Leaf = HostTensor> = Readonly<Record<string, Leaf>>;

/** One example as the network reads it. */
export interface Features {
  /** What it is padded by, in tokens: [seqLen], or [srcLen, tgtLen]. */
  readonly lengths: readonly number[];
  /** Real tokens of all its texts. */
  readonly numTokens: number;
  /** Labels that count in the loss. */
  readonly numLabels: number;
}

/** Features and the number of the row they were made of; a long row may have several. */
export interface RowFeatures<F extends Features = Features> {
  readonly row: number;
  readonly features: F;
}

/** A loss on the graph, and what it is a mean over. */
export interface TaskLoss {
  /** f32 scalar */
  readonly loss: Tensor;
  /** f32 scalar; absent: examples. */
  readonly weight?: Tensor;
  /** float[..., numClasses], where the loss is a cross-entropy with `labels`: what a teacher may be compared with. */
  readonly logits?: Tensor;
}

/** Settings of the loss. */
export interface LossSettings {
  readonly labelSmoothing: number;
  readonly zLoss: number;
}

/** @throws OptionError when a head whose loss is no softmax over classes is given what changes one */
export function requirePlainLoss({ labelSmoothing, zLoss }: LossSettings, head: string): void {
  if (labelSmoothing === 0 && zLoss === 0) return;
  throw new OptionError({
    op: 'training',
    problem: `labelSmoothing and zLoss are for one class of several; the head is for ${head}`,
    likely: 'Leave them out.',
    page: 'option-value',
    got: head,
  });
}

/** Predictions and what they are compared with, in every form that a metric may want; one entry a row or a word. */
export interface Judged {
  readonly views: Readonly<Partial<Record<View, Compared>>>;
  /** What a person is shown of each row's prediction. */
  readonly shown: readonly unknown[];
}

/** Names of forms; `references` is a text against all texts that are right. */
export type View = 'label' | 'number' | 'tags' | 'text' | 'references';

/** Targets and predictions, in one order. */
export interface Compared {
  readonly targets: readonly unknown[];
  readonly predictions: readonly unknown[];
}

/** How a batch is put together. */
export interface BatchSettings {
  /** Sizes that rows are padded to; as many as `Features.lengths`. */
  readonly lengths: readonly number[];
  /** Draws that belong to this batch, for tasks that hide tokens. */
  readonly random: Random;
}

/** What a generating evaluation runs with. */
export interface GenerationContext {
  /** Tree of host tensors. */
  readonly params: unknown;
  readonly backend: Backend;
  readonly options: GenerateOptions;
  /** Sources in one run. */
  readonly batchSize: number;
  readonly signal?: AbortSignal;
}

/** What a task is, for one model: from rows to features to batches to loss to predictions. */
export interface TrainingTask<F extends Features = Features, Read = unknown> {
  readonly name: TaskName;
  /** Names of the metrics that are computed when none are named; the first one is watched. */
  readonly metrics: readonly string[];
  /**
   * What the network reads of a row.
   * @param place  names the row in errors
   * @throws TrainingDataError for rows that lack a field or have labels that the head does not know
   */
  features(row: DataRow, place: string): readonly F[];
  /** Axes of the tensors of a batch, by their names; an axis without a name has the same size in every batch. */
  readonly axes: Readonly<Record<string, readonly (string | undefined)[]>>;
  /** Pads features into one batch, labels included. */
  batch(examples: readonly F[], settings: BatchSettings): BatchInputs;
  /** Loss of a batch on the graph; without an rng there is no dropout. */
  loss(params: unknown, batch: BatchInputs<Tensor>, options: LossSettings & { readonly rng?: Rng }): TaskLoss;
  /** What predictions are read from, on the graph; absent where evaluation generates. */
  readonly outputs?: (params: unknown, batch: BatchInputs<Tensor>) => BatchInputs<Tensor>;
  /** What `outputs` says of one example of a batch. */
  readonly read?: (outputs: BatchInputs, at: number, example: F) => Read;
  /** What the model writes for examples, where that is what is judged. */
  readonly generate?: (examples: readonly F[], context: GenerationContext) => Promise<readonly Read[]>;
  /** Puts what was read of rows and windows beside what is right. */
  judge(examples: readonly RowFeatures<F>[], found: readonly Read[]): Judged;
}
