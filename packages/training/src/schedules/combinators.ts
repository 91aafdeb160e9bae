import { OptionError } from '@tesserae/tensor';
import type { Schedule } from './schedule.js';

/** The product of schedules: `multiplySchedules(constantSchedule(1e-3), warmupSchedule(1000))`. */
export function multiplySchedules(...schedules: readonly Schedule[]): Schedule {
  return (step) => schedules.reduce((product, schedule) => product * schedule(step), 1);
}

/** A linear rise from 0 to 1 over the first steps, then 1; a factor for `multiplySchedules`. */
export function warmupSchedule(steps: number): Schedule {
  if (!(steps >= 0)) throw badSteps('warmupSchedule', steps);
  return (step) => (step < steps ? step / steps : 1);
}

/** A schedule and how long it holds; the last one may leave the steps out. */
export interface SchedulePart {
  readonly schedule: Schedule;
  readonly steps?: number;
}

/**
 * Schedules one after the other; each counts its own steps from 0.
 * @throws OptionError when a part but the last has no number of steps
 */
export function sequentialSchedules(...parts: readonly SchedulePart[]): Schedule {
  parts.forEach(({ steps }, index) => {
    if (index < parts.length - 1 && !(steps! >= 0)) throw badSteps('sequentialSchedules', steps);
  });
  if (parts.length === 0) throw badSteps('sequentialSchedules', undefined);
  return (step) => {
    let rest = step;
    for (const { schedule, steps } of parts.slice(0, -1)) {
      if (rest < steps!) return schedule(rest);
      rest -= steps!;
    }
    return parts.at(-1)!.schedule(rest);
  };
}

function badSteps(op: string, got: unknown): OptionError {
  return new OptionError({
    op,
    problem: `steps is ${String(got)}, needed a number from 0`,
    likely: 'Every schedule of a sequence but the last needs to know when it ends; and there must be one.',
    page: 'option-value',
    got,
  });
}
