import { DataError, show } from '../errors.js';

/** Plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A step that gathers items and gives something else now and then: batches, packed rows. Its state is plain JSON:
 * with it and the source's cursor a stream resumes where it was.
 */
export interface Stage<In, Out> {
  /** Takes an item in; what becomes ready is fetched with `take`. */
  push(item: In): void;
  /** Declares the end: what is left becomes ready. */
  finish(): void;
  /** The next ready output. */
  take(): Out | undefined;
  readonly state: Json;
}

/** Runs a source through a stage. The stage's `state` after each output belongs to the items read so far. */
export async function* throughStage<In, Out>(
  source: AsyncIterable<In> | Iterable<In>,
  stage: Stage<In, Out>,
): AsyncGenerator<Out> {
  const drain = function* (): Generator<Out> {
    for (let ready = stage.take(); ready !== undefined; ready = stage.take()) yield ready;
  };
  yield* drain(); // a restored stage may have outputs of before
  for await (const item of source) {
    stage.push(item);
    yield* drain();
  }
  stage.finish();
  yield* drain();
}

const arrayTypes = { Int32Array, Uint8Array, Float32Array } as const;

/**
 * A value as plain JSON, typed arrays included: `{ "Int32Array": [1, 2] }`.
 * @throws DataError (data-state) for what has no such form
 */
export function toJson(value: unknown): Json {
  if (value === null || ['string', 'boolean'].includes(typeof value)) return value as Json;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map(toJson);
  for (const [name, type] of Object.entries(arrayTypes)) {
    if (value instanceof type) return { [name]: Array.from(value) };
  }
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const members = Object.entries(value!).filter(([, member]) => member !== undefined);
    return Object.fromEntries(members.map(([key, member]) => [key, toJson(member)]));
  }
  throw new DataError({
    op: 'toJson',
    problem: `${show(value)} cannot be saved as JSON`,
    page: 'data-state',
    remedy: 'items of a resumable stage are plain objects of numbers, texts and typed arrays.',
  });
}

/** The value that `toJson` wrote. */
export function fromJson(json: Json): unknown {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const entries = Object.entries(json);
  const [name, values] = entries[0] ?? [];
  if (entries.length === 1 && name! in arrayTypes && Array.isArray(values)) {
    return arrayTypes[name as keyof typeof arrayTypes].from(values as readonly number[]);
  }
  return Object.fromEntries(entries.map(([key, member]) => [key, fromJson(member)]));
}
