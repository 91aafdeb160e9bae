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

/** A binary heap with stale entries: an entry whose count has changed is corrected when it comes up. */
export function createPairQueue(): PairQueue {
  const pairs = new Map<number, SymbolPair>();
  const gained = new Set<SymbolPair>();
  const heap: { readonly pair: SymbolPair; readonly count: number }[] = [];

  const isBefore = (a: number, b: number): boolean => {
    const left = heap[a]!;
    const right = heap[b]!;
    if (left.count !== right.count) return left.count > right.count;
    if (left.pair.first !== right.pair.first) return left.pair.first < right.pair.first;
    return left.pair.second < right.pair.second;
  };
  const swap = (a: number, b: number) => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };
  const push = (pair: SymbolPair) => {
    let at = heap.push({ pair, count: pair.count }) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && isBefore(at, parent); parent = (at - 1) >> 1) {
      swap(at, parent);
      at = parent;
    }
  };
  const pop = () => {
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    heap[0] = last;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      let best = at;
      if (left < heap.length && isBefore(left, best)) best = left;
      if (left + 1 < heap.length && isBefore(left + 1, best)) best = left + 1;
      if (best === at) return top;
      swap(at, best);
      at = best;
    }
  };

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
      for (const pair of gained) push(pair);
      gained.clear();
    },
    takeMostFrequent() {
      while (heap.length > 0) {
        const { pair, count } = pop();
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
