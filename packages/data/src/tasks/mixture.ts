import type { Json } from '../batching/stage.js';
import { checkOptions, DataError } from '../errors.js';
import { createRandom, restoreRandom } from '../random/random.js';
import type { ExampleReader, ExampleSource, StreamItem, WorkerShare } from './example-reader.js';
import { rateOf, type Rate } from './rates.js';
import { checkedWorker, cursorError } from './task.js';

/** A part of a mixture. */
export interface MixturePart<E> {
  readonly of: ExampleSource<E> | Mixture<E>;
  /** Default: the mixture's `defaultRate`. */
  readonly rate?: Rate;
}

/** Options of `createMixture`. */
export interface MixtureOptions<E> {
  readonly name: string;
  readonly parts: readonly MixturePart<E>[];
  /** For parts without a rate. Default 1: all alike. */
  readonly defaultRate?: Rate;
}

/** Where a mixture's stream stands; plain JSON. */
export interface MixtureCursor {
  readonly mixture: string;
  readonly position: number;
  /** Cursors of the tasks that were read from. */
  readonly tasks: Readonly<Record<string, Json>>;
}

/** An example of a mixture. */
export interface MixtureItem<E> extends StreamItem<E, MixtureCursor> {
  readonly task: string;
}

/** How a mixture's examples are read. */
export interface MixtureExamplesOptions {
  readonly seed: number;
  /** Where to go on. Default: at the beginning. */
  readonly from?: MixtureCursor;
  /** Gives every `count`-th example only, beginning with `index`. Default: all. */
  readonly worker?: WorkerShare;
  readonly signal?: AbortSignal;
}

/** Several tasks, each taken as often as its rate says. */
export interface Mixture<E> {
  readonly name: string;
  readonly sources: readonly ExampleSource<E>[];
  /** Rate of each task; those of nested mixtures are shared out. */
  readonly rates: Readonly<Record<string, number>>;
  /**
   * Examples without end. Which task comes when depends on seed and position alone; within a task every
   * record comes once an epoch. The stream is the same from any cursor and for any number of workers: worker i of n
   * gives the positions i, i + n, i + 2n, …
   */
  examples(options: MixtureExamplesOptions): AsyncGenerator<MixtureItem<E>>;
}

/**
 * A mixture of tasks and mixtures. A task that occurs twice gets the sum of its rates.
 * @throws DataError (unknown-option, data-mixture); from `examples` (data-cursor) and what its tasks throw
 */
export function createMixture<E>(options: MixtureOptions<E>): Mixture<E> {
  checkOptions('createMixture', options, ['name', 'parts', 'defaultRate']);
  const { name, parts, defaultRate = 1 } = options;
  const sources = new Map<string, ExampleSource<E>>();
  const rates: Record<string, number> = {};
  for (const { of, rate = defaultRate } of parts) {
    for (const { source, share, rate: given } of flatten(of, rate)) {
      const known = sources.get(source.name);
      if (known !== undefined && known !== source) {
        throw mixtureError(name, `two tasks are called "${source.name}"`);
      }
      sources.set(source.name, source);
      rates[source.name] = (rates[source.name] ?? 0) + given * share;
    }
  }
  if (Object.values(rates).every((rate) => rate === 0)) throw mixtureError(name, 'all rates are 0');
  const mixture = { name, rates: Object.freeze(rates), sources: [...sources.values()] };
  return Object.freeze({
    ...mixture,
    examples: (reading: MixtureExamplesOptions) => mixtureExamples(mixture, reading),
  });
}

interface FlatPart<E> {
  readonly source: ExampleSource<E>;
  readonly rate: number;
  /** Of the rate of the mixture it was in. */
  readonly share: number;
}

function flatten<E>(of: ExampleSource<E> | Mixture<E>, rate: Rate): readonly FlatPart<E>[] {
  if (!('sources' in of)) return [{ source: of, rate: rateOf(rate, of), share: 1 }];
  const total = Object.values(of.rates).reduce((sum, one) => sum + one, 0);
  const numExamples = of.sources.reduce<number | undefined>(
    (sum, source) =>
      sum === undefined || source.numExamples === undefined ? undefined : sum + source.numExamples,
    0,
  );
  const given = rateOf(rate, { name: of.name, numExamples });
  return of.sources.map((source) => ({ source, rate: given, share: of.rates[source.name]! / total }));
}

type MixtureParts<E> = Omit<Mixture<E>, 'examples'>;

async function* mixtureExamples<E>(
  mixture: MixtureParts<E>,
  options: MixtureExamplesOptions,
): AsyncGenerator<MixtureItem<E>> {
  checkOptions('examples', options, ['seed', 'from', 'worker', 'signal']);
  const { seed, worker, signal } = options;
  const { index, count } = checkedWorker(worker);
  const start = checkedCursor(options.from, mixture);
  const choose = taskChooser(mixture, { seed, position: start.position });
  const readers = new Map<string, ExampleReader<E>>();
  const readerOf = (source: ExampleSource<E>): ExampleReader<E> => {
    const known = readers.get(source.name);
    if (known !== undefined) return known;
    const reader = source.openReader({ seed, signal, from: start.tasks[source.name] });
    readers.set(source.name, reader);
    return reader;
  };
  let tasks = start.tasks;
  try {
    for (let position = start.position; ; position++) {
      signal?.throwIfAborted();
      const source = choose();
      const reader = readerOf(source);
      if (position % count !== index) {
        if (!(await reader.skip())) throw mixtureError(mixture.name, `"${source.name}" ended`);
        tasks = { ...tasks, [source.name]: reader.cursor };
        continue;
      }
      const example = await reader.next();
      if (example === undefined) throw mixtureError(mixture.name, `"${source.name}" ended`);
      tasks = { ...tasks, [source.name]: reader.cursor };
      const cursor = { mixture: mixture.name, position: position + 1, tasks };
      yield { example, task: source.name, position, cursor };
    }
  } finally {
    await Promise.all([...readers.values()].map((reader) => reader.close()));
  }
}

/** Draws tasks by their rates, position after position. */
function taskChooser<E>(
  { name, sources, rates }: MixtureParts<E>,
  { seed, position }: { readonly seed: number; readonly position: number },
): () => ExampleSource<E> {
  const taken = sources.filter((source) => rates[source.name]! > 0);
  const limits: number[] = [];
  for (const source of taken) limits.push((limits.at(-1) ?? 0) + rates[source.name]!);
  const { key } = createRandom(seed, ['mixture', name]).state;
  const random = restoreRandom({ key, position: 2 * position }); // a draw takes two words
  return () => {
    const drawn = random.uniform() * limits.at(-1)!;
    const at = limits.findIndex((limit) => drawn < limit);
    return taken[at < 0 ? taken.length - 1 : at]!;
  };
}

function checkedCursor<E>(from: MixtureCursor | undefined, { name }: MixtureParts<E>): MixtureCursor {
  if (from === undefined) return { mixture: name, position: 0, tasks: {} };
  const isSound = from?.mixture === name && Number.isSafeInteger(from.position) && from.position >= 0;
  if (isSound && typeof from.tasks === 'object' && from.tasks !== null) return from;
  throw cursorError(name, from);
}

function mixtureError(name: string, problem: string): DataError {
  return new DataError({
    op: 'createMixture',
    file: name,
    problem,
    page: 'data-mixture',
    remedy: 'a mixture has parts with names of their own, not all of rate 0, and reads without end.',
  });
}
