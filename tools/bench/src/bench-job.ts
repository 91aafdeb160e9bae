import type { Message } from './peer-process.js';
import type { Rates } from './measured-rounds.js';

/** Who does the work: a process that speaks the protocol of peers/README.md. */
export type PeerName = 'tesserae' | 'torch' | 'transformers.js';

/** One of the sides that are compared: a peer and what it is told to prepare. */
export interface Side {
  /** As the table calls it. */
  readonly name: string;
  readonly peer: PeerName;
  readonly setup: Message;
  /** Least ratio of its time to the first side's that the project promises. */
  readonly needed?: number;
}

/** The same work for several sides. */
export interface Job {
  readonly name: string;
  /** The first one is ours; ratios are the others' times over its. */
  readonly sides: readonly Side[];
  /** Iterations a round. */
  readonly iterations: number;
  /** Options of the check where they differ from the timed ones; it has processes of its own then. */
  readonly check?: Message;
  /** Largest difference of compared values, relative to their size where that is above 1. */
  readonly tolerance: number;
  /** Reading `bytes` so many `times` is what our side cannot be faster than. */
  readonly floor?: { readonly bytes: number; readonly times: number };
  /** True: an iteration's value is how long it waited for data, in ms. */
  readonly valueIsWaiting?: boolean;
}

/** What was measured of one side. */
export interface Timing {
  readonly name: string;
  readonly iterationMs: Rates;
  /** Median of each round. */
  readonly roundMs: readonly number[];
  readonly bestMs: number;
  readonly peakRssMiB: number;
  /** Answer to the setup command: what was prepared, and how long that took. */
  readonly setup: Message;
}

/** One side's time over ours: ratio of the medians, and the range of the rounds' own ratios. */
export interface Ratio {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly needed?: number;
}

/** Result of a job. */
export interface Row {
  readonly job: string;
  readonly timings: readonly Timing[];
  readonly ratios: readonly Ratio[];
  /** Time of the fastest read of the floor's bytes, and which share of our time the floor is. */
  readonly floor?: { readonly readMs: number; readonly bytes: number; readonly share: number };
  /** Which share of the time went by waiting for data. */
  readonly waitingShare?: number;
}
