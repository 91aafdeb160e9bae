/** A set of Unicode characters: inclusive ranges, sorted, apart from each other; surrogates are in none. */
export type CodePoints = readonly (readonly [low: number, high: number])[];

const LAST = 0x10ffff;
const SURROGATES = [0xd800, 0xdfff] as const;

/** Every character. */
export const ALL_CODE_POINTS: CodePoints = [
  [0, SURROGATES[0] - 1],
  [SURROGATES[1] + 1, LAST],
];

/** Sorts ranges and joins those that touch; surrogates are taken out. */
export function codePoints(ranges: CodePoints): CodePoints {
  const joined: [number, number][] = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else joined.push([low, high]);
  }
  return intersectCodePoints(joined, ALL_CODE_POINTS);
}

/** The characters of a text, each once. */
export function codePointsOf(text: string): CodePoints {
  return codePoints(
    Array.from(text, (character) => [character.codePointAt(0)!, character.codePointAt(0)!] as const),
  );
}

/** Characters of both sets. */
export function intersectCodePoints(a: CodePoints, b: CodePoints): CodePoints {
  const both: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const low = Math.max(a[i]![0], b[j]![0]);
    const high = Math.min(a[i]![1], b[j]![1]);
    if (low <= high) both.push([low, high]);
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return both;
}

/** Characters of neither. */
export function complementOf(set: CodePoints): CodePoints {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [low, high] of set) {
    if (low > next) gaps.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return intersectCodePoints(gaps, ALL_CODE_POINTS);
}

/** `\d` `\w` `\s` of JavaScript's regular expressions. */
export const CLASS_ESCAPES: Readonly<Record<string, CodePoints>> = {
  d: [[0x30, 0x39]],
  w: codePoints([
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x5f, 0x5f],
    [0x61, 0x7a],
  ]),
  s: codePoints([
    [0x09, 0x0d],
    [0x20, 0x20],
    [0xa0, 0xa0],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
    [0x2028, 0x2029],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
    [0xfeff, 0xfeff],
  ]),
};

/** What `.` does not match. */
export const LINE_ENDS: CodePoints = codePointsOf('\n\r\u2028\u2029');

/**
 * The characters of a Unicode property such as `L` or `Script=Greek`, as this JavaScript engine knows it.
 * @returns undefined for a name that is none
 */
export function propertyCodePoints(name: string): CodePoints | undefined {
  let matcher: RegExp;
  try {
    matcher = new RegExp(`^\\p{${name}}$`, 'u');
  } catch {
    return undefined;
  }
  const ranges: [number, number][] = [];
  for (let codePoint = 0; codePoint <= LAST; codePoint++) {
    if (codePoint === SURROGATES[0]) codePoint = SURROGATES[1] + 1;
    if (!matcher.test(String.fromCodePoint(codePoint))) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === codePoint - 1) last[1] = codePoint;
    else ranges.push([codePoint, codePoint]);
  }
  return codePoints(ranges);
}
