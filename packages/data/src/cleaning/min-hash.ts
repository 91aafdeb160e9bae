import { createRandom } from '../random/random.js';
import { mixWord } from './hash-table.js';
import { eachGram, type WordHashes } from './words.js';

/** How signatures are made. */
interface MinHashOptions {
  /** Length of a signature: the estimate's standard deviation is √(j(1−j)/permutations). */
  readonly permutations: number;
  /** Words in a shingle. */
  readonly shingleWords: number;
  readonly seed: number;
}

/** The signature of a text; undefined for a text without words. */
type MinHasher = (words: WordHashes) => Uint16Array | undefined;

/**
 * MinHash: for each of `permutations` hash functions the least value over the text's shingles. Two signatures
 * agree at a place with the probability that is the Jaccard similarity of the sets of shingles. Kept are the lower
 * 16 bits, which agree by chance once in 65536.
 * @see Broder 1997, "On the resemblance and containment of documents"; Li and König 2010, b-bit minwise hashing
 */
export function createMinHasher({ permutations, shingleWords, seed }: MinHashOptions): MinHasher {
  const random = createRandom(seed, ['min-hash']);
  const masks = Int32Array.from({ length: permutations }, () => random.word() | 0);
  const factors = Int32Array.from({ length: permutations }, () => random.word() | 1);
  const least = new Int32Array(permutations);
  return (words) => {
    if (words.count === 0) return undefined;
    least.fill(0x7fffffff);
    eachGram(words, { size: shingleWords, takesShort: true }, (high) => {
      for (let place = 0; place < permutations; place++) {
        const value = Math.imul(high ^ masks[place]!, factors[place]!);
        if (value < least[place]!) least[place] = value;
      }
    });
    return Uint16Array.from(least, mixWord); // mixed: the lower bits of a least product alone are not even
  };
}

/** The share of places at which two signatures agree: an unbiased estimate of the Jaccard similarity. */
export function estimateSimilarity(a: Uint16Array, b: Uint16Array): number {
  let agreeing = 0;
  for (let place = 0; place < a.length; place++) if (a[place] === b[place]) agreeing++;
  return agreeing / a.length;
}

/** A signature cut into bands; texts that agree in a whole band are compared. */
export interface Bands {
  readonly count: number;
  /** Places of a signature in each band. */
  readonly rows: number;
}

/** Probability that a pair of this similarity agrees in at least one band. */
export function bandRecall(similarity: number, { count, rows }: Bands): number {
  return 1 - (1 - similarity ** rows) ** count;
}

/** The longest bands, hence the fewest comparisons, that find a pair at the threshold with this probability. */
export function bandsFor(options: {
  readonly permutations: number;
  readonly threshold: number;
  readonly recall: number;
}): Bands {
  const { permutations, threshold, recall } = options;
  for (let rows = permutations; rows > 1; rows--) {
    const bands = { rows, count: Math.floor(permutations / rows) };
    if (bandRecall(threshold, bands) >= recall) return bands;
  }
  return { rows: 1, count: permutations };
}
