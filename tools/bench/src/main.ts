import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { PeerProcess } from './peer-process.js';
import type { Message } from './peer-process.js';

/** Times our work beside PyTorch's in one run, by turns, and reports ratios: `npm run bench -- --python python3`. */

interface Job {
  readonly name: string;
  readonly setup: Message;
  /** Iterations a round. */
  readonly iterations: number;
  /** Least ratio that the project promises. */
  readonly target: number;
}

const JOBS: readonly Job[] = [
  {
    name: 'ELECTRA-small training step 32 × 128, dropout 0.1',
    setup: { setup: 'electra-small-train', batch: 32, seqLen: 128, dropout: true },
    iterations: 2,
    target: 1.3,
  },
  {
    name: 'ELECTRA-small training step 32 × 128, no dropout',
    setup: { setup: 'electra-small-train', batch: 32, seqLen: 128, dropout: false },
    iterations: 2,
    target: 1.3,
  },
  {
    name: 'ELECTRA-small encoding 8 × 128',
    setup: { setup: 'electra-small-encode', batch: 8, seqLen: 128 },
    iterations: 10,
    target: 1.5,
  },
  {
    name: 'T5-small encoding 8 × 128',
    setup: { setup: 't5-small-encode', batch: 8, seqLen: 128 },
    iterations: 6,
    target: 1.5,
  },
];

interface Row {
  readonly name: string;
  readonly target: number;
  readonly ours: Timing;
  readonly theirs?: Timing;
  /** Ratio of medians, theirs / ours, and the range over the rounds. */
  readonly ratio?: { readonly median: number; readonly least: number; readonly most: number };
}

interface Timing {
  readonly bestMs: number;
  readonly medianMs: number;
  readonly roundMediansMs: readonly number[];
  readonly peakRssMiB: number;
  readonly setup: Message;
}

interface BenchOptions {
  readonly python?: string;
  readonly rounds: string;
  readonly threads: string;
  readonly only?: string;
  readonly out?: string;
  readonly json: boolean;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};

const OURS = [
  '--import',
  'tsx',
  '--conditions=@tesserae/source',
  fileURLToPath(new URL('./tesserae-peer.ts', import.meta.url)),
];
const TORCH = fileURLToPath(new URL('../peers/torch_peer.py', import.meta.url));

async function startPeers(
  python: string | undefined,
): Promise<{ readonly peers: readonly PeerProcess[]; readonly hellos: readonly Message[] }> {
  const started = [await PeerProcess.start('tesserae', [process.execPath, ...OURS])];
  if (python !== undefined) started.push(await PeerProcess.start('torch', [python, TORCH]));
  return { peers: started.map(({ peer }) => peer), hellos: started.map(({ hello }) => hello) };
}

/** One job in fresh processes, so that peak memory is the job's own. */
async function runJob(
  job: Job,
  { python, rounds, threads }: BenchOptions,
): Promise<{ readonly row: Row; readonly hellos: readonly Message[] }> {
  const { peers, hellos } = await startPeers(python);
  try {
    const setups: Message[] = [];
    for (const peer of peers)
      setups.push(await peer.ask({ ...job.setup, id: 'job', threads: Number(threads) }));
    for (const peer of peers) await peer.ask({ run: 'job', iterations: 1, warmup: 1 });
    const times: number[][][] = peers.map(() => []);
    for (let round = 0; round < Number(rounds); round++) {
      for (const [index, peer] of peers.entries()) {
        const { iterationMs } = await peer.ask({ run: 'job', iterations: job.iterations });
        times[index]!.push(iterationMs as number[]);
      }
    }
    const timings: Timing[] = [];
    for (const [index, peer] of peers.entries()) {
      const { peakRssBytes } = await peer.ask({ memory: true });
      timings.push(timing(times[index]!, Number(peakRssBytes), setups[index]!));
    }
    const [ours, theirs] = timings as [Timing, Timing | undefined];
    return {
      row: { name: job.name, target: job.target, ours, theirs, ratio: theirs && ratioOf(ours, theirs) },
      hellos,
    };
  } finally {
    for (const peer of peers) peer.stop();
  }
}

function timing(rounds: readonly (readonly number[])[], peakRssBytes: number, setup: Message): Timing {
  const all = rounds.flat();
  return {
    bestMs: Math.min(...all),
    medianMs: median(all),
    roundMediansMs: rounds.map(median),
    peakRssMiB: peakRssBytes / 2 ** 20,
    setup,
  };
}

function ratioOf(ours: Timing, theirs: Timing): Row['ratio'] {
  const perRound = ours.roundMediansMs.map((own, round) => theirs.roundMediansMs[round]! / own);
  return {
    median: theirs.medianMs / ours.medianMs,
    least: Math.min(...perRound),
    most: Math.max(...perRound),
  };
}

function formatRow({ name, target, ours, theirs, ratio }: Row): string {
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  const own = `| ${name} | ${ms(ours.medianMs)} (best ${ms(ours.bestMs)}) | ${ours.peakRssMiB.toFixed(0)} MiB | ${ms(Number(ours.setup['sessionMs']))}`;
  if (theirs === undefined || ratio === undefined) return `${own} | – | – | – |`;
  const range = `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}; needed ${target})`;
  return `${own} | ${ms(theirs.medianMs)} (best ${ms(theirs.bestMs)}) | ${theirs.peakRssMiB.toFixed(0)} MiB | ${range} |`;
}

const program = new Command('bench')
  .option(
    '--python <path>',
    'a Python with torch and transformers (tools/bench/peers/requirements.txt); without it only ours is timed',
  )
  .option('--rounds <count>', 'rounds, the sides taking turns', '5')
  .option('--threads <count>', 'threads of both sides', '2')
  .option('--only <text>', 'jobs whose name contains this')
  .option('--out <file>', 'also write all samples as JSON')
  .option('--json', 'print JSON instead of the table', false)
  .parse();
const options = program.opts<BenchOptions>();
const rows: Row[] = [];
const hellos: Message[] = [];
for (const job of JOBS.filter(({ name }) => options.only === undefined || name.includes(options.only))) {
  process.stderr.write(`${job.name} …\n`);
  const result = await runJob(job, options);
  rows.push(result.row);
  if (hellos.length === 0) hellos.push(...result.hellos);
  if (!options.json) process.stderr.write(`${formatRow(result.row)}\n`);
}
const report = {
  date: new Date().toISOString(),
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  threads: Number(options.threads),
  peers: hellos,
  rows,
};
if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(report, null, 2)}\n`);
const table = [
  '| workload | tesserae, median | peak | session | PyTorch eager, median | peak | ratio (range over rounds) |',
  '|---|---|---|---|---|---|---|',
  ...rows.map(formatRow),
];
process.stdout.write(`${options.json ? JSON.stringify(report) : table.join('\n')}\n`);
