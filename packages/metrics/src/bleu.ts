import { checkedReferences, type References } from './answers.js';
import { BLEU_TOKENIZERS, type BleuTokenizer } from './bleu-tokenizers.js';
import { badOption, checkChoice, checkInteger, checkOptions } from './checks.js';
import { show } from './errors.js';
import { sharedCount, totalCount, wordNGrams, type NGramCounts } from './n-grams.js';
import { splitWords, trimEnd } from './python-text.js';
import { formatSignature, twoDigits } from './signature.js';
import { addInto, ratio, sum } from './statistics.js';

/** What happens to an order without a match. @see Chen and Cherry 2014 */
export type BleuSmoothing = 'none' | 'floor' | 'add-k' | 'exp';

/** Options of BLEU, with sacreBLEU's defaults. */
export interface BleuOptions {
  /** Default `13a`. T5 reports `intl`. */
  readonly tokenize?: BleuTokenizer;
  /** Default `exp`. */
  readonly smoothing?: BleuSmoothing;
  /** With `floor` (default 0.1) and `add-k` (default 1). */
  readonly smoothingValue?: number;
  /** Longest n-gram; default 4. */
  readonly maxOrder?: number;
  /** Stops at the longest order that the hypothesis has; for single sentences. Default false. */
  readonly effectiveOrder?: boolean;
  /** Compares in lower case; default false. */
  readonly lowercase?: boolean;
}

/** BLEU and what it is made of; percentages in [0, 100]. */
export interface BleuScores {
  readonly bleu: number;
  /** Per order, after smoothing. */
  readonly precisions: readonly number[];
  readonly brevityPenalty: number;
  /** Words of all hypotheses. */
  readonly hypothesisLength: number;
  /** Words of the references nearest in length. */
  readonly referenceLength: number;
  /** The settings, as sacreBLEU prints them. */
  readonly signature: string;
}

const DEFAULT_VALUES = { none: undefined, exp: undefined, floor: 0.1, 'add-k': 1 } as const;

/**
 * Corpus BLEU: n-gram counts are added up over all sentences before precisions are taken.
 * @param targets  one reference per sentence, or several
 * @throws MetricError (metric-length-mismatch, metric-empty, metric-bad-input, metric-bad-option)
 * @see Papineni et al. 2002; sacreBLEU's corpus_score
 */
export function bleu(
  targets: readonly References[],
  predictions: readonly string[],
  options: BleuOptions = {},
): BleuScores {
  const settings = bleuSettings(options);
  const total = new Float64Array(2 + 2 * settings.maxOrder);
  for (const statistics of bleuStatistics(targets, predictions, options)) addInto(total, statistics);
  return { ...bleuOfStatistics(total, options), signature: bleuSignature(targets, options) };
}

/** BLEU of one sentence. `effectiveOrder` is true unless said otherwise, as sacreBLEU advises. */
export function sentenceBleu(target: References, prediction: string, options: BleuOptions = {}): BleuScores {
  return bleu([target], [prediction], { effectiveOrder: true, ...options });
}

/** sacreBLEU's signature of these settings, such as `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0`. */
export function bleuSignature(targets: readonly References[], options: BleuOptions = {}): string {
  const { lowercase, effectiveOrder, tokenize, smoothing, value } = bleuSettings(options);
  return formatSignature(targets, {
    case: lowercase ? 'lc' : 'mixed',
    eff: effectiveOrder,
    tok: tokenize,
    smooth: value === undefined ? smoothing : `${smoothing}[${twoDigits(value)}]`,
  });
}

interface BleuSettings {
  readonly tokenize: BleuTokenizer;
  readonly smoothing: BleuSmoothing;
  readonly value: number | undefined;
  readonly maxOrder: number;
  readonly effectiveOrder: boolean;
  readonly lowercase: boolean;
}

function bleuSettings(options: BleuOptions): BleuSettings {
  checkOptions('bleu', options, [
    'tokenize',
    'smoothing',
    'smoothingValue',
    'maxOrder',
    'effectiveOrder',
    'lowercase',
  ]);
  const { tokenize = '13a', smoothing = 'exp', smoothingValue, maxOrder = 4 } = options;
  checkChoice('bleu', tokenize, { name: 'tokenize', allowed: Object.keys(BLEU_TOKENIZERS) });
  checkChoice('bleu', smoothing, { name: 'smoothing', allowed: Object.keys(DEFAULT_VALUES) });
  checkInteger('bleu', maxOrder, { name: 'maxOrder', min: 1 });
  const standard = DEFAULT_VALUES[smoothing];
  if (smoothingValue !== undefined && (standard === undefined || !(smoothingValue >= 0))) {
    const needed = standard === undefined ? `nothing with smoothing '${smoothing}'` : 'a number from 0 up';
    throw badOption('bleu', `smoothingValue is ${show(smoothingValue)}, needed: ${needed}`, smoothingValue);
  }
  const { effectiveOrder = false, lowercase = false } = options;
  return { tokenize, smoothing, value: smoothingValue ?? standard, maxOrder, effectiveOrder, lowercase };
}

