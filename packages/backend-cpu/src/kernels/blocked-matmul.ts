import type { Matrix, ProductSizes } from './matrix.js';
import { YIELD_EVERY } from './matrix.js';

/** Rows and columns of a register tile: 16 sums stay in registers while k runs. */
const TILE = 4;

/**
 * The product in 4 × 4 tiles over packed panels: every element read is used four times, and read in order.
 * Sums accumulate in double in the order of k, so the result equals the plain product's.
 */
export function* blockedProduct(
  { m, k, n }: ProductSizes,
  [a, b, out]: readonly [Matrix, Matrix, Matrix],
): Generator<void> {
  const rows = packRows(a, { count: m, k });
  const columns = packRows({ ...b, rowStep: b.columnStep, columnStep: b.rowStep }, { count: n, k });
  const tile = new Float64Array(TILE * TILE);
  let budget = YIELD_EVERY;
  for (let row = 0; row < m; row += TILE) {
    for (let column = 0; column < n; column += TILE) {
      multiplyTile(tile, { left: rows, atLeft: row * k, right: columns, atRight: column * k, k });
      storeTile(tile, out, { row, column, m, n });
    }
    budget -= TILE * n * k;
    if (budget > 0) continue;
    budget = YIELD_EVERY;
    yield;
  }
}

/** Lays out `count` rows in groups of four, element k of all four side by side; missing rows are 0. */
function packRows(
  source: Matrix,
  { count, k }: { readonly count: number; readonly k: number },
): Float64Array {
  const { data, offset, rowStep, columnStep } = source;
  const packed = new Float64Array(Math.ceil(count / TILE) * TILE * k);
  for (let row = 0; row < count; row++) {
    const lane = row % TILE;
    const base = (row - lane) * k + lane;
    const start = offset + row * rowStep;
    for (let index = 0; index < k; index++) packed[base + index * TILE] = data[start + index * columnStep]!;
  }
  return packed;
}

interface TileOperands {
  readonly left: Float64Array;
  readonly atLeft: number;
  readonly right: Float64Array;
  readonly atRight: number;
  readonly k: number;
}

// prettier-ignore
function multiplyTile(tile: Float64Array, { left, atLeft, right, atRight, k }: TileOperands): void {
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
  for (let i = atLeft, j = atRight, end = atLeft + k * TILE; i < end; i += TILE, j += TILE) {
    const a0 = left[i]!, a1 = left[i + 1]!, a2 = left[i + 2]!, a3 = left[i + 3]!;
    const b0 = right[j]!, b1 = right[j + 1]!, b2 = right[j + 2]!, b3 = right[j + 3]!;
    s00 += a0 * b0; s01 += a0 * b1; s02 += a0 * b2; s03 += a0 * b3;
    s10 += a1 * b0; s11 += a1 * b1; s12 += a1 * b2; s13 += a1 * b3;
    s20 += a2 * b0; s21 += a2 * b1; s22 += a2 * b2; s23 += a2 * b3;
    s30 += a3 * b0; s31 += a3 * b1; s32 += a3 * b2; s33 += a3 * b3;
  }
  tile[0] = s00; tile[1] = s01; tile[2] = s02; tile[3] = s03;
  tile[4] = s10; tile[5] = s11; tile[6] = s12; tile[7] = s13;
  tile[8] = s20; tile[9] = s21; tile[10] = s22; tile[11] = s23;
  tile[12] = s30; tile[13] = s31; tile[14] = s32; tile[15] = s33;
}

interface TilePlace {
  readonly row: number;
  readonly column: number;
  readonly m: number;
  readonly n: number;
}

function storeTile(tile: Float64Array, out: Matrix, { row, column, m, n }: TilePlace): void {
  const [height, width] = [Math.min(TILE, m - row), Math.min(TILE, n - column)];
  for (let r = 0; r < height; r++) {
    const start = out.offset + (row + r) * out.rowStep + column;
    for (let c = 0; c < width; c++) out.data[start + c] = tile[r * TILE + c]!;
  }
}
