import { rates } from './measured-rounds.js';

/** Memory of the process at one time, when no request was under way and garbage had been collected. */
export interface MemorySample {
  /** Since the soak began. */
  readonly seconds: number;
  readonly rssBytes: number;
  /** What JavaScript holds: its heap and the buffers outside of it. */
  readonly heldBytes: number;
  readonly liveTensors: number;
  readonly requests: number;
}

/** Collects garbage, then looks. @throws Error when the process was started without --expose-gc */
export function sampleMemory(
  state: Pick<MemorySample, 'seconds' | 'liveTensors' | 'requests'>,
): MemorySample {
  if (globalThis.gc === undefined) throw new Error('start Node with --expose-gc, as `npm run soak:t5` does');
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { ...state, rssBytes: rss, heldBytes: heapUsed + external };
}

/** What memory did: medians of the parts of the soak that are compared. */
export interface MemoryTrend {
  /** Medians of each fifth of the time. */
  readonly fifths: readonly Pick<MemorySample, 'rssBytes' | 'heldBytes'>[];
  /** The last fifth's resident memory over the second one's, minus 1; the first fifth warms up. */
  readonly growth: number;
}

const FIFTHS = 5;

/** @throws Error when a fifth of the time has no sample */
export function memoryTrend(samples: readonly MemorySample[]): MemoryTrend {
  const end = samples.at(-1)!.seconds;
  const fifths = Array.from({ length: FIFTHS }, (_, fifth) => {
    const isIn = ({ seconds }: MemorySample): boolean =>
      seconds > (fifth * end) / FIFTHS && seconds <= ((fifth + 1) * end) / FIFTHS;
    const part = samples.filter(isIn);
    if (part.length === 0) throw new Error(`fifth ${fifth + 1} of the soak has no sample; let it run longer`);
    const median = (of: (sample: MemorySample) => number): number => rates(part.map(of)).median;
    return { rssBytes: median(({ rssBytes }) => rssBytes), heldBytes: median(({ heldBytes }) => heldBytes) };
  });
  return { fifths, growth: fifths.at(-1)!.rssBytes / fifths[1]!.rssBytes - 1 };
}
