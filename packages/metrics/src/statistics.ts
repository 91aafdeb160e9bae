/** Arithmetic mean; NaN for nothing. */
export function mean(values: ArrayLike<number>): number {
  return sum(values) / values.length;
}

/** Sum from left to right. */
export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index]!;
  return total;
}

/** The fraction `part / whole`, and `otherwise` where there is no whole. */
export function ratio(part: number, whole: number, otherwise = 0): number {
  return whole === 0 ? otherwise : part / whole;
}

/** Harmonic mean of two numbers, 0 when both are. */
export function harmonicMean(precision: number, recall: number): number {
  return ratio(2 * precision * recall, precision + recall);
}

/** Value below which a share of the sorted values lies, interpolated linearly (NumPy's default). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/** Adds `addend` to `total`, element by element. */
export function addInto(total: Float64Array, addend: ArrayLike<number>): void {
  for (let index = 0; index < total.length; index++) total[index]! += addend[index]!;
}