/** Per sentence: hypothesis length, reference length, then matches and n-grams of each order. */
export function bleuStatistics(
  targets: readonly References[],
  predictions: readonly string[],
  options: BleuOptions = {},
): readonly (readonly number[])[] {
  const { tokenize, lowercase, maxOrder } = bleuSettings(options);
  const wordsOf = (line: string): string[] => {
    const text = trimEnd(lowercase ? line.toLowerCase() : line);
    return splitWords(BLEU_TOKENIZERS[tokenize](text));
  };
  const orders = Array.from({ length: maxOrder }, (_, index) => index + 1);
  return checkedReferences('bleu', targets, predictions).map((references, index) => {
    const hypothesis = wordsOf(predictions[index]!);
    const all = references.map(wordsOf);
    const own = orders.map((order) => wordNGrams(hypothesis, order));
    const matches = own.map((counts, at) =>
      sharedCount(counts, highestCounts(all.map((words) => wordNGrams(words, orders[at]!)))),
    );
    const length = closestLength(
      hypothesis.length,
      all.map((words) => words.length),
    );
    return [hypothesis.length, length, ...matches, ...own.map(totalCount)];
  });
}

/** Per n-gram, how often the reference with most of them has it. */
function highestCounts(counts: readonly NGramCounts[]): NGramCounts {
  if (counts.length === 1) return counts[0]!;
  const highest = new Map<string, number>();
  for (const one of counts) {
    for (const [gram, count] of one) highest.set(gram, Math.max(count, highest.get(gram) ?? 0));
  }
  return highest;
}

/** The reference length nearest to the hypothesis; of two as near, the shorter. */
function closestLength(length: number, references: readonly number[]): number {
  return references.reduce((best, candidate) => {
    const gain = Math.abs(best - length) - Math.abs(candidate - length);
    return gain > 0 || (gain === 0 && candidate < best) ? candidate : best;
  });
}

/** BLEU from added-up statistics. */
export function bleuOfStatistics(
  statistics: ArrayLike<number>,
  options: BleuOptions = {},
): Omit<BleuScores, 'signature'> {
  const settings = bleuSettings(options);
  const { maxOrder, effectiveOrder } = settings;
  const [hypothesisLength, referenceLength, ...counts] = Array.from(statistics) as [
    number,
    number,
    ...number[],
  ];
  const matches = counts.slice(0, maxOrder);
  const isShort = hypothesisLength < referenceLength;
  const brevityPenalty = isShort ? Math.exp(1 - ratio(referenceLength, hypothesisLength, Infinity)) : 1;
  const rest = { brevityPenalty, hypothesisLength, referenceLength };
  if (matches.every((count) => count === 0)) {
    return { bleu: 0, precisions: new Array<number>(maxOrder).fill(0), ...rest };
  }
  const { precisions, reached } = smoothedPrecisions({ matches, totals: counts.slice(maxOrder) }, settings);
  const order = effectiveOrder ? reached : maxOrder;
  const logs = precisions.slice(0, order).map((value) => (value === 0 ? LOG_OF_ZERO : Math.log(value)));
  return { bleu: brevityPenalty * Math.exp(sum(logs) / order), precisions, ...rest };
}

/** sacreBLEU's stand-in for log 0. */
const LOG_OF_ZERO = -9999999999;

function smoothedPrecisions(
  { matches, totals }: { readonly matches: readonly number[]; readonly totals: readonly number[] },
  { smoothing, value = 0, maxOrder }: BleuSettings,
): { readonly precisions: readonly number[]; readonly reached: number } {
  const precisions = new Array<number>(maxOrder).fill(0);
  let [reached, halving] = [maxOrder, 1];
  for (let index = 0; index < maxOrder; index++) {
    const added = smoothing === 'add-k' && index > 0 ? value : 0;
    const [match, total] = [matches[index]! + added, totals[index]! + added];
    if (total === 0) break;
    reached = index + 1;
    if (match > 0) precisions[index] = (100 * match) / total;
    else if (smoothing === 'exp') precisions[index] = 100 / ((halving *= 2) * total);
    else if (smoothing === 'floor') precisions[index] = (100 * value) / total;
  }
  return { precisions, reached };
}
