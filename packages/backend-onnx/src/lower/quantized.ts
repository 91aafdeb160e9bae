import type { DType } from '@tesserae/tensor';
import { productOfDims } from '@tesserae/tensor';
import type { ModelBuilder } from '../model/builder.js';
import type { Lower, NativeComposite } from './lowering.js';
import { castTo } from './lowering.js';

const F32: readonly DType[] = ['f32'];

/** Each level of rounding counts in steps this many times finer than the one before. */
const REFINEMENT = 254;
/** Levels of rounding: 127 · 254² steps are as fine as f32 itself. */
const LEVELS = 3;

/**
 * x·(weight·scale)ᵀ in whole numbers. Each row of x is rounded to 127 steps, what is left to 254 finer ones, and once
 * more, so that nothing is lost that f32 would keep; the roundings are rows of one integer product, which reads the
 * weights once. One rounding alone (`DynamicQuantizeMatMul`) would lose up to 1/254 of the row's largest element.
 */
const lowerQuantizedMatmul: Lower<unknown> = ({ builder, sizes, node, inputs }) => {
  const [x, weight, scales] = inputs as readonly [string, string, string];
  const { shape } = node.inputs[0]!.spec;
  const rows = sizes.reshape(x, [productOfDims(shape.slice(0, -1)), shape.at(-1)!]); // [rows, k]
  const { levels, factors } = roundedLevels(builder, rows);
  const columns = builder.node('Transpose', [weight], { attributes: { perm: { ints: [1, 0] } } });
  const products = builder.node(
    'MatMulIntegerToFloat',
    [levels, columns, builder.scalar('f32', 1), scales, builder.scalar('u8', 128)],
    { isContrib: true },
  ); // [rows, levels, n]
  return [sizes.reshape(builder.node('MatMul', [factors, products]), node.outputs[0]!.spec.shape)];
};

/** Rows as whole numbers around 128, u8[rows, levels, k], and the factor of each level, f32[rows, 1, levels]. */
function roundedLevels(
  builder: ModelBuilder,
  rows: string,
): { readonly levels: string; readonly factors: string } {
  const number = (value: number): string => builder.scalar('f32', value);
  const along = (axis: number, parts: readonly string[]): string => {
    const raised = parts.map((part) => builder.node('Unsqueeze', [part, builder.integers([1])]));
    return builder.node('Concat', raised, { attributes: { axis: { int: axis } } });
  };
  const largest = builder.node('ReduceMax', [builder.node('Abs', [rows]), builder.integers([-1])], {
    attributes: { keepdims: { int: 1 } },
  }); // [rows, 1]
  let step = builder.node('Div', [builder.node('Max', [largest, number(1e-30)]), number(127)]);
  let rest = builder.node('Div', [rows, step]);
  const [rounded, steps] = [[builder.node('Round', [rest])], [step]];
  while (rounded.length < LEVELS) {
    rest = builder.node('Mul', [builder.node('Sub', [rest, rounded.at(-1)!]), number(REFINEMENT)]);
    step = builder.node('Div', [step, number(REFINEMENT)]);
    rounded.push(builder.node('Round', [rest]));
    steps.push(step);
  }
  const levels = castTo(builder, builder.node('Add', [along(1, rounded), number(128)]), 'u8');
  return { levels, factors: along(2, steps) };
}

/** Products with 8-bit weights. */
export const quantized: Readonly<Record<'quantizedMatmul', NativeComposite>> = {
  quantizedMatmul: { dtypes: F32, targets: ['cpu'], lower: lowerQuantizedMatmul },
};
