import type { TrainerEvent } from '../trainer/events.js';

/** Takes the events of a run, one after another. */
export interface RunLogger {
  log(event: TrainerEvent): Promise<void>;
  /** Everything that was logged is where it belongs. */
  close(): Promise<void>;
}

/** Numbers of a run that are curves, by the names that TensorBoard groups by: `train/loss`, `eval/accuracy`. */
export function scalarsOf(event: TrainerEvent): Readonly<Record<string, number>> {
  if (event.type === 'step') {
    const { loss, gradNorm, learningRate, tokensPerSecond, dataMs, elapsedMs } = event;
    return {
      'train/loss': loss,
      'train/grad_norm': gradNorm,
      'train/learning_rate': learningRate,
      'speed/tokens_per_second': tokensPerSecond,
      'speed/step_ms': elapsedMs,
      'speed/data_ms': dataMs,
    };
  }
  if (event.type !== 'evaluation') return {};
  return Object.fromEntries(Object.entries(event.metrics).map(([name, value]) => [`eval/${name}`, value]));
}

/** An event as one line of JSON. Numbers that are not finite, which JSON has not, become text. */
export function jsonLine(event: TrainerEvent): string {
  return JSON.stringify(event, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

/** An event of such a line, numbers that were text numbers again. @throws SyntaxError when it is no JSON */
export function parseJsonLine(line: string): TrainerEvent {
  return JSON.parse(line, (_, value: unknown) =>
    value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value,
  ) as TrainerEvent;
}

/** Columns of the table of curves. */
export const CSV_HEADER = 'step,epoch,name,value';

/** Rows of the table of curves: one number each, so that new metrics need no new columns. */
export function csvRows(event: TrainerEvent): readonly string[] {
  const epoch = 'epoch' in event && event.epoch !== undefined ? String(event.epoch) : '';
  return Object.entries(scalarsOf(event)).map(
    ([name, value]) => `${event.step},${epoch},${quoted(name)},${value}`,
  );
}

const quoted = (field: string): string =>
  /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
