import { codePointAt } from '../../text/code-units.js';
import { pause } from '../pause.js';
import type { Alphabet } from './alphabet.js';
import type { PieceRules } from './piece-rules.js';

/**
 * The text that pieces are learned from: different fragments of words, each with its count.
 * Fragment f is symbols[starts[f] … starts[f + 1] - 1), and a 0 follows it.
 */
export interface Fragments {
  readonly symbols: Int32Array;
  /** One more than there are fragments. */
  readonly starts: Int32Array;
  readonly counts: Float64Array;
}

interface CutOptions {
  readonly alphabet: Alphabet;
  readonly rules: PieceRules;
  readonly signal: AbortSignal | undefined;
}

/** Words between two pauses: some ten milliseconds of work. */
const wordsPerTurn = 2 ** 15;

/**
 * Cuts words wherever no piece can reach across: at characters outside the alphabet, and between neighbours
 * that the rules keep apart. What stands on one side of a cut does not depend on the other side (the lattice
 * has no edge over it), so that expected counts, best segmentations and frequencies of substrings are those
 * of the whole words, while `word`, `word,` and `(word` become one fragment and are worked on once. Sorted,
 * so that the order of the words does not matter.
 */
export async function cutIntoFragments(
  words: ReadonlyMap<string, number>,
  { alphabet, rules, signal }: CutOptions,
): Promise<Fragments> {
  const symbolOf = new Int32Array(0x110000);
  alphabet.codePoints.forEach((codePoint, symbol) => (symbolOf[codePoint] = symbol));
  const counts = new Map<string, number>();
  let wordsDone = 0;
  for (const [word, count] of words) {
    for (const fragment of fragmentsOf(word, symbolOf, rules))
      counts.set(fragment, (counts.get(fragment) ?? 0) + count);
    if (++wordsDone % wordsPerTurn === 0) await pause(signal);
  }
  await pause(signal);
  return toSymbols(counts, symbolOf);
}

function fragmentsOf(word: string, symbolOf: Int32Array, rules: PieceRules): readonly string[] {
  const fragments: string[] = [];
  let start = 0;
  let left = 0;
  for (let i = 0; i < word.length;) {
    const codePoint = codePointAt(word, i, word.length);
    const next = i + (codePoint > 0xffff ? 2 : 1);
    const symbol = symbolOf[codePoint]!;
    if (symbol === 0 || (left !== 0 && rules.cutsBetween(left, symbol))) {
      if (i > start) fragments.push(word.slice(start, i));
      start = symbol === 0 ? next : i;
    }
    left = symbol;
    i = next;
  }
  if (word.length > start) fragments.push(word.slice(start));
  return fragments;
}

function toSymbols(countOf: ReadonlyMap<string, number>, symbolOf: Int32Array): Fragments {
  const sorted = [...countOf.keys()].sort();
  let unitCount = 0;
  for (const fragment of sorted) unitCount += fragment.length + 1;
  const symbols = new Int32Array(unitCount);
  const starts = new Int32Array(sorted.length + 1);
  let end = 0;
  sorted.forEach((fragment, index) => {
    for (let i = 0; i < fragment.length; i++) {
      const codePoint = codePointAt(fragment, i, fragment.length);
      if (codePoint > 0xffff) i++;
      symbols[end++] = symbolOf[codePoint]!;
    }
    starts[index + 1] = ++end;
  });
  const counts = Float64Array.from(sorted, (fragment) => countOf.get(fragment)!);
  return { symbols: symbols.subarray(0, end), starts, counts };
}
