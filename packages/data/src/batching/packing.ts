import { checkInteger, checkOptions, DataError, optionError } from '../errors.js';
import { shiftRight, type BatchArray } from './padding.js';
import { fromJson, toJson, type Json, type Stage } from './stage.js';

/** Features of one example, by name: inputs and targets of T5. */
export type FeatureIds = Readonly<Record<string, Int32Array>>;

/** A row that holds several examples one behind the other, feature by feature. */
export interface PackedRow {
  /** Examples in the row, in the order they came. */
  readonly examples: readonly FeatureIds[];
}

/** How examples are packed. */
export interface PackingOptions {
  /** Length of a row for each feature: `{ inputs: 512, targets: 114 }`. */
  readonly lengths: Readonly<Record<string, number>>;
  /** Rows that wait for more at a time; more of them leave less padding. Default 16. */
  readonly openRows?: number;
  /** State to go on from. */
  readonly from?: Json;
}

interface PackingState {
  readonly open: FeatureIds[][];
  readonly ready: PackedRow[];
}

/**
 * Packs examples into rows: each goes into the first open row that has room in every feature. When none has,
 * the oldest row is closed. Examples are never cut or parted.
 * @throws DataError (unknown-option, option-value); from `push` (data-row-length) for an example beyond the lengths
 */
export function createPacker(options: PackingOptions): Stage<FeatureIds, PackedRow> {
  checkOptions('createPacker', options, ['lengths', 'openRows', 'from']);
  const { lengths, openRows = 16, from } = options;
  if (Object.keys(lengths).length === 0) throw optionError('createPacker', 'lengths', 'lengths is empty');
  Object.entries(lengths).forEach(([name, length]) => checkInteger('createPacker', name, length, 1));
  checkInteger('createPacker', 'openRows', openRows, 1);
  const { open, ready }: PackingState =
    from === undefined ? { open: [], ready: [] } : (fromJson(from) as PackingState);
  const close = (row: number): void => void ready.push({ examples: open.splice(row, 1)[0]! });
  return {
    push(example) {
      checkExample(example, lengths);
      let row = open.findIndex((examples) => fits(examples, example, lengths));
      if (row < 0) {
        if (open.length >= openRows) close(0);
        row = open.push([]) - 1;
      }
      open[row]!.push(example);
      if (isFull(open[row]!, lengths)) close(row);
    },
    finish() {
      while (open.length > 0) close(0);
    },
    take: () => ready.shift(),
    get state() {
      return toJson({ open, ready });
    },
  };
}

type Lengths = PackingOptions['lengths'];

function usedBy(examples: readonly FeatureIds[], feature: string): number {
  return examples.reduce((sum, example) => sum + example[feature]!.length, 0);
}

function fits(examples: readonly FeatureIds[], example: FeatureIds, lengths: Lengths): boolean {
  return Object.entries(lengths).every(
    ([feature, length]) => usedBy(examples, feature) + example[feature]!.length <= length,
  );
}

/** True when some feature has no room left: only an example that lacks it could still come. */
function isFull(examples: readonly FeatureIds[], lengths: Lengths): boolean {
  return Object.entries(lengths).some(([feature, length]) => usedBy(examples, feature) >= length);
}

function checkExample(example: FeatureIds, lengths: Lengths): void {
  for (const [feature, length] of Object.entries(lengths)) {
    const got = example[feature]?.length;
    if (got !== undefined && got <= length) continue;
    throw new DataError({
      op: 'createPacker',
      field: feature,
      problem: got === undefined ? 'an example lacks it' : `an example has ${got} ids, a row ${length}`,
      page: 'data-row-length',
      remedy: 'cut examples before they are packed: trimAndAppendEos keeps EOS at the end.',
    });
  }
}

/** A batch of packed rows: ids, the number of the segment each belongs to (0 is padding), its place in it. */
export interface PackedFeature {
  readonly ids: BatchArray<'i32'>; // [batch, length]
  readonly segmentIds: BatchArray<'i32'>; // [batch, length]
  readonly positions: BatchArray<'i32'>; // [batch, length]
}

/** One feature of packed rows as arrays. Segments count from 1. */
export function packedFeature(
  rows: readonly PackedRow[],
  options: { readonly feature: string; readonly length: number; readonly padId: number },
): PackedFeature {
  checkOptions('packedFeature', options, ['feature', 'length', 'padId']);
  const { feature, length, padId } = options;
  const array = (fill: number): BatchArray<'i32'> => ({
    dtype: 'i32',
    shape: [rows.length, length],
    data: new Int32Array(rows.length * length).fill(fill),
  });
  const [ids, segmentIds, positions] = [array(padId), array(0), array(0)];
  rows.forEach(({ examples }, row) => {
    let at = row * length;
    examples.forEach((example, segment) => {
      const values = example[feature]!;
      ids.data.set(values, at);
      segmentIds.data.fill(segment + 1, at, at + values.length);
      for (let place = 0; place < values.length; place++) positions.data[at + place] = place;
      at += values.length;
    });
  });
  return { ids, segmentIds, positions };
}

/** A packed batch of T5. */
export interface PackedSeq2SeqBatch {
  readonly inputIds: BatchArray<'i32'>; // [batch, srcLen]
  readonly inputSegmentIds: BatchArray<'i32'>;
  readonly inputPositions: BatchArray<'i32'>;
  /** Targets; -100 at padding. */
  readonly labels: BatchArray<'i32'>; // [batch, tgtLen]
  /** Targets moved right within each segment, which begins with `startId`. */
  readonly decoderInputIds: BatchArray<'i32'>;
  readonly targetSegmentIds: BatchArray<'i32'>;
  readonly targetPositions: BatchArray<'i32'>;
}

/** Rows packed with `inputs` and `targets` as one batch. */
export function packedSeq2SeqBatch(
  rows: readonly PackedRow[],
  options: {
    readonly inputsLength: number;
    readonly targetsLength: number;
    readonly padId: number;
    /** Default `padId`. */
    readonly startId?: number;
  },
): PackedSeq2SeqBatch {
  checkOptions('packedSeq2SeqBatch', options, ['inputsLength', 'targetsLength', 'padId', 'startId']);
  const { inputsLength, targetsLength, padId, startId = padId } = options;
  const inputs = packedFeature(rows, { feature: 'inputs', length: inputsLength, padId });
  const targets = packedFeature(rows, { feature: 'targets', length: targetsLength, padId: -100 });
  return {
    inputIds: inputs.ids,
    inputSegmentIds: inputs.segmentIds,
    inputPositions: inputs.positions,
    labels: targets.ids,
    decoderInputIds: shiftRight(targets.ids, { startId, padId, segmentIds: targets.segmentIds }),
    targetSegmentIds: targets.segmentIds,
    targetPositions: targets.positions,
  };
}

/** 1 where a query may see a key: both in the same segment, neither padding. bool[batch, qLen, kvLen] */
export function segmentMask(query: BatchArray<'i32'>, key: BatchArray<'i32'>): BatchArray<'bool'> {
  const [batch, qLen, kvLen] = [query.shape[0]!, query.shape[1]!, key.shape[1]!];
  const data = new Uint8Array(batch * qLen * kvLen);
  for (let row = 0; row < batch * qLen; row++) {
    const segment = query.data[row]!;
    const keys = Math.floor(row / qLen) * kvLen;
    if (segment === 0) continue;
    for (let at = 0; at < kvLen; at++) data[row * kvLen + at] = key.data[keys + at] === segment ? 1 : 0;
  }
  return { dtype: 'bool', shape: [batch, qLen, kvLen], data };
}
