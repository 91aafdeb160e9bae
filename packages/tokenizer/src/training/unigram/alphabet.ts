import { codePointAt } from '../../text/code-units.js';

/** Characters that pieces are made of, numbered from 1 in the order of their code points. */
export interface Alphabet {
  /** Code points by symbol; element 0 stands for no character. */
  readonly codePoints: readonly number[];
  /** How often each symbol occurs; 0 for a required character that does not. */
  readonly counts: readonly number[];
}

/** Which characters are kept; the meaning of each is in LearnUnigramOptions. */
interface AlphabetOptions {
  readonly characterCoverage: number;
  readonly limitAlphabet: number;
  readonly requiredChars: string;
}

/**
 * Required characters, then the most frequent ones until they cover enough of the texts; characters of equal
 * count by code point.
 */
export function chooseAlphabet(words: ReadonlyMap<string, number>, options: AlphabetOptions): Alphabet {
  const { characterCoverage, limitAlphabet, requiredChars } = options;
  const counts = countCharacters(words);
  let total = 0;
  for (const count of counts.values()) total += count;
  const chosen = new Set(Array.from(requiredChars, (char) => codePointAt(char, 0, char.length)));
  let covered = 0;
  for (const codePoint of chosen) covered += counts.get(codePoint) ?? 0;
  const byFrequency = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b);
  for (const [codePoint, count] of byFrequency) {
    if (chosen.size >= limitAlphabet || covered >= characterCoverage * total) break;
    if (chosen.has(codePoint)) continue;
    chosen.add(codePoint);
    covered += count;
  }
  const codePoints = [...chosen].sort((a, b) => a - b);
  return {
    codePoints: [0, ...codePoints],
    counts: [0, ...codePoints.map((codePoint) => counts.get(codePoint) ?? 0)],
  };
}

function countCharacters(words: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  const basic = new Float64Array(0x10000);
  const counts = new Map<number, number>();
  for (const [word, count] of words) {
    for (let i = 0; i < word.length; i++) {
      const codePoint = codePointAt(word, i, word.length);
      if (codePoint < 0x10000) basic[codePoint]! += count;
      else {
        counts.set(codePoint, (counts.get(codePoint) ?? 0) + count);
        i++;
      }
    }
  }
  basic[0] = 0; // NUL is no character of a text
  basic.forEach((count, codePoint) => {
    if (count > 0) counts.set(codePoint, count);
  });
  return counts;
}
