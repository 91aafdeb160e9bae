import { checkChoice, checkInteger, checkOptions, DataError } from '../errors.js';

/** A batch array on the host; the shape of a HostTensor of `@tesserae/tensor`. */
export interface BatchArray<D extends 'i32' | 'bool' | 'f32' = 'i32' | 'bool' | 'f32'> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: D extends 'i32' ? Int32Array : D extends 'bool' ? Uint8Array : Float32Array;
}

/** Label of positions that do not count. */
const ignoredLabel = -100;

/** How rows are brought to one length. */
export interface PadOptions {
  /** What fills up. Default 0. */
  readonly value?: number;
  /** The length, or 'longest' for that of the longest row. Default 'longest'. */
  readonly length?: number | 'longest';
  /** Rounds the length up to a multiple of this. Default 1. */
  readonly multipleOf?: number;
  /** Where padding goes. Default 'right'. */
  readonly side?: 'right' | 'left';
}

const padNames = ['value', 'length', 'multipleOf', 'side'];

/**
 * Rows of one length: i32[batch, seqLen].
 * @throws DataError (data-row-length) when a row is longer than a fixed length
 */
export function padRows(rows: readonly ArrayLike<number>[], options: PadOptions = {}): BatchArray<'i32'> {
  const { seqLen, side } = layoutOf(rows, options);
  const data = new Int32Array(rows.length * seqLen).fill(options.value ?? 0);
  rows.forEach((row, index) => data.set(row, startOf(row, index, { seqLen, side })));
  return { dtype: 'i32', shape: [rows.length, seqLen], data };
}

/** 1 where `padRows` puts an element of a row, 0 at padding: bool[batch, seqLen]. */
export function rowMask(rows: readonly ArrayLike<number>[], options: PadOptions = {}): BatchArray<'bool'> {
  const { seqLen, side } = layoutOf(rows, options);
  const data = new Uint8Array(rows.length * seqLen);
  rows.forEach((row, index) => {
    const start = startOf(row, index, { seqLen, side });
    data.fill(1, start, start + row.length);
  });
  return { dtype: 'bool', shape: [rows.length, seqLen], data };
}

interface Layout {
  readonly seqLen: number;
  readonly side: 'right' | 'left';
}

function layoutOf(rows: readonly ArrayLike<number>[], options: PadOptions): Layout {
  checkOptions('padRows', options, padNames);
  const { length = 'longest', multipleOf = 1, side = 'right' } = options;
  checkInteger('padRows', 'multipleOf', multipleOf, 1);
  checkChoice('padRows', 'side', side, ['right', 'left']);
  if (length !== 'longest') checkInteger('padRows', 'length', length, 1);
  const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const wanted = length === 'longest' ? longest : length;
  if (longest > wanted) {
    throw new DataError({
      op: 'padRows',
      field: 'length',
      problem: `a row has ${longest} elements, more than the length ${wanted}`,
      page: 'data-row-length',
      remedy: "cut the examples before (trimAndAppendEos, maxLength), or pad to the 'longest'.",
    });
  }
  return { seqLen: Math.ceil(wanted / multipleOf) * multipleOf, side };
}

function startOf(row: ArrayLike<number>, index: number, { seqLen, side }: Layout): number {
  return index * seqLen + (side === 'left' ? seqLen - row.length : 0);
}

/**
 * Decoder inputs of labels: each row moved right by one behind `startId`; ignored labels become `padId`.
 * With `segmentIds` every packed segment begins with `startId`.
 */
export function shiftRight(
  labels: BatchArray<'i32'>,
  options: { readonly startId: number; readonly padId: number; readonly segmentIds?: BatchArray<'i32'> },
): BatchArray<'i32'> {
  checkOptions('shiftRight', options, ['startId', 'padId', 'segmentIds']);
  const { startId, padId, segmentIds } = options;
  const seqLen = labels.shape.at(-1)!;
  const data = labels.data.map((_, index) => {
    const isFirst = index % seqLen === 0;
    const begins = segmentIds !== undefined && segmentIds.data[index] !== segmentIds.data[index - 1];
    if (isFirst || begins) return segmentIds?.data[index] === 0 ? padId : startId;
    const before = labels.data[index - 1]!;
    return before === ignoredLabel ? padId : before;
  });
  return { ...labels, data };
}

/** Padding of a batch for a model. */
export interface BatchPadding extends Pick<PadOptions, 'length' | 'multipleOf' | 'side'> {
  readonly padId: number;
}

