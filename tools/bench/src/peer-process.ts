import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A JSON object, as the peers speak it. */
export type Message = Readonly<Record<string, unknown>>;

/** A process that answers one JSON line per JSON line; the protocol is in peers/README.md. */
export class PeerProcess {
  private readonly lines: AsyncIterator<string>;
  private errors = '';

  private constructor(
    readonly name: string,
    private readonly child: ChildProcessWithoutNullStreams,
  ) {
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.on('data', (chunk: Buffer) => (this.errors = (this.errors + chunk.toString()).slice(-4000)));
  }

  /** Starts a peer and waits for its greeting. */
  static async start(
    name: string,
    command: readonly string[],
  ): Promise<{ readonly peer: PeerProcess; readonly hello: Message }> {
    const [program, ...args] = command as readonly [string, ...string[]];
    const peer = new PeerProcess(name, spawn(program, args, { stdio: 'pipe' }));
    return { peer, hello: await peer.read() };
  }

  /** @throws Error when the peer reports one, or has died */
  async ask(message: Message): Promise<Message> {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
    return this.read();
  }

  private async read(): Promise<Message> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.name} ended: ${this.errors}`);
    const answer = JSON.parse(value as string) as Message;
    if (typeof answer['error'] === 'string') throw new Error(`${this.name}: ${answer['error']}`);
    return answer;
  }

  stop(): void {
    this.child.stdin.end();
    this.child.kill();
  }
}
