import type { HostTensor } from '@tesserae/tensor';
import { BackendError } from '@tesserae/tensor';
import type { EngineHost, ProgramReport, ProgramSource, RunRequest } from '../engine/host.js';
import type { WorkerChannel, WorkerReply, WorkerRequest } from './channel.js';
import { fromPortable } from './portable-error.js';

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** A request that is answered, before it gets its number. */
type Question<R = Extract<WorkerRequest, { readonly call: number }>> = R extends unknown
  ? Omit<R, 'call'>
  : never;

/** An engine in a worker. Requests are served in the order they are made; data is moved, not copied. */
export class RemoteEngine implements EngineHost {
  private readonly pending = new Map<number, Pending>();
  private calls = 0;
  /** Why the worker can no longer be asked. */
  private gone: Error | undefined;

  constructor(private readonly channel: WorkerChannel) {
    channel.listen(
      (reply) => this.settle(reply),
      (error) => this.fail(error),
    );
  }

  load(program: ProgramSource): Promise<ProgramReport> {
    return this.ask({ kind: 'load', program }, [program.model.buffer]);
  }

  upload(tensor: number, value: HostTensor): void {
    if (this.gone === undefined) this.channel.send({ kind: 'upload', tensor, value }, [value.data.buffer]);
  }

  download(tensor: number): Promise<HostTensor> {
    return this.ask({ kind: 'download', tensor });
  }

  run(request: RunRequest): Promise<readonly (HostTensor | undefined)[]> {
    return this.ask({ kind: 'run', request });
  }

  releaseTensor(tensor: number): void {
    if (this.gone === undefined) this.channel.send({ kind: 'releaseTensor', tensor }, []);
  }

  releaseProgram(program: number): void {
    if (this.gone === undefined) this.channel.send({ kind: 'releaseProgram', program }, []);
  }

  /** Ends the worker at once; what is still awaited is rejected. */
  async close(): Promise<void> {
    this.fail(
      new BackendError({
        op: 'close',
        problem: 'the backend was closed while this call was under way',
        likely: 'Await runs and downloads before closing.',
        page: 'backend-closed',
      }),
    );
    await this.channel.terminate();
  }

  private ask<Result>(question: Question, transfer: readonly ArrayBuffer[] = []): Promise<Result> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    const call = this.calls++;
    return new Promise<Result>((resolve, reject) => {
      this.pending.set(call, { resolve: resolve as Pending['resolve'], reject });
      this.channel.setBusy(true);
      this.channel.send({ ...question, call } as WorkerRequest, transfer);
    });
  }

  private settle(reply: WorkerReply): void {
    const waiting = this.pending.get(reply.call);
    this.pending.delete(reply.call);
    if (this.pending.size === 0) this.channel.setBusy(false);
    if ('error' in reply) waiting?.reject(fromPortable(reply.error));
    else waiting?.resolve(reply.result as never);
  }

  private fail(error: Error): void {
    this.gone ??= error;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    this.channel.setBusy(false);
  }
}
