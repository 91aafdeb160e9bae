import type { HostTensor } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';

type Rows = readonly (readonly number[])[];

/** Rows of one length as a tensor, i32[rows, columns]. */
export function idTensor(rows: Rows): HostTensor {
  const width = rows[0]?.length ?? 0;
  if (rows.some(({ length }) => length !== width)) throw new Error('rows have different lengths');
  return hostTensor('i32', [rows.length, width], Int32Array.from(rows.flat()));
}

/** 1 everywhere, i32[rows, columns]: nothing is padding. */
export function fullMask(rows: Rows): HostTensor {
  return hostTensor('i32', [rows.length, rows[0]!.length], new Int32Array(rows.flat().length).fill(1));
}
