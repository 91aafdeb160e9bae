/** A larger copy of an array: with room for `needed` entries, and at least twice as many as before, so that growth is rare. */
export function grown<T extends Uint16Array | Int32Array>(array: T, needed: number): T {
  const Kind = array.constructor as new (length: number) => T;
  const larger = new Kind(Math.max(needed, array.length * 2, 16));
  larger.set(array);
  return larger;
}
