import { checkedReferences, type References } from './answers.js';
import { badOption, checkInteger, checkOptions } from './checks.js';
import { show } from './errors.js';
import { characterNGrams, sharedCount, totalCount, wordNGrams, type NGramCounts } from './n-grams.js';
import { splitWords } from './python-text.js';
import { formatSignature } from './signature.js';
import { addInto } from './statistics.js';

/** Options of chrF, with sacreBLEU's defaults. */
export interface ChrfOptions {
  /** Longest n-gram of characters; default 6. */
  readonly characterOrder?: number;
  /** Longest n-gram of words; default 0. 2 makes it chrF++. */
  readonly wordOrder?: number;
  /** How much more recall counts than precision; default 2. */
  readonly beta?: number;
  /** Compares in lower case; default false. */
  readonly lowercase?: boolean;
  /** Counts white space as characters; default false. */
  readonly whitespace?: boolean;
  /** Averages F over all orders, as chrF++.py does, instead of those that both sides have; default false. */
  readonly epsilonSmoothing?: boolean;
}

/** chrF in [0, 100]. */
export interface ChrfScores {
  readonly chrf: number;
  /** Name with beta and a plus per word order, such as `chrF2++`. */
  readonly variant: string;
  /** The settings, as sacreBLEU prints them. */
  readonly signature: string;
}

const EPSILON = 1e-16;
const PUNCTUATION = /^[!-/:-@[-`{-~]$/;

/**
 * F-score of character n-grams (and of word n-grams, chrF++), added up over all sentences.
 * @param targets  one reference per sentence, or several, of which the best counts
 * @throws MetricError (metric-length-mismatch, metric-empty, metric-bad-input, metric-bad-option)
 * @see Popović 2015, 2017; sacreBLEU's CHRF
 */
export function chrf(
  targets: readonly References[],
  predictions: readonly string[],
  options: ChrfOptions = {},
): ChrfScores {
  const settings = chrfSettings(options);
  const total = new Float64Array(3 * (settings.characterOrder + settings.wordOrder));
  for (const statistics of chrfStatistics(targets, predictions, options)) addInto(total, statistics);
  const variant = `chrF${settings.beta}${'+'.repeat(settings.wordOrder)}`;
  return { chrf: chrfOfStatistics(total, options), variant, signature: chrfSignature(targets, options) };
}

/** sacreBLEU's signature of these settings. */
export function chrfSignature(targets: readonly References[], options: ChrfOptions = {}): string {
  const { lowercase, epsilonSmoothing, characterOrder, wordOrder, whitespace } = chrfSettings(options);
  return formatSignature(targets, {
    case: lowercase ? 'lc' : 'mixed',
    eff: !epsilonSmoothing,
    nc: characterOrder,
    nw: wordOrder,
    space: whitespace,
  });
}

type ChrfSettings = Required<ChrfOptions>;

function chrfSettings(options: ChrfOptions): ChrfSettings {
  const defaults: ChrfSettings = {
    characterOrder: 6,
    wordOrder: 0,
    beta: 2,
    lowercase: false,
    whitespace: false,
    epsilonSmoothing: false,
  };
  checkOptions('chrf', options, Object.keys(defaults));
  const settings = { ...defaults, ...options };
  checkInteger('chrf', settings.characterOrder, { name: 'characterOrder', min: 1 });
  checkInteger('chrf', settings.wordOrder, { name: 'wordOrder', min: 0 });
  const { beta } = settings;
  if (!(beta > 0 && Number.isFinite(beta)))
    throw badOption('chrf', `beta is ${show(beta)}, needed: a positive number`, beta);
  return settings;
}

/** Per sentence and order: n-grams of the hypothesis, of its best reference, and shared ones. */
export function chrfStatistics(
  targets: readonly References[],
  predictions: readonly string[],
  options: ChrfOptions = {},
): readonly (readonly number[])[] {
  const settings = chrfSettings(options);
  return checkedReferences('chrf', targets, predictions).map((references, index) => {
    const own = allCounts(predictions[index]!, settings);
    let best: readonly number[] = [];
    let bestScore = -1;
    for (const reference of references) {
      const statistics = matchStatistics(own, allCounts(reference, settings));
      const score = chrfOfStatistics(statistics, options);
      if (score > bestScore) [best, bestScore] = [statistics, score];
    }
    return best;
  });
}

function allCounts(line: string, settings: ChrfSettings): readonly NGramCounts[] {
  const text = settings.lowercase ? line.toLowerCase() : line;
  const characters = [...(settings.whitespace ? text : splitWords(text).join(''))];
  const words = settings.wordOrder > 0 ? splitWords(text).flatMap(detachPunctuation) : [];
  return [
    ...Array.from({ length: settings.characterOrder }, (_, order) => characterNGrams(characters, order + 1)),
    ...Array.from({ length: settings.wordOrder }, (_, order) => wordNGrams(words, order + 1)),
  ];
}

/** Parts one mark from the end of a word, or else from its start. @see sacreBLEU issue 124 */
function detachPunctuation(word: string): readonly string[] {
  const characters = [...word];
  if (characters.length === 1) return [word];
  if (PUNCTUATION.test(characters.at(-1)!)) return [word.slice(0, -1), word.slice(-1)];
  if (PUNCTUATION.test(characters[0]!)) return [word.slice(0, 1), word.slice(1)];
  return [word];
}

function matchStatistics(own: readonly NGramCounts[], reference: readonly NGramCounts[]): readonly number[] {
  return own.flatMap((counts, order) => {
    const other = reference[order]!;
    const isComparable = other.size > 0; // without a reference of this order there is nothing to miss
    return [isComparable ? totalCount(counts) : 0, totalCount(other), sharedCount(counts, other)];
  });
}

/** chrF from statistics, added up or of one sentence. */
export function chrfOfStatistics(statistics: ArrayLike<number>, options: ChrfOptions = {}): number {
  const { beta, epsilonSmoothing, characterOrder, wordOrder } = chrfSettings(options);
  const orders = characterOrder + wordOrder;
  const factor = beta ** 2;
  let [score, reached, precisions, recalls] = [0, 0, 0, 0];
  for (let order = 0; order < orders; order++) {
    const [own, other, shared] = [0, 1, 2].map((part) => statistics[3 * order + part]!) as [
      number,
      number,
      number,
    ];
    const precision = own > 0 ? shared / own : EPSILON;
    const recall = other > 0 ? shared / other : EPSILON;
    const denominator = factor * precision + recall;
    score += denominator > 0 ? ((1 + factor) * precision * recall) / denominator : EPSILON;
    if (own === 0 || other === 0) continue;
    precisions += precision;
    recalls += recall;
    reached++;
  }
  if (epsilonSmoothing) return (100 * score) / orders;
  if (precisions + recalls === 0) return 0;
  const [precision, recall] = [precisions / reached, recalls / reached];
  return (100 * (1 + factor) * precision * recall) / (factor * precision + recall);
}
