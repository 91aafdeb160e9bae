/** How often each n-gram occurs. Words hold no space, so a space can join them. */
export type NGramCounts = ReadonlyMap<string, number>;

/** Counts of the n-grams of words. */
export function wordNGrams(words: readonly string[], order: number): NGramCounts {
  return countAll(words.length - order + 1, (start) => words.slice(start, start + order).join(' '));
}

/** Counts of the n-grams of characters; `text` is given as its code points. */
export function characterNGrams(characters: readonly string[], order: number): NGramCounts {
  return countAll(characters.length - order + 1, (start) => characters.slice(start, start + order).join(''));
}

function countAll(length: number, at: (start: number) => string): NGramCounts {
  const counts = new Map<string, number>();
  for (let start = 0; start < length; start++) {
    const gram = at(start);
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** How many n-grams both sides share, each at most as often as the rarer side has it. */
export function sharedCount(a: NGramCounts, b: NGramCounts): number {
  let shared = 0;
  for (const [gram, count] of a) shared += Math.min(count, b.get(gram) ?? 0);
  return shared;
}

/** Number of n-grams. */
export function totalCount(counts: NGramCounts): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
