import { hostTensor } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';

const LEAST_ID = 5;
const SPAN = 20_000;
const MODULUS = 1_000_003;

/** The same ids on every side of a comparison: number p of all of them is 5 + (7919·p mod 20000). i32[batch, length] */
export function fixedIds(batch: number, length: number): HostTensor {
  const data = Int32Array.from({ length: batch * length }, (_, at) => LEAST_ID + ((7919 * at) % SPAN));
  return hostTensor('i32', [batch, length], data);
}

/** Of generated ids, start token left out: Σ id·(place + 1) mod 1,000,003, rows one after another. */
export function checksumOf(rows: Iterable<ArrayLike<number | bigint>>): number {
  let [total, place] = [0, 0];
  for (const row of rows) {
    for (let at = 0; at < row.length; at++) total = (total + Number(row[at]) * ++place) % MODULUS;
  }
  return total;
}

/** Mean magnitude. */
export function meanMagnitude(data: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < data.length; at++) sum += Math.abs(data[at]!);
  return sum / data.length;
}
