import { LATER_THAN_UNICODE_9_RANGES } from './code-point-ranges.js';
import { codePointTest, type CodePointTest } from './code-point-set.js';

/**
 * One mark of every combining class up to Unicode 9, in the order of the classes (1, 7, 8, 9, 10 … 240), in
 * base 36.
 */
const classMarks =
  'ms 1to 9ll 1u5 14g 14h 14i 14j 14k 14l 14m 14n 14o 14p 14r 14s 14t 14v 14x 14y 1dlq 18r 18s 18t ' +
  '17c 17d 17e 18x 18y 19s 1e9 2fp 2fq 2t4 2tk 2wo 2x4 31t 31u 31w m9 5vy m3 9ii ly 13u 9im 2jxp 14e lc lx nw nx n9';

/** A code point and the original range it stands for. */
export interface AlignedCodePoint {
  readonly codePoint: number;
  readonly start: number;
  readonly end: number;
}

/** A code point of a decomposed run. */
export interface Part {
  readonly codePoint: number;
  readonly rank: number;
  /** Characters of the input it stands for: 0 for what a decomposition adds, 2 and more where parts joined. */
  readonly taken: number;
}

/** Decomposition and composition with alignment, at the Unicode version Hugging Face's library has frozen. */
interface Decomposer {
  /** Full decomposition of one code point. */
  decompose(codePoint: number): readonly number[];
  /** True when NFD may move the code point past its neighbours (its combining class is not 0). */
  isReordering(codePoint: number): boolean;
  /** Normal form of a run of code points. Alignments are taken in the order of the input, as in Rust. */
  normalizeRun(run: readonly AlignedCodePoint[]): AlignedCodePoint[];
}

/** The normal forms of Unicode. */
export type NormalForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/** A test for code points with a combining class or a decomposition that Unicode gained after version 9. */
export function createLaterTest(): CodePointTest {
  return codePointTest(LATER_THAN_UNICODE_9_RANGES);
}

/**
 * Makes the decomposer; it keeps the code points that are newer than the frozen version, and the ranks and
 * decompositions it has met.
 * @param compose  joins the parts of a run again, for NFC and NFKC
 */
export function createDecomposer(
  form: 'NFD' | 'NFKD',
  compose: (parts: readonly Part[]) => readonly Part[] = (parts) => parts,
): Decomposer {
  const isLater = createLaterTest();
  const marks = classMarks.split(' ').map((mark) => String.fromCodePoint(parseInt(mark, 36)));
  const decompose = rememberedByCodePoint((codePoint): readonly number[] =>
    isLater(codePoint)
      ? [codePoint]
      : Array.from(String.fromCodePoint(codePoint).normalize(form), (char) => char.codePointAt(0)!),
  );
  const rankOf = rememberedByCodePoint((codePoint) => {
    const char = String.fromCodePoint(codePoint);
    return /\p{M}/u.test(char) && !isLater(codePoint) ? classRank(char, marks) : 0;
  });
  return {
    decompose,
    isReordering: (codePoint) => rankOf(codePoint) > 0,
    normalizeRun(run) {
      const parts = run.flatMap(({ codePoint }) =>
        decompose(codePoint).map((part, index) => ({
          codePoint: part,
          rank: rankOf(part),
          taken: index === 0 ? 1 : 0,
        })),
      );
      return alignInOrder(compose(canonicalOrder(parts)), run);
    },
  };
}

function rememberedByCodePoint<T>(compute: (codePoint: number) => T): (codePoint: number) => T {
  const known = new Map<number, T>();
  return (codePoint) => {
    let result = known.get(codePoint);
    if (result === undefined) known.set(codePoint, (result = compute(codePoint)));
    return result;
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

/** Gives each part the next characters of the input that it stands for; an added one shares the last. */
function alignInOrder(parts: readonly Part[], run: readonly AlignedCodePoint[]): AlignedCodePoint[] {
  let taken = 0;
  return parts.map((part) => {
    const { start, end } = run[part.taken > 0 ? taken : Math.max(0, taken - 1)]!;
    taken += part.taken;
    return { codePoint: part.codePoint, start, end };
  });
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
