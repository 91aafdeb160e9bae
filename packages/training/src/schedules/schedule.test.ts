import { OptionError } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import type { LinearScheduleOptions } from './schedule.js';
import { constantSchedule, linearSchedule } from './schedule.js';

describe('linearSchedule', () => {
  it('rises from 0 over the warm-up and falls to 0 at the end', () => {
    const schedule = linearSchedule({ learningRate: 1, warmupSteps: 4, totalSteps: 12 });
    const rates = Array.from({ length: 14 }, (_, step) => schedule(step));
    expect(rates).toEqual([0, 0.25, 0.5, 0.75, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0, 0]);
  });

  it('begins at the full rate without a warm-up', () => {
    const schedule = linearSchedule({ learningRate: 0.5, totalSteps: 2 });
    expect([0, 1, 2].map(schedule)).toEqual([0.5, 0.25, 0]);
  });

  it('may be warm-up only', () => {
    const schedule = linearSchedule({ learningRate: 1, warmupSteps: 2, totalSteps: 2 });
    expect([0, 1, 2].map(schedule)).toEqual([0, 0.5, 0]);
  });

  it.each<LinearScheduleOptions>([
    { learningRate: -1, totalSteps: 10 },
    { learningRate: NaN, totalSteps: 10 },
    { learningRate: 1, totalSteps: 10, warmupSteps: 11 },
    { learningRate: 1, totalSteps: 10, warmupSteps: -1 },
    { learningRate: 1, totalSteps: NaN },
  ])('refuses %j', (options) => expect(() => linearSchedule(options)).toThrow(OptionError));

  it('refuses an option it does not know', () => {
    const options = { learningRate: 1, totalSteps: 10, warmup: 3 };
    expect(() => linearSchedule(options)).toThrow(/Did you mean 'warmupSteps'/);
  });
});

describe('constantSchedule', () => {
  it('is the same at every step', () => {
    const schedule = constantSchedule(0.1);
    expect([0, 1, 1e6].map(schedule)).toEqual([0.1, 0.1, 0.1]);
  });
});
