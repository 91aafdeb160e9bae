import { Presets, SingleBar } from 'cli-progress';

/** A bar on a terminal, nothing elsewhere. */
interface Progress {
  /** @param details  shown behind the bar, e.g. `loss 0.31` */
  update(done: number, details?: string): void;
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, stop: () => undefined };

/** A progress bar on standard error when it is a terminal and `isQuiet` is not set. */
export function createProgress(
  label: string,
  total: number,
  { isQuiet }: { readonly isQuiet: boolean },
): Progress {
  if (isQuiet || !process.stderr.isTTY || total <= 0) return SILENT;
  const bar = new SingleBar(
    {
      format: `${label.padEnd(24)} {bar} {percentage}% {value}/{total} {eta_formatted} {details}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 20,
      barsize: 24,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { details: '' });
  return {
    update: (done, details = '') => bar.update(done, { details }),
    stop: () => bar.stop(),
  };
}
