import { checkedReferences, type References } from './answers.js';
import { badOption, checkChoice, checkOptions } from './checks.js';
import { show } from './errors.js';
import { sharedCount, totalCount, wordNGrams } from './n-grams.js';
import { porterStem } from './porter-stemmer.js';
import { harmonicMean, mean, ratio, sum } from './statistics.js';

/** Overlap of n-grams, longest common subsequence of the text, or of its sentences together. */
export type RougeType = `rouge${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}` | 'rougeL' | 'rougeLsum';

/** Options of ROUGE. */
export interface RougeOptions<Type extends RougeType = RougeType> {
  /** Default rouge1, rouge2, rougeL, rougeLsum. */
  readonly types?: readonly Type[];
  /** Compares stems of words of more than three letters; default false. */
  readonly useStemmer?: boolean;
  /**
   * Where sentences end, for rougeLsum. `newline` (default): at line breaks, as rouge_score. `t5`: after ` . ` too,
   * as T5 prepares summaries.
   */
  readonly sentences?: 'newline' | 't5';
}

/** In percent. */
export interface RougeScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

const DEFAULT_TYPES = ['rouge1', 'rouge2', 'rougeL', 'rougeLsum'] as const;

type DefaultType = (typeof DEFAULT_TYPES)[number];

/**
 * ROUGE, averaged over examples. Only ASCII letters and digits make words, as in the original.
 * @param targets  one reference each, or several, of which the best F1 counts
 * @throws MetricError (metric-length-mismatch, metric-empty, metric-bad-input, metric-bad-option)
 * @see Lin 2004; rouge_score 0.1.2. For its bootstrap aggregate see `bootstrap`.
 */
export function rouge<Type extends RougeType = DefaultType>(
  targets: readonly References[],
  predictions: readonly string[],
  options: RougeOptions<Type> = {},
): Readonly<Record<Type, RougeScore>> {
  const types = options.types ?? (DEFAULT_TYPES as readonly RougeType[] as readonly Type[]);
  const examples = rougePerExample(targets, predictions, options);
  const average = (type: Type, name: keyof RougeScore): number =>
    mean(examples.map((scores) => scores[type][name]));
  const entries = types.map((type) => [
    type,
    { precision: average(type, 'precision'), recall: average(type, 'recall'), f1: average(type, 'f1') },
  ]);
  return Object.fromEntries(entries) as Record<Type, RougeScore>;
}

/** ROUGE of each example by itself, in percent. */
export function rougePerExample<Type extends RougeType = DefaultType>(
  targets: readonly References[],
  predictions: readonly string[],
  options: RougeOptions<Type> = {},
): readonly Readonly<Record<Type, RougeScore>>[] {
  checkOptions('rouge', options, ['types', 'useStemmer', 'sentences']);
  const { useStemmer = false, sentences = 'newline' } = options;
  const types = options.types ?? (DEFAULT_TYPES as readonly RougeType[] as readonly Type[]);
  checkChoice('rouge', sentences, { name: 'sentences', allowed: ['newline', 't5'] });
  for (const type of types) {
    if (!/^rouge(?:[1-9]|L|Lsum)$/.test(type))
      throw badOption(
        'rouge',
        `types has ${show(type)}, needed: rouge1 to rouge9, rougeL or rougeLsum`,
        type,
      );
  }
  const read = (text: string): Summary =>
    readSummary(sentences === 't5' ? text.replaceAll(' . ', ' .\n') : text, useStemmer);
  return checkedReferences('rouge', targets, predictions).map((references, index) => {
    const prediction = read(predictions[index]!);
    const all = references.map(read);
    const best = (type: RougeType): RougeScore =>
      all.map((target) => scoreOf(type, { target, prediction })).reduce((a, b) => (b.f1 > a.f1 ? b : a));
    return Object.fromEntries(types.map((type) => [type, best(type)])) as Record<Type, RougeScore>;
  });
}

interface Summary {
  readonly words: readonly string[];
  readonly sentences: readonly (readonly string[])[];
}

