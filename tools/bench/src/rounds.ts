import type { Message, PeerProcess } from './peer-process.js';

/** How long a side took. */
export interface Timing {
  readonly medianMs: number;
  readonly bestMs: number;
  readonly roundMediansMs: readonly number[];
  readonly peakRssMiB: number;
  readonly setup: Message;
  /** What its last iteration gave. */
  readonly value: number;
}

/** Ratio of medians, theirs over ours, and its range over the rounds. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The middle one, or the mean of the two. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

interface Plan {
  readonly setups: readonly Message[];
  readonly iterations: number;
  readonly rounds: number;
  /** Called with each side's value before anything is timed. */
  readonly check: (values: readonly number[]) => void;
}

/** Sets all peers up, compares what they give, then times them by turns. */
export async function measureByTurns(peers: readonly PeerProcess[], plan: Plan): Promise<readonly Timing[]> {
  const { setups, iterations, rounds, check } = plan;
  const facts: Message[] = [];
  for (const [index, peer] of peers.entries()) facts.push(await peer.ask({ ...setups[index]!, id: 'job' }));
  const values: number[] = [];
  for (const peer of peers) {
    const warm = await peer.ask({ run: 'job', iterations: 1, warmup: 1 });
    values.push((warm['values'] as number[])[0]!);
  }
  check(values);
  const times: number[][][] = peers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, peer] of peers.entries()) {
      times[index]!.push((await peer.ask({ run: 'job', iterations }))['iterationMs'] as number[]);
    }
  }
  const timings: Timing[] = [];
  for (const [index, peer] of peers.entries()) {
    const { peakRssBytes } = await peer.ask({ memory: true });
    timings.push({
      bestMs: Math.min(...times[index]!.flat()),
      medianMs: median(times[index]!.flat()),
      roundMediansMs: times[index]!.map(median),
      peakRssMiB: Number(peakRssBytes) / 2 ** 20,
      setup: facts[index]!,
      value: values[index]!,
    });
  }
  return timings;
}

/** How many times as fast we were. */
export function ratioOf(ours: Timing, theirs: Timing): Ratio {
  const perRound = ours.roundMediansMs.map((own, round) => theirs.roundMediansMs[round]! / own);
  return {
    median: theirs.medianMs / ours.medianMs,
    least: Math.min(...perRound),
    most: Math.max(...perRound),
  };
}
