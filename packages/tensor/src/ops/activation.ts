import { FLOAT_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import { apply, defineComposite, shapeSamples } from './define.js';
import { less } from './compare.js';
import { add, cast, div, erf, exp, maximum, mul, neg, sub, tanh } from './elementwise.js';
import { requireDtype } from './infer.js';

type None = Record<string, never>;

const SQRT_HALF = Math.SQRT1_2;
/** √(2/π), and the cubic coefficient, of the tanh approximation of GELU. */
const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;

interface ActivationOptions {
  readonly summary: string;
  readonly value: (x: Tensor) => Tensor;
  /** Derivative at x, given y = value(x). */
  readonly derivative: (x: Tensor, y: Tensor) => Tensor;
}

function activation<const Name extends string>(
  name: Name,
  { summary, value, derivative }: ActivationOptions,
) {
  return defineComposite<Name, None>({
    name,
    summary,
    dtypes: FLOAT_DTYPES,
    infer: ([x]) => [{ dtype: requireDtype(name, x!, FLOAT_DTYPES), shape: x!.shape }],
    vjp: ({ inputs: [x], outputs: [y], cotangent }) => [mul(cotangent, derivative(x!, y!))],
    samples: shapeSamples([[[2, 3]], [[9]]], { range: [-3, 3] }),
    decompose: ([x]) => [value(x!)],
  });
}

export const reluOp = activation('relu', {
  summary: 'Larger of x and 0; the gradient at 0 is 0.',
  value: (x) => maximum(x, 0),
  derivative: (x) => cast(less(0, x), x.spec.dtype),
});

export const sigmoidOp = activation('sigmoid', {
  summary: '1 / (1 + e^-x).',
  value: (x) => div(1, add(exp(neg(x)), 1)),
  derivative: (_, y) => mul(y, sub(1, y)),
});

export const siluOp = activation('silu', {
  summary: 'x times its sigmoid (Swish).',
  value: (x) => mul(x, sigmoid(x)),
  derivative: (x, y) => add(y, mul(sigmoid(x), sub(1, y))),
});

export const geluOp = activation('gelu', {
  summary: 'Exact GELU: x·Φ(x) with the error function. ELECTRA and BERT.',
  value: (x) => mul(x, normalCdf(x)),
  derivative: (x) => add(normalCdf(x), mul(x, mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI)))),
});

export const geluTanhOp = activation('geluTanh', {
  summary: 'GELU by its tanh approximation ("gelu_new"). T5 1.1.',
  value: (x) => mul(mul(x, 0.5), add(tanh(tanhArgument(x)), 1)),
  derivative: (x) => {
    const t = tanh(tanhArgument(x));
    const slope = mul(add(mul(mul(x, x), 3 * TANH_CUBIC), 1), TANH_SCALE);
    return mul(add(add(t, 1), mul(mul(x, sub(1, mul(t, t))), slope)), 0.5);
  },
});

const normalCdf = (x: Tensor): Tensor => mul(add(erf(mul(x, SQRT_HALF)), 1), 0.5);
const tanhArgument = (x: Tensor): Tensor => mul(mul(x, add(mul(mul(x, x), TANH_CUBIC), 1)), TANH_SCALE);

/** Larger of x and 0. */
export const relu = (x: Tensor): Tensor => apply(reluOp, [x], {});
/** 1 / (1 + e^-x). */
export const sigmoid = (x: Tensor): Tensor => apply(sigmoidOp, [x], {});
/** x·sigmoid(x). */
export const silu = (x: Tensor): Tensor => apply(siluOp, [x], {});
/** Exact GELU, x·Φ(x). @see Hendrycks & Gimpel 2016 */
export const gelu = (x: Tensor): Tensor => apply(geluOp, [x], {});
/** GELU by its tanh approximation; T5 1.1's "gelu_new". */
export const geluTanh = (x: Tensor): Tensor => apply(geluTanhOp, [x], {});
