import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { requireAgreement } from './agreement.js';
import type { Job, PeerName, Ratio, Row, Side, Timing } from './bench-job.js';
import { rates } from './measured-rounds.js';
import { PeerProcess } from './peer-process.js';
import type { Message } from './peer-process.js';

/** How jobs run. */
interface RunOptions {
  /** A Python with torch and transformers; without it PyTorch's sides are left out. */
  readonly python?: string;
  readonly rounds: number;
  readonly threads: number;
}

/** A side that is prepared. */
interface Ready {
  readonly side: Side;
  readonly peer: PeerProcess;
  readonly hello: Message;
  readonly setup: Message;
}

/** Threads of a side that has just finished may spin a while; the next one's turn waits that long. */
const PAUSE_MS = 250;

const TYPESCRIPT = ['--import', 'tsx', '--conditions=@tesserae/source'];
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function commandOf(peer: PeerName, python: string): readonly string[] {
  if (peer === 'torch') return [python, here('../peers/torch_peer.py')];
  const file = peer === 'tesserae' ? './tesserae-peer.ts' : './transformers-js-peer.ts';
  return [process.execPath, ...TYPESCRIPT, here(file)];
}

/** Sides that this run has. */
const presentSides = ({ sides }: Job, { python }: Pick<RunOptions, 'python'>): readonly Side[] =>
  sides.filter(({ peer }) => peer !== 'torch' || python !== undefined);

/**
 * Runs a job: all sides are prepared in processes of their own, their results compared, then they take turns.
 * @throws DisagreementError when sides computed different things · Error of a peer that failed
 */
export async function runJob(
  job: Job,
  options: RunOptions,
): Promise<{ readonly row: Row; readonly hellos: readonly Message[] }> {
  const sides = presentSides(job, options);
  if (job.check !== undefined)
    await withSides(sides, { ...options, extra: job.check }, (ready) => compare(job, ready));
  return withSides(sides, options, async (ready) => {
    if (job.check === undefined) await compare(job, ready);
    return withFloor(job, options, async (floor) => {
      const samples = await takeTurns(job, { ready, floor, rounds: options.rounds });
      const timings = await Promise.all(ready.map((one, at) => timingOf(one, samples.sides[at]!)));
      const row = rowOf(job, timings, samples);
      return { row, hellos: ready.map(({ hello }) => hello) };
    });
  });
}

async function withSides<T>(
  sides: readonly Side[],
  { python = '', threads, extra = {} }: RunOptions & { readonly extra?: Message },
  use: (ready: readonly Ready[]) => Promise<T>,
): Promise<T> {
  const started: PeerProcess[] = [];
  try {
    const ready: Ready[] = [];
    for (const side of sides) {
      const { peer, hello } = await PeerProcess.start(side.name, commandOf(side.peer, python));
      started.push(peer);
      const setup = await peer.ask({ ...side.setup, ...extra, id: 'job', threads });
      ready.push({ side, peer, hello, setup });
    }
    return await use(ready);
  } finally {
    for (const peer of started) peer.stop();
  }
}

async function compare(job: Job, ready: readonly Ready[]): Promise<void> {
  const results = [];
  for (const { side, peer } of ready)
    results.push({ name: side.name, ...(await peer.ask({ check: 'job' })) });
  requireAgreement(job.name, results, job);
}

/** With a process that reads the floor's bytes, for a job that has a floor. */
async function withFloor<T>(
  { floor }: Job,
  options: RunOptions,
  use: (floor: readonly Ready[]) => Promise<T>,
): Promise<T> {
  if (floor === undefined) return use([]);
  const setup = { setup: 'read-memory', bytes: floor.bytes };
  return withSides([{ name: 'memory', peer: 'tesserae', setup }], options, use);
}

/** Times and values of one side: a list for each round. */
interface Samples {
  readonly ms: number[][];
  readonly values: number[];
}

interface JobSamples {
  readonly sides: readonly Samples[];
  /** Times of the floor's reads. */
  readonly readMs: readonly number[];
}

async function takeTurns(
  { iterations }: Job,
  {
    ready,
    floor,
    rounds,
  }: { readonly ready: readonly Ready[]; readonly floor: readonly Ready[]; readonly rounds: number },
): Promise<JobSamples> {
  for (const { peer } of ready) await peer.ask({ run: 'job', iterations: 1 });
  const sides: Samples[] = ready.map(() => ({ ms: [], values: [] }));
  const readMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [at, { peer }] of ready.entries()) {
      await pause(PAUSE_MS);
      const { iterationMs, values } = await peer.ask({ run: 'job', iterations });
      sides[at]!.ms.push(iterationMs as number[]);
      sides[at]!.values.push(...(values as number[]));
    }
    for (const { peer } of floor) {
      await pause(PAUSE_MS);
      const { iterationMs } = await peer.ask({ run: 'job', iterations: 10 });
      readMs.push(...(iterationMs as number[]));
    }
  }
  return { sides, readMs };
}

async function timingOf({ side, peer, setup }: Ready, { ms }: Samples): Promise<Timing> {
  const { peakRssBytes } = await peer.ask({ memory: true });
  const roundMs = ms.map((round) => rates(round).median);
  return {
    name: side.name,
    iterationMs: rates(ms.flat()),
    roundMs,
    bestMs: rates(ms.flat()).least,
    peakRssMiB: Number(peakRssBytes) / 2 ** 20,
    setup,
  };
}

function rowOf(job: Job, timings: readonly Timing[], { sides, readMs }: JobSamples): Row {
  const [ours, ...others] = timings as readonly [Timing, ...Timing[]];
  const ratios = others.map((theirs): Ratio => {
    const { needed } = job.sides.find(({ name }) => name === theirs.name)!;
    const { least, most } = rates(ours.roundMs.map((own, round) => theirs.roundMs[round]! / own));
    return {
      name: theirs.name,
      median: theirs.iterationMs.median / ours.iterationMs.median,
      least,
      most,
      needed,
    };
  });
  return {
    job: job.name,
    timings,
    ratios,
    ...(job.floor === undefined ? {} : { floor: floorOf(job.floor, ours, readMs) }),
    ...(job.valueIsWaiting === true ? { waitingShare: waitingShare(sides[0]!) } : {}),
  };
}

function floorOf(
  { bytes, times }: NonNullable<Job['floor']>,
  ours: Timing,
  readMs: readonly number[],
): Row['floor'] {
  const fastest = rates(readMs).least;
  return { readMs: fastest, bytes, share: (times * fastest) / ours.iterationMs.median };
}

/** Waiting over all time, of all iterations together. */
function waitingShare({ ms, values }: Samples): number {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
  return sum(values) / sum(ms.flat());
}
