import type { Skip } from '@tesserae/backend-testkit';

/** Cases that ONNX Runtime's CPU kernels cannot do. */
export const NO_F64_ERF: Skip = {
  reason: 'ONNX Runtime has no f64 error function, which erf and exact GELU need',
  cases: (name) => /\b(erf|gelu)\b/.test(name) && /\bf64\b/.test(name),
};
