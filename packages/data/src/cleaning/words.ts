import { mixWord } from './hash-table.js';

/** The words of a text as hashes. Valid until the next text: the arrays are used again. */
export interface WordHashes {
  readonly count: number;
  readonly high: Int32Array; // [>= count]
  readonly low: Int32Array;
  /** Where each word begins in the text, in UTF-16 code units. */
  readonly starts: Int32Array;
  /** Where it ends, exclusively. */
  readonly ends: Int32Array;
}

/** Finds and hashes the words of a text. */
type WordHasher = (text: string) => WordHashes;

const SEPARATOR = 1;
const LETTER = 2;
/** A character that is a word by itself: scripts that put no spaces between words. */
const ALONE = 3;

const wordCharacter = /[\p{L}\p{M}\p{N}\p{Cs}]/u;
const unspaced =
  /[\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u1950-\u1aad\u2e80-\u2fdf\u3005-\u3007\u3021-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua980-\ua9df\uaa60-\uaadf\uf900-\ufaff\uff66-\uff9d]/;

/**
 * A word hasher. Words are runs of letters, digits and marks; in scripts without spaces (Chinese, Japanese, Thai,
 * …) each character is one. Upper and lower case, compatibility forms and composed or decomposed accents are the
 * same; punctuation does not count.
 */
export function createWordHasher(): WordHasher {
  const { classes, classOf, foldOf } = createCharacterTable();
  let words = wordArrays(256);

  return (text) => {
    let count = 0;
    let start = -1;
    let [high, low] = [0, 0];
    const finish = (end: number): void => {
      if (count === words.high.length) words = grown(words);
      words.high[count] = mixWord(high);
      words.low[count] = mixWord(low ^ (high << 7));
      words.starts[count] = start;
      words.ends[count++] = end;
      [start, high, low] = [-1, 0, 0];
    };
    const take = (unit: number): void => {
      high = Math.imul(high ^ unit, 0x01000193) + 0x165667b1;
      low = Math.imul(((low << 13) | (low >>> 19)) ^ unit, 0xcc9e2d51) + 0x52dce729;
    };
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const kind = classes[unit] || classOf(unit);
      if (start >= 0 && kind !== LETTER) finish(at);
      if (kind === SEPARATOR) continue;
      if (start < 0) start = at;
      if (unit < 0x80) take(unit >= 0x41 && unit <= 0x5a ? unit | 0x20 : unit);
      else {
        const folded = foldOf(unit);
        for (let part = 0; part < folded.length; part++) take(folded.charCodeAt(part));
      }
      if (kind === ALONE) finish(at + 1);
    }
    if (start >= 0) finish(text.length);
    return { count, ...words };
  };
}

/** Classes and folded forms of code units, found when they are first met. */
function createCharacterTable() {
  const classes = new Uint8Array(2 ** 16);
  const folds = new Map<number, string>();
  return {
    classes,
    classOf(unit: number): number {
      const character = String.fromCharCode(unit);
      const letter = unspaced.test(character) ? ALONE : LETTER;
      return (classes[unit] = wordCharacter.test(character) ? letter : SEPARATOR);
    },
    foldOf(unit: number): string {
      const known = folds.get(unit);
      if (known !== undefined) return known;
      const folded = String.fromCharCode(unit).normalize('NFKD').toLowerCase();
      folds.set(unit, folded);
      return folded;
    },
  };
}

type WordArrays = Omit<WordHashes, 'count'>;

function wordArrays(length: number): WordArrays {
  const array = (): Int32Array => new Int32Array(length);
  return { high: array(), low: array(), starts: array(), ends: array() };
}

function grown(words: WordArrays): WordArrays {
  const larger = wordArrays(2 * words.high.length);
  for (const name of ['high', 'low', 'starts', 'ends'] as const) larger[name].set(words[name]);
  return larger;
}

/**
 * Calls `visit` with the hash of every run of `size` words and the number of its first word. A text of fewer words
 * has none, unless `takesShort`: then all its words are one run.
 */
export function eachGram(
  words: WordHashes,
  { size, takesShort = false }: { readonly size: number; readonly takesShort?: boolean },
  visit: (high: number, low: number, first: number) => void,
): void {
  const length = takesShort && words.count > 0 ? Math.min(size, words.count) : size;
  const [baseHigh, baseLow] = [0x2c1b3c6d, 0x297a2d39];
  let [topHigh, topLow] = [1, 1]; // base ^ (length - 1): what the word that leaves the window counts
  for (let step = 1; step < length; step++) {
    topHigh = Math.imul(topHigh, baseHigh);
    topLow = Math.imul(topLow, baseLow);
  }
  let [high, low] = [0, 0];
  for (let last = 0; last < words.count; last++) {
    const leaving = last - length;
    if (leaving >= 0) {
      high = (high - Math.imul(words.high[leaving]!, topHigh)) | 0;
      low = (low - Math.imul(words.low[leaving]!, topLow)) | 0;
    }
    high = (Math.imul(high, baseHigh) + words.high[last]!) | 0;
    low = (Math.imul(low, baseLow) + words.low[last]!) | 0;
    if (last + 1 >= length) visit(mixWord(high), mixWord(low), last + 1 - length);
  }
}
