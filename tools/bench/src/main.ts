import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { Row } from './bench-job.js';
import { machineName, markdownTables } from './bench-table.js';
import { coldStart, coldStartTable } from './cold-start.js';
import type { ColdStart } from './cold-start.js';
import { ensureModels } from './model-folders.js';
import type { Message } from './peer-process.js';
import { runJob } from './run-job.js';
import { electraSuite } from './suite-electra.js';
import { t5Suite } from './suite-t5.js';
import { trainingSuite } from './suite-training.js';
import type { Suite, SuiteContext } from './suite.js';

/** Times our work beside that of PyTorch and transformers.js in one run, by turns, and reports ratios: see the README. */

const SUITES: Readonly<Record<string, (context: SuiteContext) => Suite | Promise<Suite>>> = {
  t5: t5Suite,
  electra: electraSuite,
  training: trainingSuite,
};

interface BenchOptions {
  readonly suite: string;
  readonly python?: string;
  readonly rounds: number;
  readonly threads: number;
  readonly models: string;
  readonly data: string;
  readonly only?: string;
  readonly coldStarts: number;
  readonly tiny: boolean;
  readonly out?: string;
  readonly json: boolean;
}

interface Report {
  readonly rows: Row[];
  readonly peers: Message[];
  coldStart?: ColdStart;
}

const note = (line: string): void => void process.stderr.write(`${line}\n`);

async function runSuite(suite: string, context: SuiteContext, options: BenchOptions): Promise<Report> {
  const { models, jobs } = await SUITES[suite]!(context);
  const { python, data, only = '' } = options;
  await mkdir(context.models, { recursive: true });
  note(`models in ${context.models} …`);
  await ensureModels(models, { folder: context.models, data, python });
  const report: Report = { rows: [], peers: [] };
  for (const job of jobs.filter(({ name }) => name.includes(only))) {
    note(`${job.name} …`);
    const { row, hellos } = await runJob(job, options);
    report.rows.push(row);
    report.peers.push(...hellos.filter(({ hello }) => report.peers.every((peer) => peer['hello'] !== hello)));
    note(markdownTables([row]).split('\n').at(-1)!);
  }
  if (suite === 't5' && options.coldStarts > 0 && 'cold start'.includes(only)) {
    note('cold start …');
    report.coldStart = await coldStart(join(context.models, models[0]!), options.coldStarts);
  }
  return report;
}

const program = new Command('bench')
  .addOption(new Option('--suite <name>', 'what is timed').choices(Object.keys(SUITES)).makeOptionMandatory())
  .option(
    '--python <path>',
    'a Python with torch and transformers (peers/requirements.txt); without it only JavaScript is timed',
  )
  .option('--rounds <count>', 'rounds, the sides taking turns', Number, 5)
  .option('--threads <count>', 'threads of every side', Number, 2)
  .option('--models <folder>', 'where models are written and found', join(tmpdir(), 'tesserae-bench-models'))
  .option('--data <folder>', 'data sets, for vocabularies and texts', '../shared/data')
  .option('--only <text>', 'jobs whose name contains this; "cold start" is one')
  .option('--cold-starts <count>', 'processes started for each side; suite t5 only', Number, 7)
  .option('--tiny', 'tiny models in place of real sizes, to see that everything runs', false)
  .option('--out <file>', 'also write all samples as JSON')
  .option('--json', 'print JSON instead of the tables', false)
  .parse();
const options = program.opts<BenchOptions>();
const scratch = await mkdtemp(join(tmpdir(), 'tesserae-bench-'));
try {
  const { suite, data, tiny } = options;
  const context = { models: resolve(options.models), data: resolve(data), scratch, isTiny: tiny };
  const { rows, peers, coldStart: start } = await runSuite(suite, context, options);
  const { rounds, threads } = options;
  const machine = machineName();
  const report = {
    date: new Date().toISOString(),
    suite,
    machine,
    rounds,
    threads,
    peers,
    rows,
    coldStart: start,
  };
  if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(report, null, 2)}\n`);
  const heading = `${machine}; f32, ${threads} threads; median (range over ${rounds} rounds), peak memory`;
  const tables = [heading, markdownTables(rows), ...(start === undefined ? [] : [coldStartTable(start)])];
  process.stdout.write(`${options.json ? JSON.stringify(report) : tables.filter(Boolean).join('\n\n')}\n`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