function readSummary(text: string, isStemmed: boolean): Summary {
  const wordsOf = (part: string): string[] => {
    const words = part.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    return isStemmed ? words.map((word) => (word.length > 3 ? porterStem(word) : word)) : [...words];
  };
  return { words: wordsOf(text), sentences: text.split('\n').map(wordsOf) };
}

interface SummaryPair {
  readonly target: Summary;
  readonly prediction: Summary;
}

function scoreOf(type: RougeType, { target, prediction }: SummaryPair): RougeScore {
  const lengths = { wanted: target.words.length, given: prediction.words.length };
  if (type === 'rougeL') return percentages(subsequenceLength(target.words, prediction.words), lengths);
  if (type === 'rougeLsum') return percentages(unionHits(target.sentences, prediction.sentences), lengths);
  const order = Number(type.slice(5));
  const [wanted, given] = [wordNGrams(target.words, order), wordNGrams(prediction.words, order)];
  return percentages(sharedCount(wanted, given), { wanted: totalCount(wanted), given: totalCount(given) });
}

function percentages(
  hits: number,
  { wanted, given }: { readonly wanted: number; readonly given: number },
): RougeScore {
  const [precision, recall] = [ratio(hits, given), ratio(hits, wanted)];
  return { precision: 100 * precision, recall: 100 * recall, f1: 100 * harmonicMean(precision, recall) };
}

/** Length of the longest common subsequence, in two rows: whole documents may be long. */
function subsequenceLength(a: readonly string[], b: readonly string[]): number {
  let above = new Uint32Array(b.length + 1);
  let row = new Uint32Array(b.length + 1);
  for (const word of a) {
    fillRow(row, { above, word, b });
    [above, row] = [row, above];
  }
  return above[b.length]!;
}

/** Length of the longest common subsequence of every two beginnings. */
function subsequenceTable(a: readonly string[], b: readonly string[]): readonly Uint32Array[] {
  const rows = [new Uint32Array(b.length + 1)];
  for (const word of a) {
    const row = new Uint32Array(b.length + 1);
    fillRow(row, { above: rows.at(-1)!, word, b });
    rows.push(row);
  }
  return rows;
}

function fillRow(
  row: Uint32Array,
  { above, word, b }: { readonly above: Uint32Array; readonly word: string; readonly b: readonly string[] },
): void {
  for (let column = 1; column <= b.length; column++) {
    const isSame = word === b[column - 1];
    row[column] = isSame ? above[column - 1]! + 1 : Math.max(above[column]!, row[column - 1]!);
  }
}

/**
 * Words of the target that some sentence of the prediction has in order, each counted as often as both sides have
 * it. Which subsequence is taken where several are longest follows rouge_score: it changes the union.
 */
function unionHits(
  target: readonly (readonly string[])[],
  prediction: readonly (readonly string[])[],
): number {
  const counts = [target, prediction].map((sentences) => {
    const left = new Map<string, number>();
    for (const word of sentences.flat()) left.set(word, (left.get(word) ?? 0) + 1);
    return left;
  });
  const take = (word: string): boolean => {
    if (counts.some((left) => (left.get(word) ?? 0) === 0)) return false;
    for (const left of counts) left.set(word, left.get(word)! - 1);
    return true;
  };
  return sum(
    target.map((sentence) => {
      const union = new Set(prediction.flatMap((other) => subsequenceIndices(sentence, other)));
      const inOrder = sentence.filter((_, index) => union.has(index));
      return inOrder.filter(take).length;
    }),
  );
}

function subsequenceIndices(a: readonly string[], b: readonly string[]): readonly number[] {
  const table = subsequenceTable(a, b);
  const indices: number[] = [];
  let [row, column] = [a.length, b.length];
  while (row > 0 && column > 0) {
    if (a[row - 1] === b[column - 1]) {
      indices.push(--row);
      column--;
    } else if (table[row]![column - 1]! > table[row - 1]![column]!) column--;
    else row--;
  }
  return indices;
}
