import type { HostTensor } from '@tesserae/tensor';

// What generation asks of the decoder. Every decoding mode is written against these types, and how the cache is kept,
// where the choice of an id happens and how beams share the source are the engine's affair.

/** A batch of sources; rows are right-padded. */
export interface SourceBatch {
  /** i32[batch, srcLen] */
  readonly inputIds: HostTensor;
  /** i32[batch, srcLen], 0 at padding */
  readonly attentionMask: HostTensor;
}

/** What comes back of a step's scores: the less is asked, the less is computed and copied. */
export type StepRequest =
  | { readonly kind: 'argMax' }
  /** The k likeliest ids of each row, best first (the lower id where two are equal), with log-probabilities. */
  | { readonly kind: 'topK'; readonly k: number }
  /** Raw scores of the whole vocabulary. */
  | { readonly kind: 'logits' };

/** Result of a step, by what was asked; all row by row. */
export interface StepScores {
  /** argMax: i32[rows, count] · topK: i32[rows, count, k] */
  readonly ids?: Int32Array;
  /** topK: natural logarithms, f32[rows, count, k] */
  readonly logProbs?: Float32Array;
  /** logits: f32[rows, count, vocabSize] */
  readonly logits?: Float32Array;
}

/**
 * The decoder at work on a batch: `numSources` sources, each continued by `rowsPerSource` rows (beams, samples), row
 * `source * rowsPerSource + i`. Rows of one source share its cross-attention keys and values.
 */
export interface DecodingSession {
  /** Sources, each with `rowsPerSource` rows. */
  readonly numSources: number;
  /** Beams or samples of one source. */
  readonly rowsPerSource: number;
  /** Tokens that every row has been fed. */
  readonly position: number;
  /**
   * Feeds the next tokens of every row and gives the scores that follow each.
   * @param ids  i32[rows, count], row by row; more than one token a row checks drafts
   */
  step(ids: Int32Array, request: StepRequest): Promise<StepScores>;
  /**
   * Row i goes on as what row origins[i] was; rows not named are dropped. All kept sources have equally many rows, in
   * the order of the sources, and a row's origin is of the same source: beams are reordered or multiplied, finished
   * sources leave.
   */
  select(origins: readonly number[]): Promise<void>;
  /** Forgets what was fed after the first `position` tokens. */
  rewind(position: number): void;
  /** Frees the cache. */
  release(): void;
}

/** What a session is opened with. */
export interface OpenSessionOptions {
  /** Most tokens a row will be fed; bounds the memory of the cache. */
  readonly maxLength: number;
  /** Ends the encoding with its reason. */
  readonly signal?: AbortSignal;
}

/** A model compiled for decoding: one encoder graph and one step graph a request kind, for all sizes. */
export interface DecodingEngine {
  /** Encodes the sources; the session begins with one row a source and nothing fed. */
  open(source: SourceBatch, options: OpenSessionOptions): Promise<DecodingSession>;
  /** Bytes that a session of this size holds on the device. */
  sessionBytes(sizes: {
    readonly numSources: number;
    readonly srcLen: number;
    readonly rowsPerSource: number;
    readonly maxLength: number;
  }): number;
  /** Frees the weights and graphs. */
  release(): void;
}
