import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { readBandwidth } from './bandwidth.js';
import { PeerProcess } from './peer-process.js';
import type { Message } from './peer-process.js';
import { measureByTurns, ratioOf } from './rounds.js';
import type { Ratio, Timing } from './rounds.js';
import { SUITES, takesPart } from './suites.js';
import type { Job, Side } from './suites.js';

/** Times our work beside PyTorch's and transformers.js's in one run, by turns, and reports ratios. */

interface BenchOptions {
  readonly suite: string;
  readonly python?: string;
  readonly models?: string;
  readonly rounds: string;
  readonly threads: string;
  readonly only?: string;
  readonly out?: string;
  readonly json: boolean;
}

interface Row {
  readonly name: string;
  readonly timings: Partial<Readonly<Record<Side, Timing>>>;
  readonly ratios: readonly { readonly side: Side; readonly ratio: Ratio; readonly target: number }[];
  /** Share of our time that reading the weights once a token would take, where text is generated. */
  readonly readingShare?: number;
}

const node = (file: string): readonly string[] => [
  process.execPath,
  '--import',
  'tsx',
  '--conditions=@tesserae/source',
  fileURLToPath(new URL(file, import.meta.url)),
];

const program = new Command('bench')
  .addOption(
    new Option('--suite <name>', 'what is compared').choices(Object.keys(SUITES)).default('training'),
  )
  .option('--python <path>', 'a Python with torch and transformers (tools/bench/peers/requirements.txt)')
  .option(
    '--models <folder>',
    'what tools/bench/peers/export_models.py wrote; the suites t5 and electra need it',
  )
  .option('--rounds <count>', 'rounds, the sides taking turns', '5')
  .option('--threads <count>', 'threads of each side', '2')
  .option('--only <text>', 'jobs whose name contains this')
  .option('--out <file>', 'also write all samples as JSON')
  .option('--json', 'print JSON instead of the table', false)
  .parse();
const options = program.opts<BenchOptions>();

function commands(job: Job): ReadonlyMap<Side, readonly string[]> {
  const all: [Side, readonly string[]][] = [['tesserae', node('./tesserae-peer.ts')]];
  const torch = fileURLToPath(new URL('../peers/torch_peer.py', import.meta.url));
  if (options.python !== undefined) all.push(['torch', [options.python, torch]]);
  all.push(['transformers.js', node('./transformersjs-peer.ts')]);
  return new Map(all.filter(([side]) => takesPart(side, job)));
}

function setupOf({ setup, folder }: Job): Message {
  const threads = Number(options.threads);
  if (folder === undefined) return { ...setup, threads };
  if (options.models !== undefined)
    return { ...setup, threads, folder: resolve(join(options.models, folder)) };
  throw new Error(`the suite needs --models: python tools/bench/peers/export_models.py FOLDER --vocab …`);
}

/** One job in fresh processes, so that peak memory is the job's own. */
async function runJob(job: Job): Promise<Row> {
  const setup = setupOf(job);
  const started = new Map<Side, PeerProcess>();
  try {
    for (const [side, command] of commands(job))
      started.set(side, (await PeerProcess.start(side, command)).peer);
    const sides = [...started.keys()];
    const timings = await measureByTurns([...started.values()], {
      setups: sides.map(() => setup),
      iterations: job.iterations,
      rounds: Number(options.rounds),
      check: (values) => requireAgreement(job, sides, values),
    });
    const [ours] = timings;
    const ratios = sides.slice(1).map((side, index) => ({
      side,
      ratio: ratioOf(ours!, timings[index + 1]!),
      target: job.targets[side as Exclude<Side, 'tesserae'>]!,
    }));
    return {
      name: job.name,
      timings: Object.fromEntries(sides.map((side, index) => [side, timings[index]!])),
      ratios,
      ...readingShare(ours!, setup),
    };
  } finally {
    for (const peer of started.values()) peer.stop();
  }
}

function requireAgreement(
  { agreesWithin, name }: Job,
  sides: readonly Side[],
  values: readonly number[],
): void {
  if (agreesWithin === undefined) return;
  const [ours] = values;
  for (const [index, value] of values.entries()) {
    if (Math.abs(value - ours!) <= agreesWithin * Math.abs(ours!)) continue;
    throw new Error(`${name}: tesserae gave ${ours}, ${sides[index]} gave ${value}; nothing was timed`);
  }
}

function readingShare({ medianMs, setup: facts }: Timing, { newTokens }: Message): Pick<Row, 'readingShare'> {
  const bytes = facts['weightBytesPerToken'];
  if (typeof bytes !== 'number') return {};
  return { readingShare: ((bytes / bandwidth) * 1000 * Number(newTokens)) / medianMs };
}

const SIDES: readonly Side[] = ['tesserae', 'torch', 'transformers.js'];

function formatRow({ name, timings, ratios, readingShare: share }: Row): string {
  const times = SIDES.map((side) => {
    const timing = timings[side];
    return timing === undefined
      ? '–'
      : `${timing.medianMs.toFixed(0)} ms (best ${timing.bestMs.toFixed(0)}), ${timing.peakRssMiB.toFixed(0)} MiB`;
  });
  const against = SIDES.slice(1).map((side) => {
    const found = ratios.find((candidate) => candidate.side === side);
    if (found === undefined) return '–';
    const { ratio, target } = found;
    return `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}; wanted ${target})`;
  });
  return `| ${[name, ...times, ...against, share === undefined ? '–' : `${(100 * share).toFixed(0)} %`].join(' | ')} |`;
}

const bandwidth = await readBandwidth(Number(options.threads));
const rows: Row[] = [];
for (const job of SUITES[options.suite]!.filter(
  ({ name }) => options.only === undefined || name.includes(options.only),
)) {
  process.stderr.write(`${job.name} …\n`);
  rows.push(await runJob(job));
  if (!options.json) process.stderr.write(`${formatRow(rows.at(-1)!)}\n`);
}
const report = {
  date: new Date().toISOString(),
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  threads: Number(options.threads),
  readGBps: bandwidth / 1e9,
  rows,
};
if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(report, null, 2)}\n`);
const table = [
  '| workload | tesserae | PyTorch eager | transformers.js | ratio to PyTorch (range over rounds) | ratio to transformers.js | reading weights |',
  '|---|---|---|---|---|---|---|',
  ...rows.map(formatRow),
];
process.stdout.write(`${options.json ? JSON.stringify(report) : table.join('\n')}\n`);
