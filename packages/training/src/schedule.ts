import { OptionError, checkOptions } from '@tesserae/tensor';

/** Learning rate of a step, counted from 0. */
export type Schedule = (step: number) => number;

/** Shape of a linear schedule, in optimiser steps. */
export interface LinearScheduleOptions {
  /** Highest learning rate, reached after the warm-up. */
  readonly learningRate: number;
  /** Steps of linear rise from 0; default 0. */
  readonly warmupSteps?: number;
  /** Steps after which the rate is 0. */
  readonly totalSteps: number;
}

/**
 * Linear rise over the warm-up, then linear fall to 0: Hugging Face's get_linear_schedule_with_warmup.
 * @throws OptionError when a number is negative or the warm-up is longer than the whole
 */
export function linearSchedule(options: LinearScheduleOptions): Schedule {
  checkOptions('linearSchedule', options, ['learningRate', 'warmupSteps', 'totalSteps']);
  const { learningRate, warmupSteps = 0, totalSteps } = options;
  if (!(learningRate >= 0) || !(warmupSteps >= 0) || !(totalSteps >= warmupSteps)) {
    throw new OptionError({
      op: 'linearSchedule',
      problem: `learningRate ${learningRate}, warmupSteps ${warmupSteps}, totalSteps ${totalSteps} clash`,
      likely: 'Needed: learningRate >= 0 and 0 <= warmupSteps <= totalSteps.',
      page: 'option-value',
      got: options,
    });
  }
  return (step) => {
    if (step < warmupSteps) return (learningRate * step) / warmupSteps;
    return learningRate * Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
  };
}

/** The same learning rate at every step. */
export function constantSchedule(learningRate: number): Schedule {
  return () => learningRate;
}
