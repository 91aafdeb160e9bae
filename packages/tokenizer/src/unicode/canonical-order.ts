import { LATER_THAN_UNICODE_9_RANGES } from './code-point-ranges.js';
import { parseCodePointSet, type CodePointSet } from './code-point-set.js';

/** A code point and the original range it stands for. */
export interface AlignedCodePoint {
  readonly codePoint: number;
  readonly start: number;
  readonly end: number;
}

/** Canonical decomposition (NFD) with alignment, at the Unicode version Hugging Face's library has frozen. */
export interface CanonicalDecomposer {
  /** Full canonical decomposition of one code point. */
  decompose(codePoint: number): readonly number[];
  /** True when NFD may move the code point past its neighbours (its combining class is not 0). */
  isReordering(codePoint: number): boolean;
  /** NFD of a run of code points; moved marks take the alignments in the order of the input, as in Rust. */
  decomposeRun(run: readonly AlignedCodePoint[]): AlignedCodePoint[];
}

/** Makes the decomposer; it keeps the table of code points that are newer than the frozen version. */
export function createCanonicalDecomposer(): CanonicalDecomposer {
  const later = parseCodePointSet(LATER_THAN_UNICODE_9_RANGES);
  return {
    decompose: (codePoint) => decompose(codePoint, later),
    isReordering: (codePoint) => isReordering(codePoint, later),
    decomposeRun: (run) => decomposeRun(run, later),
  };
}

function decompose(codePoint: number, later: CodePointSet): readonly number[] {
  if (later.has(codePoint)) return [codePoint];
  return codePointsOf(String.fromCodePoint(codePoint).normalize('NFD'));
}

/** JavaScript does not tell combining classes, but `normalize` moves a class past 1 (U+0334) and 240 (U+0345). */
function isReordering(codePoint: number, later: CodePointSet): boolean {
  if (codePoint < 0x300 || later.has(codePoint)) return false;
  const char = String.fromCodePoint(codePoint);
  return swaps(`a${char}\u0334`) || swaps(`a\u0345${char}`);
}

function swaps(text: string): boolean {
  return text.normalize('NFD') !== text;
}

function decomposeRun(run: readonly AlignedCodePoint[], later: CodePointSet): AlignedCodePoint[] {
  const parts: { codePoint: number; isNew: boolean }[] = [];
  for (const { codePoint } of run) {
    decompose(codePoint, later).forEach((part, index) => parts.push({ codePoint: part, isNew: index > 0 }));
  }
  const sorted = canonicalOrder(parts, later);
  const result: AlignedCodePoint[] = [];
  let taken = 0;
  for (const { codePoint, isNew } of sorted) {
    const { start, end } = run[isNew ? Math.max(0, taken - 1) : taken++]!;
    result.push({ codePoint, start, end });
  }
  return result;
}

/** Stable sort by combining class: `normalize` orders each stretch, and equal code points keep their turn. */
function canonicalOrder<T extends { readonly codePoint: number }>(parts: readonly T[], later: CodePointSet): T[] {
  const sorted: T[] = [];
  for (let i = 0; i < parts.length; ) {
    let stop = i;
    while (stop < parts.length && !later.has(parts[stop]!.codePoint)) stop++;
    const waiting = new Map<number, T[]>();
    const stretch = parts.slice(i, stop);
    for (const part of stretch) {
      const queue = waiting.get(part.codePoint);
      if (queue === undefined) waiting.set(part.codePoint, [part]);
      else queue.push(part);
    }
    for (const queue of waiting.values()) queue.reverse();
    for (const codePoint of codePointsOf(textOfParts(stretch).normalize('NFD'))) sorted.push(waiting.get(codePoint)!.pop()!);
    if (stop < parts.length) sorted.push(parts[stop]!);
    i = stop + 1;
  }
  return sorted;
}

function textOfParts(parts: readonly { readonly codePoint: number }[]): string {
  return parts.map(({ codePoint }) => String.fromCodePoint(codePoint)).join('');
}

function codePointsOf(text: string): number[] {
  return Array.from(text, (char) => char.codePointAt(0)!);
}
