import type { RunLogger, TrainerEvent } from '@tesserae/training';
import type { Output } from '../output.js';
import { createProgress } from '../progress.js';

type Events<Result> = AsyncGenerator<TrainerEvent, Result>;

/** Shows a run on the terminal: a bar with loss, speed and time left; evaluations as lines; every event with --json. */
export async function showRun<Result>(
  events: Events<Result>,
  {
    label,
    output,
    seed,
    logger,
  }: { readonly label: string; readonly output: Output; readonly seed: number; readonly logger?: RunLogger },
): Promise<Result> {
  let progress: ReturnType<typeof createProgress> | undefined;
  let loss: number | undefined;
  try {
    for (;;) {
      const next = await events.next();
      if (next.done === true) return next.value;
      const event = next.value;
      await logger?.log(event);
      if (output.isJson) output.result({ event: event.type, seed, ...withoutType(event) }, '');
      if (event.type === 'start')
        progress = createProgress(label, event.totalSteps, { isQuiet: output.isJson });
      if (event.type === 'step') {
        loss = loss === undefined ? event.loss : 0.95 * loss + 0.05 * event.loss;
        progress?.update(event.step, `loss ${loss.toFixed(3)}  ${rounded(event.tokensPerSecond)} tokens/s`);
      } else if (!output.isJson) sayEvent(event, { output, label });
    }
  } finally {
    progress?.stop();
    await logger?.close();
  }
}

function withoutType({ type: _, ...facts }: TrainerEvent): object {
  return facts;
}

const rounded = (value: number): string => Math.round(value).toLocaleString('en');

type Said = Exclude<TrainerEvent, { readonly type: 'step' }>;

function sayEvent(event: Said, { output, label }: { readonly output: Output; readonly label: string }): void {
  if (event.type === 'evaluation') {
    const epoch = event.epoch === undefined ? '' : `epoch ${event.epoch.toFixed(1)}, `;
    output.note(
      `${label}: ${epoch}step ${event.step}: ${metricsText(event.metrics)}${event.isBest ? '  (best)' : ''}`,
    );
  }
  if (event.type === 'warning') output.warn(`${label}: ${event.message}`);
  if (event.type === 'end') {
    output.note(
      `${label}: ended (${event.reason}) after ${event.step} steps, ${(event.elapsedMs / 1000).toFixed(0)} s`,
    );
  }
}

/** `accuracy 0.8734, loss 0.4112` */
export function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
    .join(', ');
}
