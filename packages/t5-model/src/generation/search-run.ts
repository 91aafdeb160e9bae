import type { DecodingEngine, DecodingSession, SourceBatch } from '../decoding/session.js';
import type { ProcessorList } from './processor-list.js';
import type { FinishReason } from './row-history.js';
import type { Settings } from './settings.js';
import type { StopCheck } from './stopping.js';

/** All that a search works with. */
export interface SearchRun {
  readonly engine: DecodingEngine;
  readonly source: SourceBatch;
  /** Ids of each source without padding. */
  readonly sourceIds: readonly Int32Array[];
  readonly settings: Settings;
  readonly processors: ProcessorList;
  readonly stop: StopCheck;
}

/** A finished sequence. */
export interface Sequence {
  readonly row: number;
  readonly index: number;
  /** With the start token. */
  readonly ids: readonly number[];
  /** Of each id after the start token; empty when scores are not asked for. */
  readonly logProbs: readonly number[];
  readonly score: number;
  readonly finishReason: FinishReason;
}

/** Runs `body` with a session over the sources, which is released whatever happens. */
export async function withSession<Result>(
  { engine, source, settings }: SearchRun,
  body: (session: DecodingSession) => Promise<Result>,
): Promise<Result> {
  const { signal } = settings.options;
  signal?.throwIfAborted();
  const session = await engine.open(source, { maxLength: settings.maxLength - 1, signal });
  try {
    return await body(session);
  } finally {
    session.release();
  }
}

/** Sends a whole sequence to the streamer. */
export function streamSequence({ settings }: SearchRun, sequence: Sequence): void {
  const { row, index, ids, finishReason } = sequence;
  settings.options.streamer?.({ row, index, ids: ids.slice(1), finishReason });
}
