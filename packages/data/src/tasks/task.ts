import type { Json } from '../batching/stage.js';
import { checkChoice, checkInteger, checkOptions, checkRange, DataError, show } from '../errors.js';
import { placeOf } from '../readers/place.js';
import type {
  ExampleReader,
  ExampleSource,
  ExampleReaderOptions,
  StreamItem,
  WorkerShare,
} from './example-reader.js';
import type { DataRecord } from './record.js';
import { epochRecords, type EpochRecords, type RecordSource } from './sources.js';
import type { TextExample, TextFormat } from './text-format.js';

/** Options of `createTask`. */
export interface TaskOptions {
  /** Default: the format's name. */
  readonly name?: string;
  readonly source: RecordSource;
  readonly format: TextFormat;
  /** For proportional rates. Default: the source's length, where a record gives one example. */
  readonly numExamples?: number;
  /** Records held to shuffle a streamed source. Default 10000. */
  readonly shuffleBufferSize?: number;
}

/** How the examples of a task are read. */
export interface TaskExamplesOptions extends ExampleReaderOptions {
  /** Gives every `count`-th example only, beginning with `index`. Default: all. */
  readonly worker?: WorkerShare;
}

/** Records and the text-to-text form they are given. */
export interface Task extends ExampleSource<TextExample> {
  readonly format: TextFormat;
  /** Examples in epochs: each record once, then all again in another order. */
  examples(options: TaskExamplesOptions): AsyncGenerator<StreamItem<TextExample>>;
}

/**
 * A task of records and a format.
 * @throws DataError (unknown-option, option-value); from its readers (data-record, data-cursor, data-task-empty)
 */
export function createTask(options: TaskOptions): Task {
  checkOptions('createTask', options, ['name', 'source', 'format', 'numExamples', 'shuffleBufferSize']);
  const { format, source, name = format.name, shuffleBufferSize = 10000 } = options;
  checkInteger('createTask', 'numExamples', options.numExamples, 0);
  checkInteger('createTask', 'shuffleBufferSize', shuffleBufferSize, 1);
  const openReader = (reading: ExampleReaderOptions): ExampleReader<TextExample> => {
    checkOptions('examples', reading, ['seed', 'isShuffled', 'epochs', 'from', 'signal']);
    checkChoice('examples', 'isShuffled', reading.isShuffled, [true, false]);
    const { seed, isShuffled = true } = reading;
    const records = epochRecords(source, { seed, name, isShuffled, bufferSize: shuffleBufferSize });
    const skippable = format.isOneToOne && source.kind === 'indexed' ? source.length : 0;
    return recordReader(records, { ...reading, name, format, skippable });
  };
  return Object.freeze({
    name,
    format,
    numExamples: options.numExamples ?? (format.isOneToOne ? source.length : undefined),
    openReader,
    examples: (reading: TaskExamplesOptions) => taskExamples(name, openReader, reading),
  });
}

interface TaskStreamCursor {
  readonly position: number;
  readonly reader: Json;
}

async function* taskExamples(
  name: string,
  openReader: Task['openReader'],
  { worker, from, ...reading }: TaskExamplesOptions,
): AsyncGenerator<StreamItem<TextExample>> {
  const { index, count } = checkedWorker(worker);
  const start = from as TaskStreamCursor | undefined;
  let position = start?.position ?? 0;
  const isSound = Number.isSafeInteger(start?.position) && start?.reader !== undefined;
  if (from !== undefined && !isSound) throw cursorError(name, from);
  const reader = openReader({ ...reading, from: start?.reader });
  try {
    for (; ; position++) {
      if (position % count !== index) {
        if (!(await reader.skip())) return;
        continue;
      }
      const example = await reader.next();
      if (example === undefined) return;
      yield { example, position, cursor: { position: position + 1, reader: reader.cursor } };
    }
  } finally {
    await reader.close();
  }
}

/**
 * The worker, alone by default.
 * @throws DataError (option-value)
 */
