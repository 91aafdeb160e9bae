import { createInterface } from 'node:readline';
import type { Message } from './peer-process.js';
import { OptionReader } from './workload.js';
import type { Setup, Workload } from './workload.js';

/** A side of the bench as a process: speaks the protocol of peers/README.md until its input ends. */
export async function servePeer(hello: Message, workloads: Readonly<Record<string, Setup>>): Promise<void> {
  const peer = new Peer(workloads);
  const say = (answer: Message): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  say({ ...hello, node: process.version, workloads: Object.keys(workloads) });
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await peer.answer(JSON.parse(line) as Message));
    } catch (error) {
      say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  process.exit(0);
}

/** The workloads set up so far, and the answers to commands. */
class Peer {
  private readonly prepared = new Map<string, Workload>();

  constructor(private readonly workloads: Readonly<Record<string, Setup>>) {}

  async answer(message: Message): Promise<Message> {
    if ('setup' in message) return this.setup(message);
    if ('run' in message) return this.run(message);
    if ('check' in message) {
      return { check: message['check'], ...(await this.workload(message['check']).check()) };
    }
    if ('memory' in message) {
      return { peakRssBytes: process.resourceUsage().maxRSS * 1024, rssBytes: process.memoryUsage().rss };
    }
    if ('dispose' in message) {
      const id = String(message['dispose']);
      await this.prepared.get(id)?.close();
      return { disposed: id, found: this.prepared.delete(id) };
    }
    throw new Error('known commands are setup, run, check, memory, dispose');
  }

  private workload(id: unknown): Workload {
    const found = this.prepared.get(String(id));
    if (found === undefined) throw new Error(`nothing is set up as ${String(id)}`);
    return found;
  }

  private async setup({ setup: name, id = name, ...given }: Message): Promise<Message> {
    const create = this.workloads[String(name)];
    if (create === undefined) throw new Error(`unknown workload ${String(name)}`);
    const options = new OptionReader(given);
    const started = performance.now();
    const workload = await create(options);
    options.requireAllRead();
    this.prepared.set(String(id), workload);
    return { ready: id, workload: name, setupMs: performance.now() - started, ...workload.facts };
  }

  private async run({ run: id, iterations = 1, warmup = 0 }: Message): Promise<Message> {
    const workload = this.workload(id);
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
}
