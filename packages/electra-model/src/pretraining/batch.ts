import type { HostTensor } from '@tesserae/tensor';
import { OptionError, ShapeError, checkOptions, hostTensor } from '@tesserae/tensor';
import type { PretrainingBatch } from './masking.js';

/** One text of a batch; its masking is what `maskTokens` of the data package gives. */
export interface PretrainingRow {
  /** The original text, special tokens included, not padded. */
  readonly inputIds: Int32Array;
  readonly typeIds?: Int32Array;
  readonly masked?: {
    readonly inputIds: Int32Array;
    /** Distinct, ascending. */
    readonly positions: Int32Array;
  };
}

/** Sizes of a batch. */
export interface PretrainingBatchOptions {
  /** Tokens a row is padded to. */
  readonly seqLen: number;
  readonly padId: number;
  /** Slots for chosen positions; needed when rows are masked. */
  readonly maxPredictions?: number;
}

/**
 * Texts as one padded batch; with masks when every row has one, else the graph draws them.
 * @throws ShapeError when a row is too long or has too many positions · OptionError when only some rows are masked
 */
export function pretrainingBatch(
  rows: readonly PretrainingRow[],
  options: PretrainingBatchOptions,
): PretrainingBatch<HostTensor> {
  checkOptions('pretrainingBatch', options, ['seqLen', 'padId', 'maxPredictions']);
  const { seqLen, padId, maxPredictions = 0 } = options;
  const ids = (pick: (row: PretrainingRow) => Int32Array, filler: number): HostTensor => {
    const data = new Int32Array(rows.length * seqLen).fill(filler);
    rows.forEach((row, index) => data.set(fitting(pick(row), seqLen, 'tokens'), index * seqLen));
    return hostTensor('i32', [rows.length, seqLen], data);
  };
  const base = {
    inputIds: ids((row) => row.inputIds, padId),
    attentionMask: ids((row) => new Int32Array(row.inputIds.length).fill(1), 0),
    tokenTypeIds: ids((row) => row.typeIds ?? new Int32Array(0), 0),
  };
  const numMasked = rows.filter(({ masked }) => masked !== undefined).length;
  if (numMasked === 0) return base;
  if (numMasked < rows.length || maxPredictions < 1) throw unfit(numMasked, rows.length, maxPredictions);
  return {
    ...base,
    maskedInputIds: ids((row) => row.masked!.inputIds, padId),
    ...slots(rows, maxPredictions),
  };
}

function slots(
  rows: readonly PretrainingRow[],
  maxPredictions: number,
): Required<Pick<PretrainingBatch<HostTensor>, 'maskedPositions' | 'maskedWeights'>> {
  const positions = new Int32Array(rows.length * maxPredictions);
  const weights = new Float32Array(rows.length * maxPredictions);
  rows.forEach(({ masked }, row) => {
    const chosen = fitting(masked!.positions, maxPredictions, 'chosen positions');
    positions.set(chosen, row * maxPredictions);
    weights.fill(1, row * maxPredictions, row * maxPredictions + chosen.length);
  });
  const shape = [rows.length, maxPredictions];
  return {
    maskedPositions: hostTensor('i32', shape, positions),
    maskedWeights: hostTensor('f32', shape, weights),
  };
}

function fitting(values: Int32Array, most: number, what: string): Int32Array {
  if (values.length <= most) return values;
  throw new ShapeError({
    op: 'pretrainingBatch',
    problem: `a row has ${values.length} ${what}, room is for ${most}`,
    likely: 'Make examples no longer than seqLen, and pass maxPredictions to maskTokens too.',
    page: 'text-length',
    got: values.length,
    needed: most,
  });
}

function unfit(numMasked: number, numRows: number, maxPredictions: number): OptionError {
  return new OptionError({
    op: 'pretrainingBatch',
    problem: `${numMasked} of ${numRows} rows are masked, with maxPredictions ${maxPredictions}`,
    likely: 'Mask all rows and say maxPredictions, or mask none and let the graph draw masks.',
    page: 'pretraining-batch',
  });
}
