import { checkOptions, show, TokenizerError } from '../errors.js';
import type { PieceKind, ScoredPiece } from '../models/unigram.js';
import type { SentencePieceModel, SentencePieceNormalization } from '../sentencepiece/model-format.js';
import { createSentencePieceStages } from '../sentencepiece/sentencepiece-stages.js';
import { createT5Tokenizer } from '../t5.js';
import { specialAddedToken } from '../tokenizer-parts.js';
import type { Tokenizer } from '../tokenizer.js';
import { sampleTexts } from './text-sample.js';
import { writeCharacterMap } from './unigram/character-map-writer.js';
import { learnUnigram } from './unigram/learn-unigram.js';
import { nmtNfkcRules } from './unigram/nmt-nfkc-rules.js';
import { unigramRules, type LearnUnigramOptions, type UnigramProgress } from './unigram/unigram-options.js';
import { countWords } from './word-counts.js';

const op = 'trainUnigram';

/** How far training is. */
export type UnigramTrainingProgress =
  /** `texts` read so far, with `words` different words. */
  { readonly phase: 'count'; readonly texts: number; readonly words: number } | UnigramProgress;

/** How a T5 vocabulary is learned; the defaults are those of SentencePiece's trainer and of T5. */
export interface TrainUnigramOptions extends Omit<
  LearnUnigramOptions,
  'requiredChars' | 'reservedTokens' | 'treatWhitespaceAsSuffix' | 'onProgress'
> {
  /** Tokens wanted in all: special tokens, bytes and sentinels included. Default 32,100, as T5 has. */
  readonly vocabSize?: number;
  /** Characters that are kept whatever the texts hold, in their normalised form. Default none. */
  readonly initialAlphabet?: string;
  /** They get the first ids, in this order; `<s>` begins sentences. Default `<pad> </s> <unk>`, all needed. */
  readonly specialTokens?: readonly string[];
  /** Number of sentinels `<extra_id_0>` and up, which get the last ids. Default 100. */
  readonly extraIds?: number;
  /**
   * What is done to texts, in training and by the tokenizer made: SentencePiece's NFKC with clean-up, nothing
   * but white space, or that of a model (`readSentencePieceModel(bytes).normalization`). Default 'nmt_nfkc'.
   */
  readonly normalizer?: 'nmt_nfkc' | 'identity' | SentencePieceNormalization;
  /** Learns from so many texts, drawn by chance, and holds them in memory. Default: from all. */
  readonly sampleSize?: number;
  /** Which texts sampleSize draws. Default 0. */
  readonly seed?: number;
  /** The class Hugging Face loads the saved files with. Default `T5Tokenizer`. */
  readonly tokenizerClass?: string;
  readonly onProgress?: (progress: UnigramTrainingProgress) => void;
}

/** T5's special tokens in the order they get their ids. */
const t5TokenOrder: readonly string[] = ['<pad>', '</s>', '<unk>'];

const ownRules = {
  initialAlphabet: null,
  extraIds: 0,
  normalizer: null,
  sampleSize: 1,
  seed: 0,
  tokenizerClass: null,
};
/** Options of learnUnigram that have another name here, or follow from others. */
const hiddenOptionNames = ['requiredChars', 'reservedTokens', 'treatWhitespaceAsSuffix'];

/**
 * Learns a T5 tokenizer from texts, as SentencePiece's trainer does with T5's settings: ids go to special
 * tokens, user-defined symbols, bytes, pieces, best first, and sentinels. Deterministic: the same texts,
 * options and seed give the same tokenizer.
 * @throws TokenizerError for bad options, when there is no text, and when vocabSize is too small for the
 *   characters or too large for the texts; the signal's reason when it fires
 * @see Kudo 2018, §3.2; Raffel et al. 2020, §2.2.1
 */
export async function trainUnigram(
  texts: Iterable<string> | AsyncIterable<string>,
  options: TrainUnigramOptions = {},
): Promise<Tokenizer> {
  checkTrainingOptions(options);
  const { extraIds = 100, sampleSize, seed = 0, tokenizerClass, signal, onProgress } = options;
  const { specialTokens = t5TokenOrder, userDefinedSymbols = [], byteFallback = false } = options;
  signal?.throwIfAborted();
  const normalization = normalizationOf(options.normalizer);
  const drawn =
    sampleSize === undefined ? texts : await sampleTexts(texts, { size: sampleSize, seed, signal });
  const counts = await countWords(drawn, {
    op,
    ...wordStages(normalization, options),
    signal,
    onProgress: (textCount, words) => onProgress?.({ phase: 'count', texts: textCount, words }),
  });
  if (counts.size === 0) throw noWords();
  const pieces = await learnUnigram(counts, learningOptions(options, normalization));
  const model = modelOf(pieces, { normalization, specialTokens, userDefinedSymbols, byteFallback });
  const addedTokens = specialTokens.map((token, id) => specialAddedToken(token, id));
  return createT5Tokenizer({ model, extraIds, tokenizerClass, addedTokens });
}

