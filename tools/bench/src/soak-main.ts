import { writeFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { countLiveTensors } from '@tesserae/backend-testkit';
import type { CountedBackend } from '@tesserae/backend-testkit';
import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import { T5_SIZES } from '@tesserae/t5-model';
import { hostRandom } from '@tesserae/tensor';
import { Command } from 'commander';
import { T5ForConditionalGeneration } from 'tesserae';
import { machineName } from './bench-table.js';
import { memoryTrend, sampleMemory } from './soak-memory.js';
import type { MemorySample, MemoryTrend } from './soak-memory.js';
import { ENDINGS, MODES, drawRequest, largestRequest, send } from './soak-requests.js';
import type { SoakRequest } from './soak-requests.js';

/** Many minutes of mixed requests to one T5: memory must stay flat, every tensor be given back, nothing go unheard. */

interface SoakOptions {
  readonly minutes: number;
  readonly model: string;
  readonly seed: number;
  readonly concurrency: number;
  readonly threads: number;
  readonly worker: boolean;
  readonly out?: string;
  readonly json: boolean;
}

/** Resident memory may grow by this share. */
const MOST_GROWTH = 0.05;
/** Requests between two samples. */
const REQUESTS_PER_SAMPLE = 12;

const options = new Command('soak')
  .option('--minutes <count>', 'how long', Number, 10)
  .option('--model <name>', 'a size of T5, with random weights', 't5-v1_1-tiny')
  .option('--seed <number>', 'draws the requests', Number, 1)
  .option('--concurrency <count>', 'requests at a time', Number, 3)
  .option('--threads <count>', 'threads of ONNX Runtime', Number, 2)
  .option('--no-worker', 'ONNX Runtime in the main thread')
  .option('--out <file>', 'also write all samples as JSON')
  .option('--json', 'print JSON instead of the table', false)
  .parse()
  .opts<SoakOptions>();

const unheard: string[] = [];
process.on('unhandledRejection', (reason) => unheard.push(String(reason)));

interface Soak {
  readonly samples: readonly MemorySample[];
  /** Requests by mode and ending. */
  readonly counts: ReadonlyMap<string, number>;
  /** Tensors held before the first drawn request, when no request was under way. */
  readonly tensorsAtFirst: number;
}

/** The largest request of each mode, so that graphs are compiled and buffers have their size before anything is compared. */
async function warmUp(model: T5ForConditionalGeneration, seed: number): Promise<void> {
  for (const mode of MODES) await send(model, largestRequest(mode, hostRandom(seed), model.config));
}

async function soak(model: T5ForConditionalGeneration, backend: CountedBackend): Promise<Soak> {
  const { minutes, seed, concurrency } = options;
  await warmUp(model, seed);
  const tensorsAtFirst = backend.liveCount;
  const random = hostRandom(seed);
  const counts = new Map<string, number>();
  const samples: MemorySample[] = [];
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const worker = async (queue: SoakRequest[]): Promise<void> => {
    for (let request = queue.pop(); request !== undefined; request = queue.pop()) {
      await send(model, request);
      const key = `${request.mode}, ${request.ending}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  };
  for (let requests = 0; seconds() < minutes * 60;) {
    const queue = Array.from({ length: REQUESTS_PER_SAMPLE }, () => drawRequest(random, model.config));
    requests += queue.length;
    await Promise.all(Array.from({ length: concurrency }, () => worker(queue)));
    await turn(); // rejections that nobody has heard are told now
    samples.push(sampleMemory({ seconds: seconds(), liveTensors: backend.liveCount, requests }));
    process.stderr.write(`${progress(samples.at(-1)!)}\n`);
  }
  return { samples, counts, tensorsAtFirst };
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function progress({ seconds, requests, rssBytes, heldBytes, liveTensors }: MemorySample): string {
  const memory = `resident ${mebibytes(rssBytes)}, JavaScript ${mebibytes(heldBytes)}`;
  return `${seconds.toFixed(0)} s, ${requests} requests, ${memory}, ${liveTensors} tensors`;
}

/** What must hold, and whether it does. */
function verdicts(
  { samples, tensorsAtFirst }: Soak,
  { growth }: MemoryTrend,
): readonly (readonly [string, boolean])[] {
  const leaked = Math.max(...samples.map(({ liveTensors }) => liveTensors)) - tensorsAtFirst;
  return [
    [
      `resident memory: ${(100 * growth).toFixed(2)} % from the second fifth to the last`,
      growth <= MOST_GROWTH,
    ],
    [
      `tensors held with no request under way: at most ${leaked} more than at first (${tensorsAtFirst})`,
      leaked <= 0,
    ],
    [
      `rejections nobody heard: ${unheard.length}${unheard.length > 0 ? ` (${unheard[0]})` : ''}`,
      unheard.length === 0,
    ],
  ];
}

function tables(soaked: Soak, trend: MemoryTrend): string {
  const requests = MODES.map((mode) => {
    const numbers = ENDINGS.map((ending) => String(soaked.counts.get(`${mode}, ${ending}`) ?? 0));
    return `| ${[mode, ...numbers].join(' | ')} |`;
  });
  const memory = trend.fifths.map(
    ({ rssBytes, heldBytes }, fifth) => `| ${fifth + 1} | ${mebibytes(rssBytes)} | ${mebibytes(heldBytes)} |`,
  );
  const checks = verdicts(soaked, trend).map(([what, holds]) => `| ${what} | ${holds ? 'yes' : '**no**'} |`);
  return [
    `${machineName()}; ${options.model}, ${options.minutes} minutes, ${options.concurrency} requests at a time`,
    ['| requests | ' + ENDINGS.join(' | ') + ' |', `|---|${'---|'.repeat(ENDINGS.length)}`, ...requests].join(
      '\n',
    ),
    ['| fifth of the time | resident, median | JavaScript, median |', '|---|---|---|', ...memory].join('\n'),
    ['| what must hold | does |', '|---|---|', ...checks].join('\n'),
  ].join('\n\n');
}

const config = T5_SIZES[options.model];
if (config === undefined)
  throw new Error(`no size ${options.model}; known are ${Object.keys(T5_SIZES).join(', ')}`);
const backend = countLiveTensors(
  await createOnnxNodeBackend({ threads: options.threads, worker: options.worker }),
);
const model = await T5ForConditionalGeneration.create(config, { seed: options.seed, backend });
const soaked = await soak(model, backend);
const trend = memoryTrend(soaked.samples);
const holds = verdicts(soaked, trend).map(([what, isSo]) => ({ what, holds: isSo }));
const report = {
  date: new Date().toISOString(),
  machine: machineName(),
  options,
  ...trend,
  holds,
  ...soaked,
  counts: Object.fromEntries(soaked.counts),
};
if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(report, null, 2)}\n`);
process.stdout.write(`${options.json ? JSON.stringify(report) : tables(soaked, trend)}\n`);
await model.close();
await backend.close();
if (backend.liveCount > 0)
  process.stderr.write(`${backend.liveCount} tensors were not released with the model\n`);
process.exitCode = holds.every((check) => check.holds) && backend.liveCount === 0 ? 0 : 1;
