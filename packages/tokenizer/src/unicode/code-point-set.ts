/** A set of code points, as ascending closed ranges. */
export interface CodePointSet {
  has(codePoint: number): boolean;
  /** Calls `visit` with each range, both ends included. */
  forEachRange(visit: (first: number, last: number) => void): void;
}

/**
 * Reads the compact form of `code-point-ranges.ts`.
 * @param text  ranges "gap" or "gap:extra" in base 36, each gap counted from the end of the range before
 */
export function parseCodePointSet(text: string): CodePointSet {
  const bounds: number[] = [];
  let last = 0;
  for (const word of text.split(' ')) {
    const [gap, extra] = word.split(':');
    const first = last + parseInt(gap!, 36);
    last = first + (extra === undefined ? 0 : parseInt(extra, 36));
    bounds.push(first, last);
  }
  const ranges = Int32Array.from(bounds);
  return Object.freeze({
    has: (codePoint: number) => inRanges(ranges, codePoint),
    forEachRange(visit: (first: number, last: number) => void) {
      for (let i = 0; i < ranges.length; i += 2) visit(ranges[i]!, ranges[i + 1]!);
    },
  });
}

function inRanges(ranges: Int32Array, codePoint: number): boolean {
  let low = 0;
  let high = ranges.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (codePoint > ranges[2 * middle + 1]!) low = middle + 1;
    else high = middle;
  }
  return 2 * low < ranges.length && codePoint >= ranges[2 * low]!;
}
