import { BackendError } from '@tesserae/tensor';
import type { OrtLike } from '../ort-like.js';

/**
 * Loads onnxruntime-node.
 * @throws BackendError that says what to install
 */
export async function loadOnnxRuntimeNode(): Promise<OrtLike> {
  try {
    const loaded = (await import('onnxruntime-node')) as OrtLike & { readonly default?: OrtLike };
    return loaded.default ?? loaded;
  } catch (cause) {
    throw missingRuntime(cause);
  }
}

function missingRuntime(cause: unknown): BackendError {
  const isAbsent = (cause as { readonly code?: string }).code === 'ERR_MODULE_NOT_FOUND';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BackendError({
    op: 'createOnnxNodeBackend',
    problem: isAbsent ? 'onnxruntime-node is not installed' : `onnxruntime-node does not load: ${reason}`,
    likely: isAbsent
      ? 'Run `npm install onnxruntime-node` (add --ignore-scripts where downloads are blocked; the CPU works without).'
      : 'The package has no binary for this platform (macOS on x64 has none), or its install is damaged.',
    page: 'onnx-runtime-missing',
    cause,
  });
}
