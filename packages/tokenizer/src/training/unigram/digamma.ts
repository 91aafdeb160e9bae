/**
 * The derivative of log Γ at x > 0, to some twelve digits.
 * @see Abramowitz and Stegun 1964, 6.3.5 (recurrence); the series is that of log Γ about x - 1/2
 */
export function digamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 10; at++) shift -= 1 / at;
  const middle = at - 0.5;
  const inverseSquare = 1 / (middle * middle);
  const series =
    inverseSquare *
    (1 / 24 - inverseSquare * (7 / 960 - inverseSquare * (31 / 8064 - (inverseSquare * 127) / 30720)));
  return shift + Math.log(middle) + series;
}
