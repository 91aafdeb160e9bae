import { createInterface } from 'node:readline';
import type { Message } from './peer-process.js';
import type { Workload, WorkloadOptions } from './workloads.js';

const DEFAULTS: WorkloadOptions = {
  threads: 2,
  batch: 8,
  seqLen: 128,
  dropout: false,
  worker: true,
  folder: '',
  newTokens: 64,
  numBeams: 1,
  targetLen: 32,
};

type Setups = Readonly<Record<string, (options: WorkloadOptions) => Promise<Workload>>>;

/** Answers one JSON line per JSON line, until the input ends; the protocol is in peers/README.md. */
export async function servePeer(name: string, workloads: Setups): Promise<void> {
  const prepared = new Map<string, Workload>();
  const say = (answer: Message): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  say({ hello: name, node: process.version });
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await answer(JSON.parse(line) as Message, { workloads, prepared }));
    } catch (error) {
      say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  process.exit(0);
}

interface Served {
  readonly workloads: Setups;
  readonly prepared: Map<string, Workload>;
}

async function answer(message: Message, served: Served): Promise<Message> {
  if ('setup' in message) return setup(message, served);
  if ('run' in message) return run(message, served);
  if ('memory' in message) {
    return { peakRssBytes: process.resourceUsage().maxRSS * 1024, rssBytes: process.memoryUsage().rss };
  }
  if ('dispose' in message) {
    await served.prepared.get(String(message['dispose']))?.close();
    return { disposed: message['dispose'], found: served.prepared.delete(String(message['dispose'])) };
  }
  throw new Error('known commands are setup, run, memory, dispose');
}

async function setup(
  { setup: name, id = name, ...options }: Message,
  { workloads, prepared }: Served,
): Promise<Message> {
  const create = workloads[String(name)];
  if (create === undefined) throw new Error(`unknown workload ${String(name)}`);
  const started = performance.now();
  const workload = await create({ ...DEFAULTS, ...options });
  prepared.set(String(id), workload);
  return { ready: id, setupMs: performance.now() - started, ...workload.facts };
}

async function run({ run: id, iterations = 1, warmup = 0 }: Message, { prepared }: Served): Promise<Message> {
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
