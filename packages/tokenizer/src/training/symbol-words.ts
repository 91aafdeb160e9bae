import { isHighSurrogate } from '../text/code-units.js';
import type { Pieces } from './initial-pieces.js';
import { createPairQueue, type PairQueue, type SymbolPair } from './pair-queue.js';

/** Words as symbols in one array; a word's symbols are symbols[starts[w] … starts[w] + lengths[w]). */
interface SplitWords {
  readonly symbols: Int32Array;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  readonly counts: readonly number[];
}

/** Splits every word into characters; characters outside the alphabet are left out. */
export function splitWords(counts: ReadonlyMap<string, number>, pieces: Pieces, prefix: string): SplitWords {
  let totalLength = 0;
  for (const word of counts.keys()) totalLength += word.length;
  const symbols = new Int32Array(totalLength);
  const starts = new Int32Array(counts.size);
  const lengths = new Int32Array(counts.size);
  let at = 0;
  let index = 0;
  for (const word of counts.keys()) {
    starts[index] = at;
    for (let i = 0; i < word.length;) {
      const width = isHighSurrogate(word.charCodeAt(i)) && i + 1 < word.length ? 2 : 1;
      const char = word.slice(i, i + width);
      if (pieces.alphabet.has(char)) symbols[at++] = pieces.idOf(i === 0 ? char : prefix + char);
      i += width;
    }
    lengths[index] = at - starts[index]!;
    index++;
  }
  return { symbols, starts, lengths, counts: [...counts.values()] };
}

/** Queues every pair of neighbouring symbols with its count. */
export function countPairs({ symbols, starts, lengths, counts }: SplitWords): PairQueue {
  const queue = createPairQueue();
  for (let word = 0; word < starts.length; word++) {
    const start = starts[word]!;
    const change = { count: counts[word]!, word };
    for (let i = start; i + 1 < start + lengths[word]!; i++) queue.add(symbols[i]!, symbols[i + 1]!, change);
  }
  queue.flush();
  return queue;
}

/** The token a pair becomes. */
export function mergedToken({ first, second }: SymbolPair, { tokens }: Pieces, prefix: string): string {
  const tail = tokens[second]!;
  return tokens[first]! + (tail.startsWith(prefix) ? tail.slice(prefix.length) : tail);
}

/** Replaces the pair in every word that holds it, and moves the counts of the neighbouring pairs. */
export function mergePair(
  pair: SymbolPair,
  {
    words,
    queue,
    merged,
  }: { readonly words: SplitWords; readonly queue: PairQueue; readonly merged: number },
): void {
  const { symbols, starts, lengths, counts } = words;
  for (const word of new Set(pair.words)) {
    const start = starts[word]!;
    const end = start + lengths[word]!;
    const gain = { count: counts[word]!, word };
    const loss = { count: -counts[word]!, word };
    let to = start;
    for (let i = start; i < end; i++) {
      if (symbols[i] !== pair.first || i + 1 >= end || symbols[i + 1] !== pair.second) {
        symbols[to++] = symbols[i]!;
        continue;
      }
      if (to > start) {
        queue.add(symbols[to - 1]!, pair.first, loss);
        queue.add(symbols[to - 1]!, merged, gain);
      }
      if (i + 2 < end) {
        queue.add(pair.second, symbols[i + 2]!, loss);
        queue.add(merged, symbols[i + 2]!, gain);
      }
      symbols[to++] = merged;
      i++;
    }
    lengths[word] = to - start;
  }
  queue.flush();
}