/** One input of an encoder with, perhaps, a label or one for each token. */
export interface EncoderExample {
  readonly inputIds: Int32Array;
  readonly typeIds?: Int32Array;
  /** One a token, -100 where none counts. */
  readonly labels?: Int32Array;
  /** One for the example: a class or, with `isRegression`, a score. */
  readonly label?: number;
}

/** A batch of an encoder. */
export interface EncoderBatch {
  readonly inputIds: BatchArray<'i32'>; // [batch, seqLen]
  readonly attentionMask: BatchArray<'bool'>; // [batch, seqLen]
  readonly tokenTypeIds: BatchArray<'i32'>; // [batch, seqLen]
  /** [batch, seqLen] for labels of tokens, [batch] for labels of examples; absent when examples have none. */
  readonly labels?: BatchArray<'i32' | 'f32'>;
}

/**
 * Pads encoder inputs into one batch; labels of tokens are padded with -100.
 * @throws DataError (data-row-length, data-batch-labels)
 */
export function encoderBatch(
  examples: readonly EncoderExample[],
  { padId, isRegression = false, ...options }: BatchPadding & { readonly isRegression?: boolean },
): EncoderBatch {
  const rows = examples.map(({ inputIds }) => inputIds);
  const types = examples.map(({ inputIds, typeIds }) => typeIds ?? new Int32Array(inputIds.length));
  const labels = labelsOf(examples, { ...options, isRegression });
  return {
    inputIds: padRows(rows, { ...options, value: padId }),
    attentionMask: rowMask(rows, options),
    tokenTypeIds: padRows(types, options),
    ...(labels === undefined ? {} : { labels }),
  };
}

function labelsOf(
  examples: readonly EncoderExample[],
  { isRegression, ...options }: PadOptions & { readonly isRegression: boolean },
): BatchArray<'i32' | 'f32'> | undefined {
  const ofTokens = examples.filter(({ labels }) => labels !== undefined).map(({ labels }) => labels!);
  const ofTexts = examples.filter(({ label }) => label !== undefined).map(({ label }) => label!);
  if (ofTokens.length + ofTexts.length === 0) return undefined;
  if (ofTokens.length === examples.length) return padRows(ofTokens, { ...options, value: ignoredLabel });
  if (ofTexts.length === examples.length) {
    const shape = [examples.length];
    if (isRegression) return { dtype: 'f32', shape, data: Float32Array.from(ofTexts) };
    const score = ofTexts.find((label) => !Number.isInteger(label));
    if (score !== undefined) throw labelError(`the label ${score} is no class number`);
    return { dtype: 'i32', shape, data: Int32Array.from(ofTexts) };
  }
  throw labelError(`of ${examples.length} examples ${ofTokens.length + ofTexts.length} have labels`);
}

function labelError(problem: string): DataError {
  return new DataError({
    op: 'encoderBatch',
    problem,
    page: 'data-batch-labels',
    remedy: 'all examples have labels of one kind, or none has; scores need `isRegression: true`.',
  });
}

/** A batch of an encoder and decoder. */
export interface Seq2SeqBatch {
  readonly inputIds: BatchArray<'i32'>; // [batch, srcLen]
  readonly attentionMask: BatchArray<'bool'>; // [batch, srcLen]
  /** Targets; -100 at padding. */
  readonly labels: BatchArray<'i32'>; // [batch, tgtLen]
  readonly decoderInputIds: BatchArray<'i32'>; // [batch, tgtLen]
}

/** How examples become a batch. */
export interface Seq2SeqBatchOptions {
  readonly padId: number;
  /** First decoder input. Default `padId`, as T5. */
  readonly startId?: number;
  readonly inputs?: Pick<PadOptions, 'length' | 'multipleOf'>;
  readonly targets?: Pick<PadOptions, 'length' | 'multipleOf'>;
}

/**
 * Pads inputs and targets; decoder inputs are the targets moved right.
 * @throws DataError (data-row-length, unknown-option)
 */
export function seq2seqBatch(
  examples: readonly { readonly inputs: Int32Array; readonly targets: Int32Array }[],
  options: Seq2SeqBatchOptions,
): Seq2SeqBatch {
  checkOptions('seq2seqBatch', options, ['padId', 'startId', 'inputs', 'targets']);
  const { padId, startId = padId, inputs = {}, targets = {} } = options;
  const sources = examples.map((example) => example.inputs);
  const rows = examples.map((example) => example.targets);
  const labels = padRows(rows, { ...targets, value: ignoredLabel });
  return {
    inputIds: padRows(sources, { ...inputs, value: padId }),
    attentionMask: rowMask(sources, inputs),
    labels,
    decoderInputIds: shiftRight(labels, { startId, padId }),
  };
}
