import type { Output } from './output.js';

/** What every command gets besides its own options. */
export interface CommandContext {
  readonly output: Output;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
