/**
 * The error function to double precision: Taylor series near 0, continued fraction of erfc beyond.
 * @see Abramowitz & Stegun 7.1.6 (series) and 7.1.14 (continued fraction, here evaluated by Lentz's method)
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (Number.isNaN(x)) return NaN;
  if (magnitude > 6) return Math.sign(x);
  return Math.sign(x) * (magnitude < 2.5 ? erfSeries(magnitude) : 1 - erfcFraction(magnitude));
}

/** erf(x) = 2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!! — all terms positive, so nothing cancels. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc(x) = e^(-x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))), evaluated from the inside out. */
function erfcFraction(x: number): number {
  let tail = x;
  for (let n = 60; n > 0; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}
