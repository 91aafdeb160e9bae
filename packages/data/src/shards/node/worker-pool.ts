import { Worker } from 'node:worker_threads';
import type { Tokenizer, TokenizerFiles } from '@tesserae/tokenizer';
import { DataError } from '../../errors.js';
import { portableTokenizer } from './portable-tokenizer.js';
import {
  createChunkTokenizer,
  type DocumentChunk,
  type TokenizedChunk,
  type TokenizeSettings,
} from './tokenize-chunk.js';

/** What a worker is started with; plain data. */
export interface WorkerSettings {
  readonly files: TokenizerFiles;
  readonly settings: TokenizeSettings;
}

/** What a worker answers to a chunk. */
export type WorkerReply =
  | { readonly chunk: TokenizedChunk }
  | { readonly error: { readonly name: string; readonly message: string } };

/** Tokenises chunks, several at a time. */
export interface TokenizerPool {
  /** Chunks that keep all workers busy. */
  readonly capacity: number;
  run(documents: DocumentChunk): Promise<TokenizedChunk>;
  close(): Promise<void>;
}

/** A pool of worker threads; with `workers` 0 chunks are tokenised in this thread. */
export async function createTokenizerPool(
  tokenizer: Tokenizer,
  { workers, settings }: { readonly workers: number; readonly settings: TokenizeSettings },
): Promise<TokenizerPool> {
  if (workers === 0) {
    const tokenize = createChunkTokenizer(tokenizer, settings);
    return { capacity: 1, run: async (documents) => tokenize(documents), close: async () => undefined };
  }
  const files = await portableTokenizer(tokenizer);
  const threads = Array.from({ length: workers }, () => startThread({ files, settings }));
  return {
    capacity: 2 * workers,
    run: (documents) => threads.reduce((least, one) => (one.load < least.load ? one : least)).run(documents),
    close: async () => void (await Promise.all(threads.map((thread) => thread.terminate()))),
  };
}

interface Waiting {
  readonly resolve: (chunk: TokenizedChunk) => void;
  readonly reject: (error: unknown) => void;
}

function startThread(settings: WorkerSettings) {
  const worker = openWorker(import.meta.url, settings);
  const waiting: Waiting[] = [];
  let failure: DataError | undefined;
  const fail = (error: DataError): void => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.on('message', (reply: WorkerReply) => {
    const { resolve, reject } = waiting.shift()!; // a worker answers in the order it was asked
    if ('chunk' in reply) resolve(reply.chunk);
    else reject(workerError(`${reply.error.name}: ${reply.error.message}`));
  });
  worker.on('error', (cause) => fail(workerError(`a worker failed: ${cause.message}`, cause)));
  worker.on('exit', (code) => fail(workerError(`a worker exited with code ${code}`)));
  return {
    get load() {
      return waiting.length;
    },
    run: (documents: DocumentChunk) =>
      new Promise<TokenizedChunk>((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        waiting.push({ resolve, reject });
        worker.postMessage(documents);
      }),
    terminate: () => worker.terminate(),
  };
}

/** The built worker beside this file; in a source tree, the source behind a loader for TypeScript. */
function openWorker(here: string, settings: WorkerSettings): Worker {
  if (!here.endsWith('.ts'))
    return new Worker(new URL('./prepare-worker.js', here), { workerData: settings });
  const execArgv = ['--conditions=@tesserae/source'];
  return new Worker(new URL('./prepare-worker.dev.mjs', here), { workerData: settings, execArgv });
}

function workerError(problem: string, cause?: unknown): DataError {
  return new DataError({
    op: 'prepareShards',
    problem,
    page: 'data-worker',
    remedy: 'out of memory, or a defect. Try workers: 0 to see it in this thread; finished shards are kept.',
    cause,
  });
}
