import type { Backend, Log } from '@tesserae/tensor';
import { checkOptions } from '@tesserae/tensor';
import { createOnnxBackend } from './backend.js';
import { requireThreads } from './options.js';
import type { ExecutionProvider, OrtSessionOptions } from './ort-like.js';
import { loadOnnxRuntimeNode } from './worker/load-node.js';
import { startNodeWorker } from './worker/node-channel.js';

/** Options of `createOnnxNodeBackend`. */
export interface OnnxNodeBackendOptions {
  /** Threads of one session; default: the number of physical cores. */
  readonly threads?: number;
  /** Runs in a worker thread, so that this one stays free; default true. False saves about 0.1 ms a call. */
  readonly worker?: boolean;
  /** As ONNX Runtime names them, best first; default ['cpu']. */
  readonly executionProviders?: readonly ExecutionProvider[];
  /** Further options of every session, passed on as they are. */
  readonly sessionOptions?: OrtSessionOptions;
  /** Where compilations and timings are reported. */
  readonly log?: Log;
}

const KNOWN = ['threads', 'worker', 'executionProviders', 'sessionOptions', 'log'];

/**
 * A backend on the onnxruntime-node package, which is loaded now.
 * @throws BackendError when onnxruntime-node is not installed or does not load · OptionError for an unknown option
 */
export async function createOnnxNodeBackend(options: OnnxNodeBackendOptions = {}): Promise<Backend> {
  checkOptions('createOnnxNodeBackend', options, KNOWN);
  const { worker = true, ...rest } = options;
  requireThreads(options.threads);
  if (worker) {
    const starter = await startNodeWorker();
    return createOnnxBackend({ ...rest, worker: starter });
  }
  return createOnnxBackend({ ...rest, ort: await loadOnnxRuntimeNode() });
}
