/**
 * Rounds halves to the even neighbour, as Python and TensorFlow do; Math.round rounds them up.
 * `roundHalfEven(2.5)` is 2, `roundHalfEven(3.5)` is 4.
 */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
