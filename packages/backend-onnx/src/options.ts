import type { Log } from '@tesserae/tensor';
import { OptionError, checkOptions } from '@tesserae/tensor';
import type { EngineSettings } from './engine/host.js';
import type { ExecutionProvider, OrtLike, OrtSessionOptions } from './ort-like.js';
import type { WorkerStarter } from './worker/channel.js';

/** Options of `createOnnxBackend`. Exactly one of `ort` and `worker` is needed. */
export interface OnnxBackendOptions {
  /** The ONNX Runtime package to run on, in this thread: `import * as ort from 'onnxruntime-node'`. */
  readonly ort?: OrtLike;
  /** Starts a worker that runs it instead, so that this thread stays free; `./node` brings one. */
  readonly worker?: WorkerStarter;
  /** As ONNX Runtime names them, best first. Default: ['cpu']. */
  readonly executionProviders?: readonly ExecutionProvider[];
  /** Threads of one session; default: ONNX Runtime's choice, the number of physical cores. */
  readonly threads?: number;
  /** Further options of every session, passed on as they are. */
  readonly sessionOptions?: OrtSessionOptions;
  /** Where compilations and timings are reported. */
  readonly log?: Log;
}

const KNOWN = ['ort', 'worker', 'executionProviders', 'threads', 'sessionOptions', 'log'];

/** Options with their defaults. @throws OptionError for an unknown or contradictory one */
export function resolveOptions(options: OnnxBackendOptions): EngineSettings {
  checkOptions('createOnnxBackend', options, KNOWN);
  const { ort, worker, executionProviders = ['cpu'], threads, sessionOptions = {} } = options;
  if ((ort === undefined) === (worker === undefined) || typeof worker === 'boolean') {
    throw new OptionError({
      op: 'createOnnxBackend',
      problem: `needs exactly one of 'ort' (this thread) and 'worker' (a WorkerStarter), got ${describe(options)}`,
      likely:
        'For Node import createOnnxNodeBackend from @tesserae/backend-onnx/node, which takes `worker: true`.',
      page: 'onnx-runtime-option',
    });
  }
  requireThreads(threads);
  return { executionProviders, threads, sessionOptions };
}

function describe({ ort, worker }: OnnxBackendOptions): string {
  return ort === undefined ? (worker === undefined ? 'neither' : `worker: ${String(worker)}`) : 'both';
}

/** @throws OptionError when `threads` is given and no whole number above 0 */
export function requireThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1)) return;
  throw new OptionError({
    op: 'createOnnxBackend',
    problem: `threads is ${threads}, needed a whole number above 0`,
    likely: 'Leave it out to let ONNX Runtime choose.',
    page: 'onnx-threads',
    got: threads,
  });
}
