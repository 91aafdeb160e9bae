import type { EngineSettings, ProgramSource, RunRequest } from '../engine/host.js';
import type { HostTensor } from '@tesserae/tensor';

/** What the caller's thread tells the worker. Calls with a number are answered under it. */
export type WorkerRequest =
  | { readonly kind: 'load'; readonly call: number; readonly program: ProgramSource }
  | { readonly kind: 'run'; readonly call: number; readonly request: RunRequest }
  | { readonly kind: 'download'; readonly call: number; readonly tensor: number }
  | { readonly kind: 'close'; readonly call: number }
  | { readonly kind: 'upload'; readonly tensor: number; readonly value: HostTensor }
  | { readonly kind: 'releaseTensor'; readonly tensor: number }
  | { readonly kind: 'releaseProgram'; readonly program: number };

/** What the worker answers. */
export type WorkerReply =
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly error: PortableError };

/** An error as data: its class by name, and what it carries. */
export interface PortableError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Facts of a TesseraeError; undefined for other errors. */
  readonly facts: Readonly<Record<string, unknown>> | undefined;
}

/** A line to a worker, whatever kind of worker it is. */
export interface WorkerChannel {
  send(request: WorkerRequest, transfer: readonly ArrayBuffer[]): void;
  /** Called once, before anything is sent. `onFailure` reports that the worker is gone. */
  listen(onReply: (reply: WorkerReply) => void, onFailure: (error: Error) => void): void;
  /** Tells whether answers are awaited: an idle worker must not keep the process alive. */
  setBusy(isBusy: boolean): void;
  terminate(): Promise<void>;
}

/** Starts a worker that holds an engine with these settings. */
export type WorkerStarter = (settings: EngineSettings) => WorkerChannel;
