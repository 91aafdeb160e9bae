import { pause } from './pause.js';

/** How many texts are drawn, and by which chance. */
interface SampleOptions {
  readonly size: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

/** Texts read between two pauses. */
const textsPerTurn = 2 ** 14;

/**
 * Draws `size` of the texts, each as likely as any other, in one pass; the same seed draws the same.
 * All of them when there are no more.
 * @see Vitter 1985, algorithm R
 */
export async function sampleTexts(
  texts: Iterable<string> | AsyncIterable<string>,
  { size, seed, signal }: SampleOptions,
): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const drawn: string[] = [];
  let seen = 0;
  for await (const text of texts) {
    seen++;
    if (drawn.length < size) drawn.push(text);
    else {
      const place = Math.floor(random() * seen);
      if (place < size) drawn[place] = text;
    }
    if (seen % textsPerTurn === 0) await pause(signal);
  }
  return drawn;
}

/** Numbers in [0, 1): the SplitMix generator with 32 bits. @see Steele et al. 2014 */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
