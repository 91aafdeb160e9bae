import { createInterface } from 'node:readline';
import { WORKLOADS } from './workloads.js';
import type { Workload, WorkloadOptions } from './workloads.js';

/** Our side of a benchmark, speaking the protocol of peers/README.md over standard input and output. */

type Message = Readonly<Record<string, unknown>>;

const prepared = new Map<string, Workload>();
const DEFAULTS: WorkloadOptions = { threads: 2, batch: 8, seqLen: 128, dropout: false, worker: true };

function say(answer: Message): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function setup({ setup: name, id = name, ...options }: Message): Promise<Message> {
  const create = WORKLOADS[String(name)];
  if (create === undefined) throw new Error(`unknown workload ${String(name)}`);
  const started = performance.now();
  const workload = await create({ ...DEFAULTS, ...options });
  prepared.set(String(id), workload);
  return { ready: id, setupMs: performance.now() - started, ...workload.facts };
}

async function run({ run: id, iterations = 1, warmup = 0 }: Message): Promise<Message> {
  const workload = prepared.get(String(id));
  if (workload === undefined) throw new Error(`nothing is set up as ${String(id)}`);
  for (let index = 0; index < Number(warmup); index++) await workload.iterate();
  const iterationMs: number[] = [];
  const values: number[] = [];
  for (let index = 0; index < Number(iterations); index++) {
    const started = performance.now();
    values.push(await workload.iterate());
    iterationMs.push(performance.now() - started);
  }
  if (!values.every(Number.isFinite)) throw new Error(`a value is not finite: ${values.join(', ')}`);
  return { run: id, iterationMs, values };
}

async function answer(message: Message): Promise<Message> {
  if ('setup' in message) return setup(message);
  if ('run' in message) return run(message);
  if ('memory' in message) {
    return { peakRssBytes: process.resourceUsage().maxRSS * 1024, rssBytes: process.memoryUsage().rss };
  }
  if ('dispose' in message) {
    await prepared.get(String(message['dispose']))?.close();
    return { disposed: message['dispose'], found: prepared.delete(String(message['dispose'])) };
  }
  throw new Error('known commands are setup, run, memory, dispose');
}

say({ hello: 'tesserae', node: process.version });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say(await answer(JSON.parse(line) as Message));
  } catch (error) {
    say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
process.exit(0);
