import { checkOptions } from '@tesserae/tensor';
import type { Schedule } from './schedule.js';
import { requireSound } from './schedule.js';

/** Shape of an inverse square root schedule. */
export interface InverseSquareRootOptions {
  /** Factor; default 1, as T5's rates are relative to the parameters. */
  readonly learningRate?: number;
  /** Steps during which the rate stays at 1/√floorSteps; default 10,000. */
  readonly floorSteps?: number;
  /** With it, the rate falls linearly to 0 over the last tenth of these steps, as T5 1.0 was trained. */
  readonly totalSteps?: number;
}

/**
 * T5's pre-training schedule 1/√max(step, 10000); mT5, ByT5 and T5 1.1 leave out the final ramp.
 * @throws OptionError for numbers that are not positive
 * @see mesh_tensorflow learning_rate_schedules: learning_rate_schedule_noam and rsqrt_no_ramp_down
 */
export function inverseSquareRootSchedule(options: InverseSquareRootOptions = {}): Schedule {
  const op = 'inverseSquareRootSchedule';
  checkOptions(op, options, ['learningRate', 'floorSteps', 'totalSteps']);
  const { learningRate = 1, floorSteps = 10_000, totalSteps } = options;
  requireSound(op, learningRate >= 0 && floorSteps >= 1 && (totalSteps ?? 1) > 0, options);
  return (step) => {
    const ramp = totalSteps === undefined ? 1 : clamp((totalSteps - step) / (0.1 * totalSteps));
    return learningRate * Math.max(step, floorSteps) ** -0.5 * ramp;
  };
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** Shape of Adafactor's own rate. */
export interface RelativeStepOptions {
  /** Highest rate; default 0.01. */
  readonly maximum?: number;
  /** Rises as 1e-6·t instead of being held at the maximum; default false. */
  readonly warmsUp?: boolean;
}

/**
 * Adafactor's rate when none is given: min(1/√t, 0.01) at the t-th step. With `scalesByParameter: false` multiply it by
 * 0.05, as Mesh-TensorFlow does.
 * @throws OptionError for a maximum that is not positive
 * @see Shazeer & Stern 2018; mesh_tensorflow optimize.py; `relative_step` and `warmup_init` of transformers
 */
export function relativeStepSchedule(options: RelativeStepOptions = {}): Schedule {
  checkOptions('relativeStepSchedule', options, ['maximum', 'warmsUp']);
  const { maximum = 0.01, warmsUp = false } = options;
  requireSound('relativeStepSchedule', maximum > 0, options);
  return (step) => Math.min(warmsUp ? 1e-6 * (step + 1) : maximum, (step + 1) ** -0.5);
}

/** Shape of a slanted triangular schedule. */
export interface SlantedTriangularOptions {
  /** Highest learning rate. */
  readonly learningRate: number;
  readonly totalSteps: number;
  /** Share of steps that rise; default 0.1. */
  readonly cutFraction?: number;
  /** How much lower the ends are than the peak; default 32. */
  readonly ratio?: number;
}

/**
 * Short linear rise, long linear fall, never 0.
 * @throws OptionError for numbers out of range
 * @see Howard & Ruder 2018 (ULMFiT); T5's learning_rate_schedules.slanted_triangular
 */
export function slantedTriangularSchedule(options: SlantedTriangularOptions): Schedule {
  const op = 'slantedTriangularSchedule';
  checkOptions(op, options, ['learningRate', 'totalSteps', 'cutFraction', 'ratio']);
  const { learningRate, totalSteps, cutFraction = 0.1, ratio = 32 } = options;
  const isSound = learningRate >= 0 && totalSteps > 0 && cutFraction > 0 && cutFraction < 1 && ratio >= 1;
  requireSound(op, isSound, options);
  const cut = Math.max(1, Math.floor(totalSteps * cutFraction));
  return (step) => {
    const share = step < cut ? step / cut : 1 - (step - cut) / (cut * (1 / cutFraction - 1));
    return (learningRate * (1 + clamp(share) * (ratio - 1))) / ratio;
  };
}

/** Shape of ELECTRA's schedule. */
export interface ElectraScheduleOptions {
  readonly learningRate: number;
  readonly totalSteps: number;
  /** Steps of linear rise; default 0 (pre-training: 10,000; fine-tuning: a tenth). */
  readonly warmupSteps?: number;
  /** Power of the decay; default 1. */
  readonly power?: number;
}

/**
 * Warm-up times decay, both counted from step 0, so that the peak stays below the given rate; the first rate is 0.
 * @throws OptionError for numbers that clash
 * @see google-research/electra, model/optimization.py
 */
export function electraSchedule(options: ElectraScheduleOptions): Schedule {
  checkOptions('electraSchedule', options, ['learningRate', 'totalSteps', 'warmupSteps', 'power']);
  const { learningRate, totalSteps, warmupSteps = 0, power = 1 } = options;
  const isSound = learningRate >= 0 && totalSteps > 0 && warmupSteps >= 0 && power > 0;
  requireSound('electraSchedule', isSound, options);
  return (step) => {
    const warmth = warmupSteps === 0 ? 1 : Math.min(1, step / warmupSteps);
    return learningRate * clamp(1 - step / totalSteps) ** power * warmth;
  };
}
