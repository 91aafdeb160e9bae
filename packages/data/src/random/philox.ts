/** Four 32-bit words, unsigned. */
export type Words = readonly [number, number, number, number];

/** A 64-bit key as two 32-bit words, unsigned. */
export type RandomKey = readonly [number, number];

const multiplierA = 0xd2511f53;
const multiplierB = 0xcd9e8d57;
const weylA = 0x9e3779b9;
const weylB = 0xbb67ae85;
const rounds = 10;

/**
 * One block of Philox4x32 with 10 rounds: four random words as a function of key and counter.
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"
 */
export function philox4x32(key: RandomKey, counter: Words): Words {
  let [a, b, c, d] = counter;
  let [keyA, keyB] = key;
  for (let round = 0; round < rounds; round++) {
    const highA = multiplyHigh(multiplierA, a);
    const lowA = Math.imul(multiplierA, a);
    const highC = multiplyHigh(multiplierB, c);
    const lowC = Math.imul(multiplierB, c);
    a = (highC ^ b ^ keyA) >>> 0;
    b = lowC >>> 0;
    c = (highA ^ d ^ keyB) >>> 0;
    d = lowA >>> 0;
    keyA = (keyA + weylA) >>> 0;
    keyB = (keyB + weylB) >>> 0;
  }
  return [a, b, c, d];
}

/** The upper half of a 64-bit product, by 16-bit halves: no step leaves the 32-bit range. */
function multiplyHigh(x: number, y: number): number {
  const [xLow, xHigh, yLow, yHigh] = [x & 0xffff, x >>> 16, y & 0xffff, y >>> 16];
  const middle = xHigh * yLow + ((xLow * yLow) >>> 16);
  const cross = xLow * yHigh + (middle & 0xffff);
  return (xHigh * yHigh + (middle >>> 16) + (cross >>> 16)) >>> 0;
}
