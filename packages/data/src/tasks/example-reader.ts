import type { Json } from '../batching/stage.js';

/** How a stream of examples is opened. */
export interface ExampleReaderOptions {
  readonly seed: number;
  /** Whether the order of an epoch is random. Default true. */
  readonly isShuffled?: boolean;
  /** How often all examples are given. Default: without end. */
  readonly epochs?: number;
  /** Where to go on, as a reader's `cursor` said. */
  readonly from?: Json;
  readonly signal?: AbortSignal;
}

/** Examples one by one. */
export interface ExampleReader<E> {
  /** The next example; undefined at the end. */
  next(): Promise<E | undefined>;
  /** Passes over an example, without making it where that is possible; false at the end. */
  skip(): Promise<boolean>;
  /** Where the reader stands; plain JSON. */
  readonly cursor: Json;
  close(): Promise<void>;
}

/** What can be mixed: a task, or any other resumable source of examples. */
export interface ExampleSource<E> {
  readonly name: string;
  /** For proportional rates; undefined when unknown. */
  readonly numExamples: number | undefined;
  openReader(options: ExampleReaderOptions): ExampleReader<E>;
}

/** One of several workers that share a stream: `index` of `count`. */
export interface WorkerShare {
  readonly index: number;
  readonly count: number;
}

/** An example, its place in the whole stream, and the cursor behind it. */
export interface StreamItem<E, C = Json> {
  readonly example: E;
  /** Number in the stream of all workers, from 0. */
  readonly position: number;
  readonly cursor: C;
}
