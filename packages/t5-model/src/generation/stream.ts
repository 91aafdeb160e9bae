import type { GenerateOptions, StreamedIds } from './generate-options.js';

/**
 * Runs a generation whose pieces are read one by one. It goes on while a piece is being looked at; leaving the loop
 * stops it at its next step.
 */
export async function* streamOf(
  start: (extra: Pick<GenerateOptions, 'streamer' | 'signal'>) => Promise<unknown>,
  { streamer, signal }: Pick<GenerateOptions, 'streamer' | 'signal'>,
): AsyncGenerator<StreamedIds, void, undefined> {
  const leaving = new AbortController();
  const pieces: StreamedIds[] = [];
  let wake = (): void => undefined;
  let isOver = false;
  const put = (piece: StreamedIds): void => {
    streamer?.(piece);
    pieces.push(piece);
    wake();
  };
  const signals = signal === undefined ? [leaving.signal] : [leaving.signal, signal];
  const running = start({ streamer: put, signal: AbortSignal.any(signals) }).finally(() => {
    isOver = true;
    wake();
  });
  running.catch(() => undefined); // told below, unless the reader has left
  try {
    for (;;) {
      const piece = pieces.shift();
      if (piece !== undefined) yield piece;
      else if (isOver) break;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    await running;
  } finally {
    leaving.abort();
    await running.catch(() => undefined);
  }
}
