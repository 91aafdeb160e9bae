import type { DType } from '@tesserae/tensor';

/**
 * Which operators a model may use, derived from the first execution provider:
 * `portable` keeps to the standard set; `cpu` and `wasm` may use ONNX Runtime's own operators as well;
 * `accelerator` stands for every other provider and uses those that all of them have.
 */
export type Target = 'portable' | 'cpu' | 'wasm' | 'accelerator';

/** The target of a list of execution providers, as ONNX Runtime names them; `cpu` when there is none. */
export function targetOf(
  executionProviders: readonly (string | { readonly name: string })[] | undefined,
): Target {
  const first = executionProviders?.[0];
  const name = typeof first === 'object' ? first.name : first;
  if (name === undefined || name === 'cpu') return 'cpu';
  return name === 'wasm' ? 'wasm' : 'accelerator';
}

/** True where ONNX Runtime's CPU kernels run: natively or compiled to WebAssembly. */
export const runsOnCpu = (target: Target): boolean => target === 'cpu' || target === 'wasm';

/** Dtypes the adapter stores and computes with; bf16 has no storage type in ONNX Runtime's JavaScript API. */
export const SUPPORTED_DTYPES: readonly DType[] = ['f32', 'f16', 'i32', 'i8', 'u8', 'bool', 'f64'];
