import type { Tensor } from '@tesserae/tensor';
import { OptionError, maximum, mean, mul, sqrt, sub } from '@tesserae/tensor';
import type { ParamRule } from './optimizer.js';
import { shapeOf } from './optimizer.js';

/** Root of the mean square of all elements, a scalar. */
export function rootMeanSquare(x: Tensor): Tensor {
  return sqrt(mean(mul(x, x)));
}

/** The same, but `least` at least, so that a parameter of zeros can move. @see Shazeer & Stern 2018, §8 */
export function parameterScale(param: Tensor, least: number): Tensor {
  return maximum(rootMeanSquare(param), least);
}

/** A parameter's own learning rate. */
export function ownRate(
  learningRate: Tensor,
  {
    path,
    param,
    scale,
  }: { readonly path: string; readonly param: Tensor; readonly scale?: ParamRule<number> },
): Tensor {
  const factor = scale?.(path, shapeOf(param)) ?? 1;
  return factor === 1 ? learningRate : mul(learningRate, factor);
}

/** What decay leaves of a parameter: θ·(1 - rate·decay), apart from the gradient. @see Loshchilov & Hutter 2019 */
export function decayed(
  param: Tensor,
  {
    rate,
    weightDecay,
    isDecayed,
  }: { readonly rate: Tensor; readonly weightDecay: number; readonly isDecayed: boolean },
): Tensor {
  return isDecayed && weightDecay !== 0 ? mul(param, sub(1, mul(rate, weightDecay))) : param;
}

/**
 * Checks the numbers of an optimiser.
 * @param ranges  option -> [value, least, limit or undefined]; values lie in [least, limit)
 * @throws OptionError naming all values when one is out of range
 */
export function requireRanges(
  op: string,
  ranges: Readonly<Record<string, readonly [number, number, number?]>>,
): void {
  const entries = Object.entries(ranges);
  const fits = ([, [value, least, limit = Infinity]]: (typeof entries)[number]): boolean =>
    value >= least && value < limit;
  if (entries.every(fits)) return;
  const needed = entries.map(([name, [, least, limit]]) =>
    limit === undefined ? `${name} from ${least}` : `${name} from ${least} to below ${limit}`,
  );
  throw new OptionError({
    op,
    problem: `out of range: ${entries.map(([name, [value]]) => `${name} ${value}`).join(', ')}`,
    likely: `Needed: ${needed.join(', ')}.`,
    page: 'option-value',
    got: Object.fromEntries(entries.map(([name, [value]]) => [name, value])),
  });
}
