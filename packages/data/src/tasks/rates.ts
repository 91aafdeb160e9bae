import { checkOptions, checkRange, DataError } from '../errors.js';

/** A rate by number of examples: (min(n · scale, maximum))^(1/temperature). */
export interface ProportionalRate {
  readonly kind: 'proportional';
  /** The artificial limit K on the size of a data set. Default: none. */
  readonly maximum?: number;
  /** Default 1. */
  readonly scale?: number;
  /** 1 mixes in proportion, higher ones more evenly. Default 1. */
  readonly temperature?: number;
}

/** How often a part of a mixture is taken, relative to the others: a number, or by its size. */
export type Rate = number | ProportionalRate;

/**
 * Rates in proportion to the numbers of examples.
 * @throws DataError (unknown-option, option-value)
 * @see Raffel et al. 2020, §3.5.2: examples-proportional and temperature-scaled mixing
 */
export function proportionalRate(options: Omit<ProportionalRate, 'kind'> = {}): ProportionalRate {
  checkOptions('proportionalRate', options, ['maximum', 'scale', 'temperature']);
  checkRange('proportionalRate', 'maximum', options.maximum, [0, Infinity]);
  checkRange('proportionalRate', 'scale', options.scale, [0, Infinity]);
  checkRange('proportionalRate', 'temperature', options.temperature, [Number.MIN_VALUE, Infinity]);
  return { ...options, kind: 'proportional' };
}

/**
 * The number that a rate means for a part.
 * @throws DataError (data-mixture) for a negative rate, or a size that is needed and unknown
 */
export function rateOf(
  rate: Rate,
  part: { readonly name: string; readonly numExamples: number | undefined },
): number {
  if (typeof rate === 'number') {
    if (rate >= 0 && Number.isFinite(rate)) return rate;
    throw rateError(part.name, `the rate is ${rate}, must be finite and not negative`);
  }
  if (part.numExamples === undefined) {
    throw rateError(part.name, 'a proportional rate needs the number of examples, which is unknown');
  }
  const { maximum = Infinity, scale = 1, temperature = 1 } = rate;
  return Math.min(part.numExamples * scale, maximum) ** (1 / temperature);
}

function rateError(name: string, problem: string): DataError {
  return new DataError({
    op: 'createMixture',
    file: name,
    problem,
    page: 'data-mixture',
    remedy: 'give the task `numExamples`, or the part a number as rate.',
  });
}
