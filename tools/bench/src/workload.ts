import type { Message } from './peer-process.js';

/** What sides must agree on before anything is timed: ids exactly, values nearly. */
export interface Checked {
  readonly ids?: readonly (readonly number[])[];
  readonly values?: readonly number[];
}

/** A prepared piece of work. */
export interface Workload {
  /** What a reader of the times needs to know. */
  readonly facts: Message;
  /** Does the work once; what it gives must be finite. */
  iterate(): Promise<number>;
  check(): Promise<Checked>;
  close(): Promise<void>;
}

/** Prepares a workload from the options of a setup command. */
export type Setup = (options: OptionReader) => Promise<Workload>;

/** Options of a setup command, read by name; what nobody reads is an error. */
export class OptionReader {
  private readonly unread: Set<string>;

  constructor(private readonly given: Message) {
    this.unread = new Set(Object.keys(given));
  }

  private take(name: string): unknown {
    this.unread.delete(name);
    return this.given[name];
  }

  text(name: string, fallback?: string): string {
    const value = this.take(name) ?? fallback;
    if (typeof value === 'string') return value;
    throw new Error(`${name} must be a text, got ${JSON.stringify(value)}`);
  }

  number(name: string, fallback?: number): number {
    const value = this.take(name) ?? fallback;
    if (typeof value === 'number') return value;
    throw new Error(`${name} must be a number, got ${JSON.stringify(value)}`);
  }

  numbers(name: string): readonly number[] {
    const value = this.take(name);
    if (Array.isArray(value) && value.every((item) => typeof item === 'number')) return value as number[];
    throw new Error(`${name} must be a list of numbers`);
  }

  /** Rows of numbers, of any lengths. */
  rows(name: string): readonly (readonly number[])[] {
    const value = this.take(name);
    if (Array.isArray(value) && value.every((row) => Array.isArray(row))) return value as number[][];
    throw new Error(`${name} must be a list of lists of numbers`);
  }

  /** @throws Error naming options that the workload did not ask for */
  requireAllRead(): void {
    if (this.unread.size > 0) throw new Error(`unknown options: ${[...this.unread].join(', ')}`);
  }
}

/** How many values of an output are compared. */
const SAMPLES = 512;

/** Values at equal distances, in the order of the data: the Python side picks the same ones. */
export function sampled(data: ArrayLike<number>): Checked {
  const values = Array.from(
    { length: SAMPLES },
    (_, sample) => data[Math.floor((sample * data.length) / SAMPLES)]!,
  );
  return { values };
}

/** Steps whose losses are compared. */
const CHECKED_STEPS = 3;

/** The losses of the first steps. */
export async function firstLosses(step: () => Promise<number>): Promise<Checked> {
  const values: number[] = [];
  for (let index = 0; index < CHECKED_STEPS; index++) values.push(await step());
  return { values };
}
