import { once } from 'node:events';
import { DataError } from '@tesserae/data';
import { MetricError } from '@tesserae/metrics';
import { TesseraeError } from '@tesserae/tensor';

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Output {
  /** True when the caller asked for JSON lines. */
  readonly isJson: boolean;
  /** A result: one JSON line, or its text form. */
  result(value: object, text: string): void;
  /** A line on standard output, whatever the form; waits while the reader is slower than we are. */
  drain(line: string): Promise<void>;
  /** A line for people; nothing with --json. */
  note(text: string): void;
  /** A line for people on standard error, also with --json. */
  warn(text: string): void;
}

/** Output to this process' streams. */
export function createOutput({ isJson }: { readonly isJson: boolean }): Output {
  return {
    isJson,
    result: (value, text) => process.stdout.write(`${isJson ? JSON.stringify(value) : text}\n`),
    drain: async (line) => {
      if (process.stdout.write(`${line}\n`)) return;
      await once(process.stdout, 'drain');
    },
    note: (text) => {
      if (!isJson) process.stdout.write(`${text}\n`);
    },
    warn: (text) => process.stderr.write(`${text}\n`),
  };
}

/** Exit codes: what scripts branch on. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** How an error is shown: class and message for ours and known ones, the stack for the rest. */
export function describeError(error: unknown, { isJson }: { readonly isJson: boolean }): string {
  if (!(error instanceof Error)) return String(error);
  const isKnown =
    error instanceof TesseraeError ||
    error instanceof MetricError ||
    ['TokenizerError', 'DataError', 'AbortError'].includes(error.name);
  if (!isJson) return isKnown ? `${error.name} ${error.message}` : (error.stack ?? error.message);
  const hasCode =
    error instanceof TesseraeError || error instanceof MetricError || error instanceof DataError;
  const code = hasCode ? error.code : error.name;
  return JSON.stringify({ error: error.name, code, message: error.message });
}
