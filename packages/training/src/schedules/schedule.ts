import { OptionError, checkOptions } from '@tesserae/tensor';

/** Learning rate of a step, counted from 0. */
export type Schedule = (step: number) => number;

/** What schedules with an end share, in optimiser steps. */
export interface EndingScheduleOptions {
  /** Highest learning rate, reached after the warm-up. */
  readonly learningRate: number;
  /** Steps of linear rise from 0; default 0. */
  readonly warmupSteps?: number;
  /** Steps after which the schedule stays at its end. */
  readonly totalSteps: number;
}

/** Shape of a linear schedule. */
export type LinearScheduleOptions = EndingScheduleOptions;

/**
 * Linear rise over the warm-up, then linear fall to 0: Hugging Face's get_linear_schedule_with_warmup.
 * @throws OptionError when a number is negative or the warm-up is longer than the whole
 */
export function linearSchedule(options: LinearScheduleOptions): Schedule {
  return falling('linearSchedule', options, { known: [], shape: (left) => left });
}

/** Shape of a polynomial schedule. */
export interface PolynomialScheduleOptions extends EndingScheduleOptions {
  /** Learning rate at the end; default 0. */
  readonly endLearningRate?: number;
  /** Default 1: linear. */
  readonly power?: number;
}

/**
 * Linear rise over the warm-up, then end + (peak - end)·(1 - progress)^power.
 * @throws OptionError for numbers that clash
 * @see transformers' get_polynomial_decay_schedule_with_warmup
 */
export function polynomialSchedule(options: PolynomialScheduleOptions): Schedule {
  const { learningRate, endLearningRate = 0, power = 1 } = options;
  requireSound('polynomialSchedule', endLearningRate <= learningRate && power > 0, options);
  const lowest = learningRate === 0 ? 0 : endLearningRate / learningRate;
  const shape = (left: number): number => lowest + (1 - lowest) * left ** power;
  return falling('polynomialSchedule', options, { known: ['endLearningRate', 'power'], shape });
}

/** Shape of a cosine schedule. */
export interface CosineScheduleOptions extends EndingScheduleOptions {
  /** Learning rate at the end; default 0 (nanoT5: 1e-5). */
  readonly endLearningRate?: number;
}

/**
 * Linear rise over the warm-up, then half a cosine wave down to the end.
 * @throws OptionError for numbers that clash
 * @see Loshchilov & Hutter 2017; transformers' get_cosine_schedule_with_warmup
 */
export function cosineSchedule(options: CosineScheduleOptions): Schedule {
  const { learningRate, endLearningRate = 0 } = options;
  requireSound('cosineSchedule', endLearningRate <= learningRate, options);
  const lowest = learningRate === 0 ? 0 : endLearningRate / learningRate;
  const shape = (left: number): number => lowest + (1 - lowest) * 0.5 * (1 - Math.cos(Math.PI * left));
  return falling('cosineSchedule', options, { known: ['endLearningRate'], shape });
}

/** Warm-up, then the peak times what `shape` makes of the share of steps that is left. */
function falling(
  op: string,
  options: EndingScheduleOptions,
  { known, shape }: { readonly known: readonly string[]; readonly shape: (left: number) => number },
): Schedule {
  checkOptions(op, options, ['learningRate', 'warmupSteps', 'totalSteps', ...known]);
  const { learningRate, warmupSteps = 0, totalSteps } = options;
  requireSound(op, learningRate >= 0 && warmupSteps >= 0 && totalSteps >= warmupSteps, options);
  return (step) => {
    if (step < warmupSteps) return (learningRate * step) / warmupSteps;
    const left = Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
    return learningRate * shape(left);
  };
}

/**
 * Numbers of a schedule must make sense together.
 * @throws OptionError
 */
export function requireSound(op: string, isSound: boolean, options: object): void {
  if (isSound) return;
  const given = Object.entries(options).map(([name, value]) => `${name} ${String(value)}`);
  throw new OptionError({
    op,
    problem: `${given.join(', ')} clash`,
    likely:
      'Needed: rates from 0, an end no higher than the peak, powers above 0, 0 <= warmupSteps <= totalSteps.',
    page: 'option-value',
    got: options,
  });
}

/** The same learning rate at every step. */
export function constantSchedule(learningRate: number): Schedule {
  return () => learningRate;
}
