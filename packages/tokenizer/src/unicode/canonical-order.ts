import { LATER_THAN_UNICODE_9_RANGES } from './code-point-ranges.js';
import { parseCodePointSet } from './code-point-set.js';

/**
 * One mark of every combining class up to Unicode 9, in the order of the classes (1, 7, 8, 9, 10 … 240), in
 * hex.
 */
const classMarks =
  '334 93c 3099 94d 5b0 5b1 5b2 5b3 5b4 5b5 5b6 5b7 5b8 5b9 5bb 5bc 5bd 5bf 5c1 5c2 fb1e 64b 64c ' +
  '64d 618 619 61a 651 652 670 711 c55 c56 e38 e48 eb8 ec8 f71 f72 f74 321 1dce 31b 302a 316 59a ' +
  '302e 1d16d 5ae 300 315 35c 35d 345';

/** A code point and the original range it stands for. */
export interface AlignedCodePoint {
  readonly codePoint: number;
  readonly start: number;
  readonly end: number;
}

/** Canonical decomposition (NFD) with alignment, at the Unicode version Hugging Face's library has frozen. */
interface CanonicalDecomposer {
  /** Full canonical decomposition of one code point. */
  decompose(codePoint: number): readonly number[];
  /** True when NFD may move the code point past its neighbours (its combining class is not 0). */
  isReordering(codePoint: number): boolean;
  /** NFD of a run of code points; moved marks take the alignments in the order of the input, as in Rust. */
  decomposeRun(run: readonly AlignedCodePoint[]): AlignedCodePoint[];
}

/**
 * Makes the decomposer; it keeps the code points that are newer than the frozen version, and the ranks it
 * has met.
 */
export function createCanonicalDecomposer(): CanonicalDecomposer {
  const later = parseCodePointSet(LATER_THAN_UNICODE_9_RANGES);
  const marks = classMarks.split(' ').map((hex) => String.fromCodePoint(parseInt(hex, 16)));
  const ranks = new Map<number, number>();
  const decompose = (codePoint: number): readonly number[] =>
    later.has(codePoint)
      ? [codePoint]
      : Array.from(String.fromCodePoint(codePoint).normalize('NFD'), (char) => char.codePointAt(0)!);
  const rankOf = (codePoint: number): number => {
    if (codePoint < 0x300 || later.has(codePoint)) return 0;
    let rank = ranks.get(codePoint);
    if (rank === undefined) {
      rank = classRank(String.fromCodePoint(codePoint), marks);
      ranks.set(codePoint, rank);
    }
    return rank;
  };
  return {
    decompose,
    isReordering: (codePoint) => rankOf(codePoint) > 0,
    decomposeRun: (run) => decomposeRun(run, decompose, rankOf),
  };
}

/**
 * Rank of a mark's combining class, 0 for none. JavaScript does not tell the class, but `normalize` moves a
 * mark before another of a higher class.
 */
function classRank(char: string, marks: readonly string[]): number {
  if (!swaps(`a${char}${marks[0]!}`) && !swaps(`a${marks.at(-1)!}${char}`)) return 0;
  let low = 1;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (swaps(`a${marks[middle]!}${char}`)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function swaps(text: string): boolean {
  return text.normalize('NFD') !== text;
}

interface Part {
  readonly codePoint: number;
  readonly rank: number;
  /** True for what a decomposition adds; such a part takes no place of the input. */
  readonly isNew: boolean;
}

function decomposeRun(
  run: readonly AlignedCodePoint[],
  decompose: (codePoint: number) => readonly number[],
  rankOf: (codePoint: number) => number,
): AlignedCodePoint[] {
  const parts: Part[] = [];
  for (const { codePoint } of run) {
    decompose(codePoint).forEach((part, index) => {
      parts.push({ codePoint: part, rank: rankOf(part), isNew: index > 0 });
    });
  }
  const result: AlignedCodePoint[] = [];
  let taken = 0;
  for (const { codePoint, isNew } of canonicalOrder(parts)) {
    const { start, end } = run[isNew ? Math.max(0, taken - 1) : taken++]!;
    result.push({ codePoint, start, end });
  }
  return result;
}

/**
 * Sorts each stretch of marks by rank; equal marks keep their turn. Our own, as `normalize` is quadratic
 * here.
 */
function canonicalOrder(parts: readonly Part[]): Part[] {
  const sorted: Part[] = [];
  for (let i = 0; i < parts.length;) {
    let stop = i;
    while (stop < parts.length && parts[stop]!.rank > 0) stop++;
    const marks = parts.slice(i, stop).sort((a, b) => a.rank - b.rank);
    for (const mark of marks) sorted.push(mark);
    if (stop < parts.length) sorted.push(parts[stop]!);
    i = stop + 1;
  }
  return sorted;
}
