import type { Backend, Log } from '@tesserae/tensor';
import { BackendError, checkOptions } from '@tesserae/tensor';
import { createOnnxBackend } from './backend.js';
import { requireThreads } from './options.js';
import type { ExecutionProvider, OrtLike, OrtSessionOptions } from './ort-like.js';

/** Options of `createOnnxWebBackend`. */
export interface OnnxWebBackendOptions {
  /** WebAssembly threads (needs a cross-origin isolated page); default: ONNX Runtime's choice. */
  readonly threads?: number;
  /** As ONNX Runtime names them, best first; default ['wasm']. */
  readonly executionProviders?: readonly ExecutionProvider[];
  /** Runs WebAssembly in a worker of ONNX Runtime's own, in browsers; default false. */
  readonly worker?: boolean;
  /** Folder that the .wasm files are served from; default: beside the package's scripts. */
  readonly wasmPaths?: string;
  /** Further options of every session, passed on as they are. */
  readonly sessionOptions?: OrtSessionOptions;
  /** Where compilations and timings are reported. */
  readonly log?: Log;
}

const KNOWN = ['threads', 'executionProviders', 'worker', 'wasmPaths', 'sessionOptions', 'log'];

/** onnxruntime-web's settings of the whole page. */
interface WasmEnvironment {
  numThreads?: number;
  proxy?: boolean;
  wasmPaths?: string;
}

/**
 * A backend on the onnxruntime-web package, which is loaded now. Threads, worker and paths are settings of the
 * page in that package: the first backend on a page decides them.
 * @throws BackendError when onnxruntime-web is not installed or does not load · OptionError for an unknown option
 */
export async function createOnnxWebBackend(options: OnnxWebBackendOptions = {}): Promise<Backend> {
  checkOptions('createOnnxWebBackend', options, KNOWN);
  const { threads, worker, wasmPaths, executionProviders = ['wasm'], ...rest } = options;
  requireThreads(threads);
  const ort = await loadOnnxRuntimeWeb();
  const { wasm } = (ort as OrtLike & { readonly env: { readonly wasm: WasmEnvironment } }).env;
  if (threads !== undefined) wasm.numThreads = threads;
  if (worker !== undefined) wasm.proxy = worker;
  if (wasmPaths !== undefined) wasm.wasmPaths = wasmPaths;
  return createOnnxBackend({ ...rest, executionProviders, ort });
}

async function loadOnnxRuntimeWeb(): Promise<OrtLike> {
  try {
    return (await import('onnxruntime-web')) as OrtLike;
  } catch (cause) {
    const isAbsent = (cause as { readonly code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BackendError({
      op: 'createOnnxWebBackend',
      problem: isAbsent ? 'onnxruntime-web is not installed' : `onnxruntime-web does not load: ${reason}`,
      likely: 'Run `npm install onnxruntime-web`, and serve its .wasm files (see wasmPaths).',
      page: 'onnx-runtime-missing',
      cause,
    });
  }
}
