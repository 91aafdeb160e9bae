import { createCpuBackend } from '@tesserae/backend-cpu';
import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import type { Backend } from '@tesserae/tensor';
import { BackendError, OptionError } from '@tesserae/tensor';

/** Names `--backend` takes; 'auto' is the fastest that is installed. */
export const BACKEND_NAMES = ['auto', 'onnx', 'cpu'] as const;

/** The backend a user asked for. */
interface BackendChoice {
  readonly name: string;
  /** Threads of ONNX Runtime; default: its own choice. */
  readonly threads?: number;
}

/**
 * Makes the backend a user asked for.
 * @throws OptionError for an unknown name · BackendError when it cannot run here
 */
export async function openBackend({ name, threads }: BackendChoice): Promise<Backend> {
  if (name === 'cpu') return createCpuBackend();
  if (name === 'onnx') return createOnnxNodeBackend({ threads });
  if (name !== 'auto') {
    throw new OptionError({
      op: 'backend',
      problem: `unknown backend '${name}'; known are ${BACKEND_NAMES.join(', ')}`,
      likely: '`tesserae doctor` tells which can run here.',
      page: 'unknown-backend',
      got: name,
      needed: BACKEND_NAMES,
    });
  }
  try {
    return await createOnnxNodeBackend({ threads });
  } catch (error) {
    if (error instanceof BackendError && error.code === 'onnx-runtime-missing') return createCpuBackend();
    throw error;
  }
}
