import { createHashTable, mixWord } from './hash-table.js';
import { type Bands, estimateSimilarity } from './min-hash.js';

/** An earlier text that is like this one. */
interface SimilarText {
  /** Number of the text among those added. */
  readonly index: number;
  /** Estimated Jaccard similarity. */
  readonly similarity: number;
}

/** Signatures of the texts that were kept, found by likeness. */
interface SimilarityIndex {
  /** The first added text whose estimated similarity reaches the threshold. */
  find(signature: Uint16Array): SimilarText | undefined;
  add(signature: Uint16Array): void;
}

/** How likeness is told. */
interface SimilarityOptions {
  readonly permutations: number;
  readonly threshold: number;
  readonly bands: Bands;
}

/** Signatures in one piece of memory. */
const pieceLength = 4096;

/**
 * Locality-sensitive hashing over bands of MinHash signatures. A text takes 2 bytes for each permutation and 22 to
 * 40 bytes for each band.
 */
export function createSimilarityIndex({
  permutations,
  threshold,
  bands,
}: SimilarityOptions): SimilarityIndex {
  const table = createHashTable();
  const signatures = createSignatureStore(permutations);
  let chain = new Int32Array(1024); // entry -> an earlier entry with the same band, or -1
  return {
    find(signature) {
      let best: SimilarText | undefined;
      for (let band = 0; band < bands.count; band++) {
        const [high, low] = bandHash(signature, band, bands.rows);
        for (let entry = table.get(high, low); entry >= 0; entry = chain[entry]!) {
          const index = Math.floor(entry / bands.count);
          if (best !== undefined && index >= best.index) continue;
          const similarity = estimateSimilarity(signature, signatures.at(index));
          if (similarity >= threshold) best = { index, similarity };
        }
      }
      return best;
    },
    add(signature) {
      const count = signatures.add(signature);
      for (let band = 0; band < bands.count; band++) {
        const entry = count * bands.count + band;
        if (entry >= chain.length) chain = doubled(chain);
        const [high, low] = bandHash(signature, band, bands.rows);
        chain[entry] = table.get(high, low);
        table.set(high, low, entry);
      }
    },
  };
}

/** Signatures one behind the other, in pieces that need not be copied to grow. */
function createSignatureStore(permutations: number) {
  const pieces: Uint16Array[] = [];
  let count = 0;
  const at = (index: number): Uint16Array => {
    const start = (index % pieceLength) * permutations;
    return pieces[Math.floor(index / pieceLength)]!.subarray(start, start + permutations);
  };
  return {
    at,
    /** Its number. */
    add(signature: Uint16Array): number {
      if (count % pieceLength === 0) pieces.push(new Uint16Array(pieceLength * permutations));
      at(count).set(signature);
      return count++;
    },
  };
}

function bandHash(signature: Uint16Array, band: number, rows: number): readonly [high: number, low: number] {
  let high = mixWord(band + 1);
  let low = ~high;
  for (let place = band * rows; place < (band + 1) * rows; place++) {
    high = Math.imul(high ^ signature[place]!, 0x01000193) + 0x165667b1;
    low = Math.imul(((low << 13) | (low >>> 19)) ^ signature[place]!, 0xcc9e2d51);
  }
  return [mixWord(high), mixWord(low)];
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
