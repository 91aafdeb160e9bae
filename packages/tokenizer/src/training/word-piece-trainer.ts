import { createBertTokenizer } from '../bert.js';
import { checkOptions, show, TokenizerError } from '../errors.js';
import { createBertNormalizer, type BertNormalizerOptions } from '../normalizers/bert-normalizer.js';
import { createBertPreTokenizer } from '../pre-tokenizers/bert-pre-tokenizer.js';
import type { Tokenizer } from '../tokenizer.js';
import { initialPieces, type Pieces } from './initial-pieces.js';
import { pause } from './pause.js';
import { countPairs, mergedToken, mergePair, splitWords } from './symbol-words.js';
import { countWords } from './word-counts.js';

/** How far training is. */
export type TrainingProgress =
  /** `texts` read so far, with `words` different words. */
  | { readonly phase: 'count'; readonly texts: number; readonly words: number }
  /** Pieces so far, of the `vocabSize` wanted. */
  | { readonly phase: 'merge'; readonly pieces: number; readonly vocabSize: number };

/** How a WordPiece vocabulary is learned; the defaults are those of Hugging Face's BertWordPieceTokenizer. */
export interface TrainWordPieceOptions {
  /** Pieces wanted, special tokens included. Default 30,000. */
  readonly vocabSize?: number;
  /** A pair of pieces must occur this often to become one. Default 2. */
  readonly minFrequency?: number;
  /** The most different characters kept; the rarest go, and words lose them. Default 1,000. */
  readonly limitAlphabet?: number;
  /** Characters that are kept whatever the texts hold. Default none. */
  readonly initialAlphabet?: string;
  /** They get the first ids, in this order. Default `[PAD] [UNK] [CLS] [SEP] [MASK]`, all five needed. */
  readonly specialTokens?: readonly string[];
  /** Marks pieces that continue a word. Default `##`. */
  readonly continuingSubwordPrefix?: string;
  /** The normaliser of training and of the tokenizer made. Default: uncased. */
  readonly normalizer?: BertNormalizerOptions;
  /** The class Hugging Face loads the saved files with. Default `BertTokenizer`. */
  readonly tokenizerClass?: 'BertTokenizer' | 'ElectraTokenizer';
  /** Stops training; its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

const rules = {
  vocabSize: 1,
  minFrequency: 0,
  limitAlphabet: 1,
  initialAlphabet: null,
  specialTokens: null,
  continuingSubwordPrefix: null,
  normalizer: null,
  tokenizerClass: null,
  signal: null,
  onProgress: null,
};

/** BERT's special tokens in the order they get their ids. */
const bertTokenOrder: readonly string[] = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

const mergesPerTurn = 128;

/**
 * Learns a WordPiece vocabulary as Hugging Face's trainer does: from characters, the most frequent pair of
 * neighbouring pieces becomes a piece, until there are enough or no pair is frequent enough.
 * Deterministic: ids go to special tokens, then characters, then continuing characters, both by code point,
 * then merges; among pairs of equal frequency the one with the lower ids is first (Hugging Face's order is
 * random there).
 * @throws TokenizerError for bad options, and when there is no text; the signal's reason when it fires
 * @see Sennrich et al. 2016, algorithm 1; Hugging Face WordPieceTrainer
 */
export async function trainWordPiece(
  texts: Iterable<string> | AsyncIterable<string>,
  options: TrainWordPieceOptions = {},
): Promise<Tokenizer> {
  checkTrainingOptions(options);
  const { normalizer, tokenizerClass, signal, onProgress } = options;
  const { continuingSubwordPrefix = '##', specialTokens = bertTokenOrder } = options;
  signal?.throwIfAborted();
  const counts = await countWords(texts, {
    op: 'trainWordPiece',
    normalizer: createBertNormalizer(normalizer),
    preTokenizer: createBertPreTokenizer(),
    signal,
    onProgress: (textCount, words) => onProgress?.({ phase: 'count', texts: textCount, words }),
  });
  if (counts.size === 0) throw noWords();
  const { limitAlphabet = 1000, initialAlphabet = '' } = options;
  const pieces = initialPieces(counts, {
    limitAlphabet,
    initialAlphabet,
    specialTokens,
    continuingSubwordPrefix,
  });
  await learnMerges(counts, pieces, options);
  const additionalSpecialTokens = specialTokens.filter((token) => !bertTokenOrder.includes(token));
  return createBertTokenizer({
    vocab: pieces.tokens,
    normalizer,
    additionalSpecialTokens,
    continuingSubwordPrefix,
    tokenizerClass,
  });
}

/** Adds the most frequent pair as a piece, again and again. */
async function learnMerges(
  counts: ReadonlyMap<string, number>,
  pieces: Pieces,
  options: TrainWordPieceOptions,
): Promise<void> {
  const {
    vocabSize = 30_000,
    minFrequency = 2,
    continuingSubwordPrefix = '##',
    signal,
    onProgress,
  } = options;
  const report = () => onProgress?.({ phase: 'merge', pieces: pieces.tokens.length, vocabSize });
  const words = splitWords(counts, pieces, continuingSubwordPrefix);
  const queue = countPairs(words);
  let merges = 0;
  while (pieces.tokens.length < vocabSize) {
    const pair = queue.takeMostFrequent();
    if (pair === undefined || pair.count < minFrequency) break;
    const merged = pieces.idOf(mergedToken(pair, pieces, continuingSubwordPrefix));
    mergePair(pair, { words, queue, merged });
    if (++merges % mergesPerTurn !== 0) continue;
    report();
    await pause(signal);
  }
  report();
}

function checkTrainingOptions(options: TrainWordPieceOptions): void {
  const op = 'trainWordPiece';
  checkOptions(op, options, rules);
  const { specialTokens } = options;
  for (const token of specialTokens === undefined ? [] : ['[UNK]', '[CLS]', '[SEP]']) {
    if (Array.isArray(specialTokens) && specialTokens.includes(token)) continue;
    throw new TokenizerError({
      code: 'bad-option',
      op,
      field: 'specialTokens',
      problem: `${token} is not in specialTokens (${show(specialTokens)})`,
      remedy: 'a BERT tokenizer needs [UNK], [CLS] and [SEP]; padding a batch needs [PAD].',
    });
  }
}

function noWords(): TokenizerError {
  return new TokenizerError({
    code: 'bad-input',
    op: 'trainWordPiece',
    field: 'texts',
    problem: 'the texts hold no word',
    remedy: 'an iterator that was used up already, or texts of white space only.',
  });
}
