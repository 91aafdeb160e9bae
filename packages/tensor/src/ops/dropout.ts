import { FLOAT_DTYPES } from '../dtype.js';
import { OptionError } from '../errors.js';
import type { Tensor } from '../graph/graph.js';
import type { Rng } from '../rng.js';
import { where } from './compare.js';
import type { CompositeRecord } from './define.js';
import { apply, defineComposite } from './define.js';
import { mul } from './elementwise.js';
import { requireDtype } from './infer.js';
import { bernoulliOp, bernoulliThreshold, requireKey } from './random.js';

/** Parameters of dropout. */
export interface DropoutParams extends Record<string, unknown> {
  /** Share of elements set to 0; the others grow by 1 / (1 - rate). */
  readonly rate: number;
  readonly stream: number;
}

/**
 * A dropout rate is in [0, 1): at 1 nothing would be left to scale up.
 * @throws OptionError
 */
export function requireRate(op: string, rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw new OptionError({
    op,
    problem: `dropout rate ${rate} is not in [0, 1)`,
    likely: 'The rate is the share that is dropped, 0.1 as a rule.',
    page: 'dropout-rate',
    got: rate,
  });
}

export const dropoutOp: CompositeRecord<'dropout', DropoutParams> = defineComposite<'dropout', DropoutParams>(
  {
    name: 'dropout',
    summary: 'Zeroes a random share of the elements and scales up the rest. Inputs: x, key i32[2].',
    dtypes: FLOAT_DTYPES,
    infer: ([x, key], { rate }) => {
      requireKey('dropout', key!);
      requireRate('dropout', rate);
      return [{ dtype: requireDtype('dropout', x!, FLOAT_DTYPES), shape: x!.shape }];
    },
    vjp: ({ inputs: [, key], cotangent, params }) => [apply(dropoutOp, [cotangent, key!], params), null],
    samples: [
      {
        inputs: [{ shape: [4, 5] }, { dtype: 'i32', shape: [2], values: [5, 6] }],
        params: { rate: 0.3, stream: 11 },
      },
    ],
    decompose: ([x, key], { rate, stream }) => {
      const keep = apply(bernoulliOp, [key!], {
        shape: x!.spec.shape,
        stream,
        threshold: bernoulliThreshold(1 - rate),
      });
      return [where(keep, mul(x!, 1 / (1 - rate)), 0)];
    },
  },
);

/** Zeroes a random share `rate` of the elements and scales up the rest; `x` itself when the rate is 0. @see Srivastava et al. 2014 */
export function dropout(x: Tensor, { rate, rng }: { readonly rate: number; readonly rng: Rng }): Tensor {
  return rate === 0 ? x : apply(dropoutOp, [x, rng.key], { rate, stream: rng.stream });
}
