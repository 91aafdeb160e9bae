import type { HostTensor, Tensor } from '@tesserae/tensor';
import { OptionError, add, checkOptions, div, hostScalar, minimum, mul, scalar, sub } from '@tesserae/tensor';
import { zipTrees } from '../optimizers/optimizer.js';

/** Exponential moving average of the weights. */
export interface AverageOptions {
  /** Share of the average that a step keeps, 0.999 as a rule. */
  readonly decay: number;
  /** Keeps less in the first steps, min(decay, (1 + t) / (10 + t)), as TensorFlow can; default false. */
  readonly warmsUp?: boolean;
}

/** The averaged weights and how many steps went into them. */
export interface AverageState<Leaf = Tensor> {
  /** f32 scalar */
  readonly count: Leaf;
  readonly params: unknown;
}

/**
 * Checks the options of an average.
 * @throws OptionError for unknown options or a decay outside (0, 1)
 */
export function checkAverage(options: AverageOptions | undefined): void {
  if (options === undefined) return;
  checkOptions('averages', options, ['decay', 'warmsUp']);
  if (options.decay > 0 && options.decay < 1) return;
  throw new OptionError({
    op: 'averages',
    problem: `decay is ${options.decay}, needed a number between 0 and 1`,
    page: 'option-value',
    got: options.decay,
  });
}

/** The average before the first step: the parameters themselves. */
export function initAverage(params: unknown): AverageState<HostTensor> {
  return { count: hostScalar('f32', 0), params };
}

/** The average with one more set of parameters in it. */
export function nextAverage(
  { count, params: before }: AverageState,
  params: unknown,
  { decay, warmsUp = false }: AverageOptions,
): AverageState {
  const kept = warmsUp ? minimum(div(add(count, 1), add(count, 10)), decay) : scalar('f32', decay);
  const averaged = zipTrees<unknown>([before, params], ([old, now]) =>
    add(mul(old!, kept), mul(now!, sub(1, kept))),
  );
  return { count: add(count, 1), params: averaged };
}
