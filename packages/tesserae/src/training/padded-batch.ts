import { IGNORE_INDEX } from '@tesserae/nn';
import type { HostTensor } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';
import type { BatchInputs } from './task.js';

/** i32[rows, length]: rows with a filler behind each. */
export function paddedRows(
  rows: readonly ArrayLike<number>[],
  { length, filler }: { readonly length: number; readonly filler: number },
): HostTensor {
  const data = new Int32Array(rows.length * length).fill(filler);
  rows.forEach((row, index) => data.set(row, index * length));
  return hostTensor('i32', [rows.length, length], data);
}

/** What an encoder reads of each text. */
export interface EncoderRow {
  readonly inputIds: ArrayLike<number>;
  /** Segment of each token; absent for models without segments. */
  readonly typeIds?: ArrayLike<number>;
}

/** `input_ids`, `attention_mask` and, for models that have it, `token_type_ids`, each i32[batch, length]. */
export function encoderInputs(
  rows: readonly EncoderRow[],
  { length, padId }: { readonly length: number; readonly padId: number },
): BatchInputs {
  const ones = rows.map(({ inputIds }) => new Int32Array(inputIds.length).fill(1));
  const hasTypes = rows.every(({ typeIds }) => typeIds !== undefined);
  return {
    input_ids: paddedRows(
      rows.map(({ inputIds }) => inputIds),
      { length, filler: padId },
    ),
    attention_mask: paddedRows(ones, { length, filler: 0 }),
    ...(hasTypes
      ? {
          token_type_ids: paddedRows(
            rows.map(({ typeIds }) => typeIds!),
            { length, filler: 0 },
          ),
        }
      : {}),
  };
}

/** Axes of what `encoderInputs` makes. */
export const ENCODER_AXES = {
  input_ids: ['batch', 'seqLen'],
  attention_mask: ['batch', 'seqLen'],
  token_type_ids: ['batch', 'seqLen'],
} as const;

/** Labels of tokens, i32[batch, length], ignored at padding. */
export function tokenLabels(rows: readonly ArrayLike<number>[], length: number): HostTensor {
  return paddedRows(rows, { length, filler: IGNORE_INDEX });
}

/** i32[batch] */
export function integers(values: readonly number[]): HostTensor {
  return hostTensor('i32', [values.length], values);
}

/** One row of a tensor [batch, ...], as numbers. */
export function rowOf({ data, shape }: HostTensor, at: number): Float32Array | Int32Array {
  const size = data.length / shape[0]!;
  return data.slice(at * size, (at + 1) * size) as Float32Array | Int32Array;
}
