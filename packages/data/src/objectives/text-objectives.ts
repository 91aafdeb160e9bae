import { checkInteger, checkOptions } from '../errors.js';
import type { Random } from '../random/random.js';
import { logUniformInteger } from './chunks.js';

/** A text pair made from a text. */
export interface TextPair {
  readonly inputs: string;
  readonly targets: string;
}

/** Words of a text: parted by ASCII white space, as TensorFlow splits. */
export function splitTextToWords(text: string): readonly string[] {
  return text.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '');
}

/** Options of `randomSplitText`. */
export interface RandomSplitTextOptions {
  readonly random: Random;
  /** Default 16. */
  readonly minWordsPerSegment?: number;
  /** Default 512. */
  readonly maxWordsPerSegment?: number;
  /** Of a longer text one random part of this many words is used. Default 8192. */
  readonly maxWordsTotal?: number;
}

/** Cuts a text into parts of one length in words, drawn log-uniformly; the last may be shorter. */
export function randomSplitText(text: string, options: RandomSplitTextOptions): readonly string[] {
  const names = ['random', 'minWordsPerSegment', 'maxWordsPerSegment', 'maxWordsTotal'];
  checkOptions('randomSplitText', options, names);
  const { random, minWordsPerSegment = 16, maxWordsPerSegment = 512, maxWordsTotal = 8192 } = options;
  checkInteger('randomSplitText', 'minWordsPerSegment', minWordsPerSegment, 1);
  checkInteger('randomSplitText', 'maxWordsPerSegment', maxWordsPerSegment, minWordsPerSegment);
  checkInteger('randomSplitText', 'maxWordsTotal', maxWordsTotal, 1);
  const all = splitTextToWords(text);
  const chunk = maxWordsTotal * random.below(Math.max(1, Math.ceil(all.length / maxWordsTotal)));
  const words = all.slice(chunk, chunk + maxWordsTotal);
  const length = logUniformInteger([minWordsPerSegment, maxWordsPerSegment], random);
  const parts: string[] = [];
  for (let at = 0; at < words.length; at += length) parts.push(words.slice(at, at + length).join(' '));
  return parts;
}

/** Options of the blank-filling objectives. */
export interface FillInTheBlankOptions {
  readonly random: Random;
  /** Begins the inputs. Default 'fill: '. */
  readonly label?: string;
}

/**
 * Cuts a text into segments at random; every other one is left out, with an X in its place. Gives two
 * examples, one the inverse of the other, and none for a text of less than two words.
 */
export function fillInTheBlank(text: string, options: FillInTheBlankOptions): readonly TextPair[] {
  checkOptions('fillInTheBlank', options, ['random', 'label']);
  const { random, label = 'fill: ' } = options;
  const words = splitTextToWords(text);
  if (words.length < 2) return [];
  const breaks = randomBreaks(words.length, random);
  const sides = [false, true].map((takesFirst) => blanked(words, { breaks, takesFirst }));
  const [second, first] = sides as [string, string];
  return [
    { inputs: label + second, targets: first },
    { inputs: label + first, targets: second },
  ];
}

/** Where a new segment begins: always at 0, and at least once more. */
function randomBreaks(count: number, random: Random): readonly boolean[] {
  const [low, high] = [-Math.log(count + 2), -Math.log(2)];
  const probability = Math.exp(low + random.uniform() * (high - low));
  const breaks = Array.from({ length: count }, (_, at) => at === 0 || random.uniform() < probability);
  if (!breaks.includes(true, 1)) breaks[1 + random.below(count - 1)] = true;
  return breaks;
}

interface Sides {
  readonly breaks: readonly boolean[];
  readonly takesFirst: boolean;
}

function blanked(words: readonly string[], { breaks, takesFirst }: Sides): string {
  const kept: string[] = [];
  let isKept = !takesFirst;
  words.forEach((word, at) => {
    if (breaks[at]) isKept = !isKept;
    if (isKept) kept.push(word);
    else if (breaks[at]) kept.push('X');
  });
  return kept.join(' ');
}

/** Options of `fillInTheBlankSized`. */
export interface FillInTheBlankSizedOptions extends FillInTheBlankOptions {
  /** Sizes that a blank may be said to have, in words. Default 1, 2, 4, … 512. */
  readonly sizeBins?: readonly number[];
}

const powersOfTwo = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/**
 * Leaves out one run of words; `_k_` in its place tells the nearest of the sizes. Undefined for a text of less
 * than two words. The size is drawn below min(words, largest bin), which as in T5 is itself never drawn.
 */
export function fillInTheBlankSized(text: string, options: FillInTheBlankSizedOptions): TextPair | undefined {
  checkOptions('fillInTheBlankSized', options, ['random', 'label', 'sizeBins']);
  const { random, label = 'fill: ', sizeBins = powersOfTwo } = options;
  const bins = [...sizeBins].sort((a, b) => a - b);
  bins.forEach((bin) => checkInteger('fillInTheBlankSized', 'sizeBins', bin, 1));
  const words = splitTextToWords(text);
  const [smallest = 1, largest = smallest] = [bins[0], bins.at(-1)];
  if (words.length < Math.max(2, smallest)) return undefined;
  const size = smallest + random.below(Math.max(1, Math.min(words.length, largest) - smallest));
  const start = random.below(words.length - size + 1);
  const nearest = bins.reduce((best, bin) => (Math.abs(bin - size) < Math.abs(best - size) ? bin : best));
  const inputs = [...words.slice(0, start), `_${nearest}_`, ...words.slice(start + size)].join(' ');
  return { inputs: `${label}${inputs}`.trim(), targets: words.slice(start, start + size).join(' ') };
}

/** Scripts that put no spaces between words: Burmese, Han, kana, Javanese, Khmer, Lao, Tai, Thai, Tibetan. */
const unspaced =
  /[\u1000-\u104f\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u2e80-\u2eff\u31c0-\u31ef\u3000-\u303f\u3040-\u309f\u30a0-\u30ff\ua980-\ua9df\u1780-\u17ff\u19e0-\u19ff\u0e80-\u0eff\u1980-\u19df\u1a20-\u1aaf\u0e00-\u0e7f\u0f00-\u0fff]/g;

/** Puts spaces around each character of scripts that have none between words; runs of space become one. */
export function padNonspacedLanguages(text: string): string {
  return text.replace(unspaced, ' $& ').replace(/[ \t\n\f\r]+/g, ' ');
}
