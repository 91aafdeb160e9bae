import { Worker } from 'node:worker_threads';
import { BackendError } from '@tesserae/tensor';
import type { EngineSettings } from '../engine/host.js';
import type { PortableError, WorkerChannel, WorkerReply, WorkerStarter } from './channel.js';
import { fromPortable } from './portable-error.js';

/** What the worker says before anything else. */
export type WorkerGreeting =
  { readonly ready: true } | { readonly ready: false; readonly error: PortableError };

/**
 * Starts a worker thread that has loaded onnxruntime-node; the starter hands it its settings.
 * @throws BackendError when the package is missing there
 */
export async function startNodeWorker(): Promise<WorkerStarter> {
  const worker = openWorker(import.meta.url);
  const greeting = await firstMessage(worker);
  if (!greeting.ready) {
    await worker.terminate();
    throw fromPortable(greeting.error);
  }
  return (settings) => nodeChannel(worker, settings);
}

/** The built worker beside this file; in a source tree, the source behind a loader for TypeScript. */
function openWorker(here: string): Worker {
  if (!here.endsWith('.ts')) {
    return new Worker(new URL('./worker.js', here), { execArgv: workerFlags(process.execArgv) });
  }
  return new Worker(new URL('./node-worker.dev.mjs', here), { execArgv: ['--conditions=@tesserae/source'] });
}

/**
 * This process's flags for a worker: without what says how to read the text of `--eval`, which Node refuses where a
 * program is a file.
 */
export function workerFlags(flags: readonly string[]): string[] {
  const isInputType = (flag: string | undefined): boolean => flag === '--input-type';
  return flags.filter(
    (flag, at) => !flag.startsWith('--input-type=') && !isInputType(flag) && !isInputType(flags[at - 1]),
  );
}

/** The greeting. Listeners are taken off one by one: Worker keeps some of its own, without which it falls silent. */
async function firstMessage(worker: Worker): Promise<WorkerGreeting> {
  return new Promise<WorkerGreeting>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (cause) => reject(lost(`the worker did not start: ${cause.message}`, cause)));
    worker.once('exit', (code) => reject(lost(`the worker exited with code ${code} while starting`)));
  });
}

function nodeChannel(worker: Worker, settings: EngineSettings): WorkerChannel {
  worker.postMessage(settings);
  return {
    send: (request, transfer) => worker.postMessage(request, transfer),
    listen: (onReply, onFailure) => {
      worker.on('message', (reply: WorkerReply) => onReply(reply));
      worker.on('error', (cause) => onFailure(lost(`the worker failed: ${cause.message}`, cause)));
      worker.on('exit', (code) => onFailure(lost(`the worker exited with code ${code}`)));
      worker.unref(); // listening for messages keeps a process alive
    },
    setBusy: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

function lost(problem: string, cause?: unknown): BackendError {
  return new BackendError({
    op: 'backend-onnx',
    problem,
    likely: 'Out of memory, or a crash inside ONNX Runtime; try `worker: false` to see it in this process.',
    page: 'onnx-worker',
    cause,
  });
}
