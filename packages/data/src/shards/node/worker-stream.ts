import { once } from 'node:events';
import { Worker as Thread } from 'node:worker_threads';
import { checkInteger, checkOptions, DataError, type DataErrorFacts } from '../../errors.js';
import type { WorkerShare } from '../../tasks/example-reader.js';

/** What a worker's module exports as `open`: the share of the stream that is one worker's. */
export type StreamOpener<T, D = unknown> = (options: {
  readonly worker: WorkerShare;
  /** What the main thread handed over. */
  readonly data: D;
}) => AsyncIterable<T>;

/** How a stream is made in workers. */
export interface WorkerStreamOptions {
  readonly workers: number;
  /** Handed to each worker's `open`; plain data. */
  readonly data?: unknown;
  /** Items that each worker makes ahead. Default 4. */
  readonly ahead?: number;
  /** Ends the stream with its reason. */
  readonly signal?: AbortSignal;
}

/** What a worker is started with. */
export interface StreamStart {
  readonly module: string;
  readonly index: number;
  readonly count: number;
  readonly data: unknown;
}

/** What a worker says. */
export type StreamReply =
  | { readonly item: unknown }
  | { readonly isDone: true }
  | { readonly facts: DataErrorFacts }
  | { readonly error: { readonly name: string; readonly message: string } };

/**
 * Makes a stream in worker threads, ahead of its consumer: reading, tokenising, corrupting, batching. Worker `index` of
 * `count` makes every `count`-th item, as `worker` of the streams of this package has it, and the items come in turn:
 * the order is that of one worker alone. Typed arrays are moved, not copied.
 * @param module  a file that exports `open`, a StreamOpener
 * @throws DataError as the worker's stream does, (data-worker) when a worker fails otherwise; the signal's reason
 */
export async function* workerStream<T>(
  module: string | URL,
  options: WorkerStreamOptions,
): AsyncGenerator<T> {
  checkOptions('workerStream', options, ['workers', 'data', 'ahead', 'signal']);
  const { workers: count, data, ahead = 4, signal } = options;
  checkInteger('workerStream', 'workers', count, 1);
  checkInteger('workerStream', 'ahead', ahead, 1);
  signal?.throwIfAborted();
  const start = (index: number): StreamStart => ({ module: String(module), index, count, data });
  const threads = Array.from({ length: count }, (_, index) => startStream<T>(start(index), ahead));
  const onAbort = (): void => threads.forEach((thread) => thread.fail(signal!.reason));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const open = [...threads];
    for (let at = 0; open.length > 0;) {
      const reply = await open[at]!.next();
      if (reply === undefined) open.splice(at, 1);
      else yield reply.item;
      at = reply === undefined ? at % Math.max(1, open.length) : (at + 1) % open.length;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function startStream<T>(start: StreamStart, ahead: number) {
  const thread = openThread(import.meta.url, start);
  const replies: StreamReply[] = [];
  let failed: { readonly reason: unknown } | undefined;
  let wake = (): void => undefined;
  const fail = (reason: unknown): void => {
    failed ??= { reason };
    wake();
  };
  thread.on('message', (reply: StreamReply) => {
    replies.push(reply);
    wake();
  });
  thread.on('error', (cause) => fail(lost(cause.message, cause)));
  thread.on('exit', (code) => fail(lost(`a worker exited with code ${code}`)));
  for (let item = 0; item < ahead; item++) thread.postMessage('more');
  return {
    fail,
    async next(): Promise<{ readonly item: T } | undefined> {
      while (replies.length === 0 && failed === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const reply = replies.shift(); // what was made before a failure is delivered
      if (reply === undefined) throw failed!.reason;
      if ('facts' in reply) throw new DataError(reply.facts);
      if ('error' in reply) throw lost(`${reply.error.name}: ${reply.error.message}`);
      if ('isDone' in reply) return undefined;
      thread.postMessage('more');
      return reply as { readonly item: T };
    },
    async terminate(): Promise<void> {
      if (thread.threadId === -1) return;
      const ended = once(thread, 'exit');
      await thread.terminate();
      await ended;
    },
  };
}

/** The built worker beside this file; in a source tree, the source behind a loader for TypeScript. */
function openThread(here: string, start: StreamStart): Thread {
  if (!here.endsWith('.ts')) return new Thread(new URL('./stream-worker.js', here), { workerData: start });
  const execArgv = ['--conditions=@tesserae/source'];
  return new Thread(new URL('./stream-worker.dev.mjs', here), { workerData: start, execArgv });
}

function lost(problem: string, cause?: unknown): DataError {
  return new DataError({
    op: 'workerStream',
    problem,
    page: 'data-worker',
    remedy:
      "a defect in the module's `open`, or memory that ran out. Iterate over it in the main thread to see it.",
    cause,
  });
}
