/**
 * Text as Python sees it: the reference tools are Python, and its white space is not JavaScript's (U+001C–U+001F
 * and U+0085 are, U+FEFF is not). Tests hold these sets to Python for every code point of Unicode 14.
 */

const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const SPACES = new RegExp(`${SPACE}+`, 'u');
const LEADING = new RegExp(`^${SPACE}+`, 'u');
const TRAILING_SPACE = new RegExp(`${SPACE}$`, 'u');

/** Characters of `\w` in a Python pattern on text, for use inside a bracket. */
export const PYTHON_WORD = '\\p{L}\\p{N}_';

/** Words between white space, as `str.split()` gives them. */
export function splitWords(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '');
}

/** `str.rstrip()`. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && TRAILING_SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** `str.strip()`. */
export function trimBoth(text: string): string {
  return trimEnd(text).replace(LEADING, '');
}

/** Words separated by single spaces, as `' '.join(text.split())`. */
export function squeezeSpaces(text: string): string {
  return splitWords(text).join(' ');
}

/** `string.punctuation`: ASCII only. */
export const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/g;
