import { createBinaryHeap } from './binary-heap.js';

/** A pair of neighbouring symbols, its count and the words it occurs in. */
export interface SymbolPair {
  readonly first: number;
  readonly second: number;
  count: number;
  /** Words that have held the pair, perhaps more than once in the list, perhaps no longer. */
  readonly words: number[];
}

/** The most frequent pair first; among equals the one with the lower first symbol, then the lower second. */
export interface PairQueue {
  /** Adds `change` to the count of a pair in a word; a pair that gains is queued anew. */
  add(first: number, second: number, change: { readonly count: number; readonly word: number }): void;
  /** Puts pairs that gained since the last call into the queue. */
  flush(): void;
  /** Takes the most frequent pair out, or gives undefined when none has a count above 0. */
  takeMostFrequent(): SymbolPair | undefined;
}

/** Symbols stay below this, so that a pair fits one exact number. */
const symbolLimit = 2 ** 22;

interface QueueEntry {
  readonly pair: SymbolPair;
  /** The pair's count when it was queued. */
  readonly count: number;
}

/** A heap with stale entries: an entry whose count has changed is corrected when it comes up. */
export function createPairQueue(): PairQueue {
  const pairs = new Map<number, SymbolPair>();
  const gained = new Set<SymbolPair>();
  const heap = createBinaryHeap<QueueEntry>(isBefore);
  const push = (pair: SymbolPair) => heap.push({ pair, count: pair.count });
  return {
    add(first, second, { count, word }) {
      const key = first * symbolLimit + second;
      let pair = pairs.get(key);
      if (pair === undefined) {
        if (count <= 0) return; // the pair that is being merged: it is leaving every word
        pair = { first, second, count: 0, words: [] };
        pairs.set(key, pair);
      }
      pair.count += count;
      if (count <= 0) return;
      if (pair.words.at(-1) !== word) pair.words.push(word);
      gained.add(pair);
    },
    flush() {
      gained.forEach(push);
      gained.clear();
    },
    takeMostFrequent() {
      for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
        const { pair, count } = entry;
        if (pair.count <= 0) continue;
        if (pair.count === count) {
          pairs.delete(pair.first * symbolLimit + pair.second);
          return pair;
        }
        if (pair.count < count) push(pair);
      }
      return undefined;
    },
  };
}

function isBefore(a: QueueEntry, b: QueueEntry): boolean {
  if (a.count !== b.count) return a.count > b.count;
  if (a.pair.first !== b.pair.first) return a.pair.first < b.pair.first;
  return a.pair.second < b.pair.second;
}