function learningOptions(
  options: TrainUnigramOptions,
  { whitespaceAsSuffix }: SentencePieceNormalization,
): LearnUnigramOptions {
  const shared = Object.entries(options).filter(([name]) => !Object.hasOwn(ownRules, name));
  const { vocabSize = 32_100, specialTokens = t5TokenOrder, initialAlphabet, extraIds = 100 } = options;
  return {
    ...Object.fromEntries(shared),
    vocabSize,
    specialTokens,
    requiredChars: initialAlphabet,
    reservedTokens: Array.from({ length: extraIds }, (_, index) => `<extra_id_${index}>`),
    treatWhitespaceAsSuffix: whitespaceAsSuffix,
  };
}

function normalizationOf(
  normalizer: TrainUnigramOptions['normalizer'] = 'nmt_nfkc',
): SentencePieceNormalization {
  if (typeof normalizer === 'object') return normalizer;
  return {
    characterMap: writeCharacterMap(normalizer === 'nmt_nfkc' ? nmtNfkcRules() : new Map()),
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
    whitespaceAsSuffix: false,
  };
}

/** The stages before the model. Where words may not be cut at marks, a text is one word. */
function wordStages(
  normalization: SentencePieceNormalization,
  { userDefinedSymbols = [], splitByWhitespace = true }: TrainUnigramOptions,
) {
  const pieces: readonly ScoredPiece[] = ['▁', ...userDefinedSymbols].map((piece) => [piece, 0]);
  const kinds = pieces.map((_, id): PieceKind => (id === 0 ? 'normal' : 'userDefined'));
  const ids = { unkId: 0, bosId: undefined, eosId: undefined, padId: undefined };
  const { normalizer, preTokenizer } = createSentencePieceStages(
    { pieces, kinds, ...ids, byteFallback: false, normalization },
    { prefixes: 'always' },
  );
  return { normalizer, preTokenizer: splitByWhitespace ? preTokenizer : undefined };
}

interface ModelFacts {
  readonly normalization: SentencePieceNormalization;
  readonly specialTokens: readonly string[];
  readonly userDefinedSymbols: readonly string[];
  readonly byteFallback: boolean;
}

function modelOf(
  pieces: readonly ScoredPiece[],
  { normalization, specialTokens, userDefinedSymbols, byteFallback }: ModelFacts,
): SentencePieceModel {
  const userDefinedEnd = specialTokens.length + userDefinedSymbols.length;
  const bytesEnd = userDefinedEnd + (byteFallback ? 256 : 0);
  const kindOf = (piece: string, id: number): PieceKind => {
    if (id < specialTokens.length) return piece === '<unk>' ? 'unknown' : 'control';
    if (id < userDefinedEnd) return 'userDefined';
    return id < bytesEnd ? 'byte' : 'normal';
  };
  const idOf = (token: string) => {
    const id = specialTokens.indexOf(token);
    return id < 0 ? undefined : id;
  };
  return {
    // Scores as a model file keeps them, so that a tokenizer is the same when it is loaded again.
    pieces: pieces.map(([piece, score]) => [piece, Math.fround(score)]),
    kinds: pieces.map(([piece], id) => kindOf(piece, id)),
    unkId: specialTokens.indexOf('<unk>'),
    padId: idOf('<pad>'),
    eosId: idOf('</s>'),
    bosId: idOf('<s>'),
    byteFallback,
    normalization,
  };
}

function checkTrainingOptions(options: TrainUnigramOptions): void {
  const shared = Object.entries(unigramRules).filter(([name]) => !hiddenOptionNames.includes(name));
  checkOptions(op, options, { ...ownRules, ...Object.fromEntries(shared) });
  const { extraIds = 100, vocabSize = 32_100, specialTokens = t5TokenOrder, normalizer } = options;
  if (extraIds >= vocabSize) {
    throw badOption(
      'extraIds',
      `extraIds is ${extraIds}, which leaves nothing of a vocabSize of ${vocabSize}`,
    );
  }
  for (const token of t5TokenOrder) {
    if (Array.isArray(specialTokens) && specialTokens.includes(token)) continue;
    throw badOption('specialTokens', `${token} is not in specialTokens (${show(specialTokens)})`);
  }
  if (normalizer === undefined || normalizer === 'nmt_nfkc' || normalizer === 'identity') return;
  if (normalizer?.characterMap instanceof Uint8Array && normalizer.escapeWhitespaces) return;
  throw badOption(
    'normalizer',
    `normalizer is ${show(normalizer)}, must be "nmt_nfkc", "identity", or the normalization of a model that ` +
      'writes spaces as ▁',
  );
}

function badOption(field: string, problem: string): TokenizerError {
  return new TokenizerError({ code: 'bad-option', op, field, problem });
}

function noWords(): TokenizerError {
  return new TokenizerError({
    code: 'bad-input',
    op,
    field: 'texts',
    problem: 'the texts hold no word',
    remedy: 'an iterator that was used up already, or texts of white space only.',
  });
}