export function checkedWorker(worker: WorkerShare = { index: 0, count: 1 }): WorkerShare {
  checkOptions('worker', worker, ['index', 'count']);
  checkInteger('worker', 'count', worker.count, 1);
  checkRange('worker', 'index', worker.index, [0, worker.count - 1]);
  checkInteger('worker', 'index', worker.index, 0);
  return worker;
}

interface RecordReaderOptions extends ExampleReaderOptions {
  readonly name: string;
  readonly format: TextFormat;
  /** Records that can be passed over unseen: all of an indexed source where each gives one example, else 0. */
  readonly skippable: number;
}

interface TaskCursor {
  readonly epoch: number;
  /** Records of the epoch that are done. */
  readonly record: number;
  /** Examples of the next record that are done. */
  readonly offset: number;
}

function recordReader(records: EpochRecords, options: RecordReaderOptions): ExampleReader<TextExample> {
  const { skippable, epochs = Infinity } = options;
  const at = { ...checkedCursor(options.from, options.name) };
  const load = exampleLoader(records, { ...options, at });
  let examples: readonly TextExample[] | undefined;
  const nextRecord = (): void => {
    [at.record, at.offset, examples] = [at.record + 1, 0, undefined];
  };
  const next = async (): Promise<TextExample | undefined> => {
    for (;;) {
      examples ??= await load();
      if (examples === undefined) return undefined;
      const example = examples[at.offset++];
      if (at.offset >= examples.length) nextRecord();
      if (example !== undefined) return example;
    }
  };
  return {
    next,
    async skip() {
      const isWithin = at.offset === 0 && at.record < skippable && at.epoch < epochs;
      if (!isWithin) return (await next()) !== undefined;
      nextRecord();
      return true;
    },
    get cursor() {
      return { ...at };
    },
    close: () => records.close(),
  };
}

interface LoaderOptions extends RecordReaderOptions {
  /** Where the reader stands; a new epoch begins it anew. */
  readonly at: { epoch: number; record: number; offset: number };
}

/** Examples of the record that the reader stands at; undefined behind the last epoch. */
function exampleLoader(
  records: EpochRecords,
  { at, name, format, skippable, epochs = Infinity, signal }: LoaderOptions,
): () => Promise<readonly TextExample[] | undefined> {
  let isEmptyEpoch = at.record === 0 && at.offset === 0;
  return async () => {
    while (at.epoch < epochs) {
      signal?.throwIfAborted();
      const record = await records.at(at.epoch, at.record);
      if (record !== undefined) {
        const examples = format.examples(record, placeName(record, at.record));
        if (examples.length > 0) isEmptyEpoch = false;
        return examples;
      }
      if (isEmptyEpoch && skippable === 0) throw emptyTask(name); // records passed over are not seen here
      [at.epoch, at.record, at.offset, isEmptyEpoch] = [at.epoch + 1, 0, 0, true];
    }
    return undefined;
  };
}

function placeName(record: DataRecord, number: number): string {
  const place = placeOf(record);
  if (place === undefined) return `record ${number} of the epoch`;
  return place.line === undefined ? place.file : `${place.file}: line ${place.line}`;
}

function checkedCursor(from: Json | undefined, name: string): TaskCursor {
  if (from === undefined) return { epoch: 0, record: 0, offset: 0 };
  const cursor = from as unknown as TaskCursor;
  const parts = [cursor?.epoch, cursor?.record, cursor?.offset];
  if (parts.every((part) => Number.isSafeInteger(part) && part >= 0)) return cursor;
  throw cursorError(name, from);
}

/** The error for a cursor of something else. */
export function cursorError(name: string, from: unknown): DataError {
  return new DataError({
    op: 'examples',
    file: name,
    field: 'from',
    problem: `${typeof from === 'object' ? JSON.stringify(from).slice(0, 80) : show(from)} is no cursor of ${name}`,
    page: 'data-cursor',
    remedy: 'pass the `cursor` of an item of the same task or mixture, as it was saved.',
  });
}

function emptyTask(name: string): DataError {
  return new DataError({
    op: 'examples',
    file: name,
    problem: 'a whole epoch gave no example',
    page: 'data-task-empty',
    remedy:
      'an empty file, or records that the format leaves out (all answers unfound, no correct referent).',
  });
}
