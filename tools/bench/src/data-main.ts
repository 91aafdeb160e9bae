import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { memory, type Measures, pipeline, prepare, reading, shards, waiting } from './data-jobs.js';
import type { DataBenchOptions } from './data-jobs.js';

/** Measures the data pipeline and prints a Markdown table: see the README. */

const JOBS: Readonly<Record<string, (options: DataBenchOptions) => Promise<Measures>>> = {
  'reading gzip and lines': reading,
  'read + tokenise + span corruption + batches, main thread': (options) => pipeline(options, 0),
  'read + tokenise + span corruption + batches, 1 worker': (options) => pipeline(options, 1),
  'read + tokenise + span corruption + batches, 2 workers': (options) => pipeline(options, 2),
  'prepare shards, 1 worker': (options) => prepare(options, 1),
  'prepare shards, 2 workers': (options) => prepare(options, 2),
  'prepare shards, near duplicates removed, 2 workers': (options) => prepare(options, 2, true),
  'reading shards': shards,
  'memory over a long stream': memory,
  'training step of 250 ms, batches made in the main thread': (options) => waiting(options, 0),
  'training step of 250 ms, batches made in 1 worker': (options) => waiting(options, 1),
};

interface MainOptions extends DataBenchOptions {
  readonly only?: string;
  readonly job?: string;
  readonly out?: string;
}

interface Row {
  readonly name: string;
  readonly measures: Measures;
  readonly peakRssMiB: number;
  /** Load of the machine when the job began: on a busy one, numbers are too low. */
  readonly load: number;
}

async function runJob(name: string, args: readonly string[]): Promise<Row> {
  const load = loadavg()[0]!;
  const flags = ['--import', 'tsx', '--conditions=@tesserae/source', fileURLToPath(import.meta.url)];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...args, '--job', name]);
  return { name, load, ...(JSON.parse(stdout) as Pick<Row, 'measures' | 'peakRssMiB'>) };
}

function formatRow({ name, measures, peakRssMiB, load }: Row): string {
  const shown = ([what, value]: readonly [string, number]): string => {
    const digits =
      value >= 1000 ? value.toLocaleString('en', { maximumFractionDigits: 0 }) : value.toFixed(1);
    return `${what}: ${digits}`;
  };
  return `| ${name} | ${Object.entries(measures).map(shown).join('<br>')} | ${peakRssMiB.toFixed(0)} MiB | ${load.toFixed(1)} |`;
}

const program = new Command('bench-data')
  .requiredOption('--text <dir>', 'folder with train*.txt.gz, documents parted by blank lines')
  .requiredOption('--tokenizer <file>', 'a spiece.model')
  .option('--num-files <count>', 'files of the folder to read', Number, 4)
  .option('--gigabytes <count>', 'size of the long stream', Number, 10)
  .option('--only <text>', 'jobs whose name contains this')
  .option('--out <file>', 'also write the numbers as JSON')
  .option('--job <name>', 'run one job in this process and print its JSON')
  .parse();
const options = program.opts<MainOptions>();
if (options.job !== undefined) {
  const measures = await JOBS[options.job]!(options);
  const peakRssMiB = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ measures, peakRssMiB }));
} else {
  const rows: Row[] = [];
  const names = Object.keys(JOBS).filter((name) => options.only === undefined || name.includes(options.only));
  const { text, tokenizer, numFiles, gigabytes } = options;
  const args = Object.entries({ text, tokenizer, 'num-files': numFiles, gigabytes });
  for (const name of names) {
    process.stderr.write(`${name} …\n`);
    rows.push(
      await runJob(
        name,
        args.flatMap(([flag, value]) => [`--${flag}`, String(value)]),
      ),
    );
    process.stderr.write(`${formatRow(rows.at(-1)!)}\n`);
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`;
  const report = { date: new Date().toISOString(), machine, options, rows };
  if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(report, null, 2)}\n`);
  const head = [`${machine}`, '', '| job | measured | peak RSS | load before |', '|---|---|---|---|'];
  process.stdout.write(`${[...head, ...rows.map(formatRow)].join('\n')}\n`);
}
