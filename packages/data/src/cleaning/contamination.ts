import { checkInteger, checkOptions, optionError } from '../errors.js';
import { createHashTable, type HashTable, type HashTableData } from './hash-table.js';
import { createWordHasher, eachGram, type WordHashes } from './words.js';

/** Texts that must not be trained on. */
export interface EvaluationTexts {
  /** How the report calls them, such as the file. */
  readonly name: string;
  readonly texts: AsyncIterable<string> | Iterable<string>;
}

/** A set of evaluation texts, as the index knows it. */
export interface EvaluationSet {
  readonly name: string;
  readonly examples: number;
  /** Examples of fewer words than a run, which can never be found. */
  readonly tooShort: number;
}

/** Runs of words of evaluation texts; plain data, so that it can be handed to a worker. */
export interface ContaminationIndex {
  /** Words in a run. */
  readonly ngram: number;
  readonly sets: readonly EvaluationSet[];
  /** Hash of a run → number of the first example that has it, over all sets. */
  readonly table: HashTableData;
  /** Tells the index apart from others: of the same texts and `ngram` it is the same. */
  readonly fingerprint: string;
}

/** Where a training text repeats an evaluation text. */
export interface ContaminationSpan {
  /** First evaluation example that is repeated: number of its set, number within it. */
  readonly set: number;
  readonly example: number;
  /** The repeated part of the training text, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
}

/**
 * The index of evaluation texts by all their runs of `ngram` words; upper and lower case and punctuation do not count.
 * @param options.ngram  default 13, as in GPT-3
 * @throws DataError (option-value, unknown-option); what reading the texts throws
 * @see Brown et al. 2020, appendix C
 */
export async function indexEvaluation(
  evaluation: readonly EvaluationTexts[],
  options: { readonly ngram?: number; readonly signal?: AbortSignal } = {},
): Promise<ContaminationIndex> {
  checkOptions('indexEvaluation', options, ['ngram', 'signal']);
  const { ngram = 13, signal } = options;
  checkInteger('indexEvaluation', 'ngram', ngram, 1);
  if (evaluation.length === 0)
    throw optionError('indexEvaluation', 'evaluation', 'no evaluation texts are given');
  const table = createHashTable();
  const hashWords = createWordHasher();
  const sets: EvaluationSet[] = [];
  let number = 0;
  let checksum = 0;
  for (const { name, texts } of evaluation) {
    let [examples, tooShort] = [0, 0];
    for await (const text of texts) {
      signal?.throwIfAborted();
      const words = hashWords(text);
      if (words.count < ngram) tooShort++;
      eachGram(words, { size: ngram }, (high, low) => {
        checksum = Math.imul(checksum ^ high, 0x01000193) ^ low;
        if (table.get(high, low) < 0) table.set(high, low, number);
      });
      examples++;
      number++;
    }
    sets.push(Object.freeze({ name, examples, tooShort }));
  }
  const fingerprint = `${ngram}-${table.size}-${number}-${(checksum >>> 0).toString(16)}`;
  return Object.freeze({ ngram, sets, table: table.data, fingerprint });
}

/** Finds what a training text repeats of the evaluation texts. */
type ContaminationFinder = (words: WordHashes) => readonly ContaminationSpan[];

/** A finder; neighbouring and overlapping runs become one span. */
export function createContaminationFinder(index: ContaminationIndex): ContaminationFinder {
  const table: HashTable = createHashTable(index.table);
  return (words) => {
    const spans: ContaminationSpan[] = [];
    let lastWord = -1; // of the last span
    eachGram(words, { size: index.ngram }, (high, low, first) => {
      const number = table.get(high, low);
      if (number < 0) return;
      const last = first + index.ngram - 1;
      const end = words.ends[last]!;
      const before = spans.at(-1);
      if (before !== undefined && first <= lastWord + 1) spans[spans.length - 1] = { ...before, end };
      else spans.push({ ...placeOfExample(index.sets, number), start: words.starts[first]!, end });
      lastWord = last;
    });
    return spans;
  };
}

function placeOfExample(
  sets: readonly EvaluationSet[],
  number: number,
): Pick<ContaminationSpan, 'set' | 'example'> {
  let before = 0;
  const set = sets.findIndex(({ examples }) => {
    if (number < before + examples) return true;
    before += examples;
    return false;
  });
  return { set, example: number - before };
}

/** An evaluation example that a training text repeats, and with what words. */
export interface RepeatedExample extends Pick<ContaminationSpan, 'set' | 'example'> {
  readonly text: string;
}

/** How contaminated texts are cut. */
export interface CutOptions {
  /** Characters that go with a repeated part on either side. */
  readonly margin: number;
  /** Shorter pieces are dropped. */
  readonly minLength: number;
  /** A text that would fall into more pieces is dropped as a whole. */
  readonly maxPieces: number;
}

/** What is left of a text without its repeated parts; undefined when it is too much in pieces. */
export function cutSpans(
  text: string,
  spans: readonly Pick<ContaminationSpan, 'start' | 'end'>[],
  { margin, minLength, maxPieces }: CutOptions,
): readonly string[] | undefined {
  const pieces: string[] = [];
  let from = 0;
  const keep = (start: number, end: number): void => {
    const piece = text.slice(start, end).trim();
    if (piece.length >= minLength) pieces.push(piece);
  };
  for (const { start, end } of spans) {
    const [cutStart, cutEnd] = [wordStart(text, start - margin), wordEnd(text, end + margin)];
    if (cutStart > from) keep(from, cutStart);
    from = Math.max(from, cutEnd);
  }
  keep(from, text.length);
  return pieces.length > maxPieces ? undefined : pieces;
}

/** `at`, moved to the left until it is behind a space, so that no word is cut in two. */
function wordStart(text: string, at: number): number {
  let moved = Math.max(0, at);
  while (moved > 0 && !/\s/.test(text[moved - 1]!)) moved--;
  return moved;
}

function wordEnd(text: string, at: number): number {
  let moved = Math.min(text.length, at);
  while (moved < text.length && !/\s/.test(text[moved]!)) moved++;
  return moved;
}
