import { checkOptions, flag, show, TokenizerError, type Rule } from '../../errors.js';
import { bytePiece } from '../../models/unigram.js';
import type { PieceRuleOptions } from './piece-rules.js';

/** How far the learning is. */
export type UnigramProgress =
  /** `pieces` to begin with, in `fragments` different fragments of words. */
  | { readonly phase: 'seed'; readonly pieces: number; readonly fragments: number }
  /** `pieces` after a step of expectation maximisation; `objective` is the negative log likelihood a fragment. */
  | { readonly phase: 'em'; readonly step: number; readonly pieces: number; readonly objective: number }
  /** `pieces` left by pruning, which goes on until there are `target`. */
  | { readonly phase: 'prune'; readonly pieces: number; readonly target: number };

/** How a Unigram vocabulary is learned; the defaults are those of SentencePiece's trainer. */
export interface LearnUnigramOptions {
  /** Pieces wanted in all: special tokens, user-defined symbols and bytes included. Default 8,000. */
  readonly vocabSize?: number;
  /** They get the first ids, in this order, with score 0. Default none. */
  readonly specialTokens?: readonly string[];
  /** Symbols that stay whole wherever they occur; they follow the special tokens, with score 0. Default none. */
  readonly userDefinedSymbols?: readonly string[];
  /** Adds the 256 pieces `<0x00>` … `<0xFF>`, for characters outside the vocabulary. Default false. */
  readonly byteFallback?: boolean;
  /**
   * Tokens that the caller gives ids behind the pieces: they count towards vocabSize, and like special tokens
   * they are no part of a piece. Default none.
   */
  readonly reservedTokens?: readonly string[];
  /** Characters that are kept whatever the texts hold. Default none. */
  readonly requiredChars?: string;
  /** Share of the text's characters that must be kept; the rarest others become unknown. Default 0.9995. */
  readonly characterCoverage?: number;
  /** The most different characters kept, whatever the coverage. Default no limit. */
  readonly limitAlphabet?: number;
  /** In code points, at most 512. Default 16. */
  readonly maxPieceLength?: number;
  /** The most pieces to begin with, characters aside. Default 1,000,000. */
  readonly seedSize?: number;
  /** Share of the pieces that a round of pruning leaves. Default 0.75. */
  readonly shrinkingFactor?: number;
  /** EM steps between two rounds of pruning. Default 2. */
  readonly numSubIterations?: number;
  /** Keeps characters of different scripts apart. Default true. */
  readonly splitByUnicodeScript?: boolean;
  /** With splitByUnicodeScript: keeps digits apart from letters too. Default true. */
  readonly splitByNumber?: boolean;
  /** Makes every digit a piece of its own. Default false. */
  readonly splitDigits?: boolean;
  /** No piece reaches from one word into the next. Default true. */
  readonly splitByWhitespace?: boolean;
  /** Lets several ▁ be a piece. Default false. */
  readonly allowWhitespaceOnlyPieces?: boolean;
  /** The ▁ stands at the end of words, and of pieces. Default false: at the front. */
  readonly treatWhitespaceAsSuffix?: boolean;
  /** When texts give fewer pieces than wanted: true throws, false makes do. Default true. */
  readonly hardVocabLimit?: boolean;
  /** Stops the learning; its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: UnigramProgress) => void;
}

/** The options with their defaults filled in. */
export interface UnigramSettings extends PieceRuleOptions {
  readonly vocabSize: number;
  readonly specialTokens: readonly string[];
  readonly userDefinedSymbols: readonly string[];
  readonly reservedTokens: readonly string[];
  readonly byteFallback: boolean;
  readonly requiredChars: string;
  readonly characterCoverage: number;
  readonly limitAlphabet: number;
  readonly seedSize: number;
  readonly shrinkingFactor: number;
  readonly numSubIterations: number;
  readonly hardVocabLimit: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: UnigramProgress) => void) | undefined;
}

const defaults: UnigramSettings = {
  vocabSize: 8000,
  specialTokens: [],
  userDefinedSymbols: [],
  reservedTokens: [],
  byteFallback: false,
  requiredChars: '',
  characterCoverage: 0.9995,
  limitAlphabet: Infinity,
  maxPieceLength: 16,
  seedSize: 1_000_000,
  shrinkingFactor: 0.75,
  numSubIterations: 2,
  splitByUnicodeScript: true,
  splitByNumber: true,
  splitDigits: false,
  splitByWhitespace: true,
  allowWhitespaceOnlyPieces: false,
  treatWhitespaceAsSuffix: false,
  hardVocabLimit: true,
  signal: undefined,
  onProgress: undefined,
};

const counts = ['vocabSize', 'maxPieceLength', 'seedSize', 'numSubIterations', 'limitAlphabet'];

/** What LearnUnigramOptions may be. */
export const unigramRules: Readonly<Record<string, Rule>> = Object.fromEntries(
  Object.entries(defaults).map(([name, value]) => [
    name,
    typeof value === 'boolean' ? flag : counts.includes(name) ? 1 : null,
  ]),
);

const op = 'learnUnigram';

/** SentencePiece's limit. */
const longestPiece = 512;

/**
 * Checks the options and fills in the defaults.
 * @throws TokenizerError (bad-option) for what is unknown, of the wrong type or out of range
 */
export function unigramSettings(options: LearnUnigramOptions): UnigramSettings {
  checkOptions(op, options, unigramRules);
  const { maxPieceLength = 1 } = options;
  if (maxPieceLength > longestPiece)
    throw badOption('maxPieceLength', maxPieceLength, `must be ${longestPiece} or less`);
  checkShare('characterCoverage', options.characterCoverage, (share) => share > 0 && share <= 1);
  checkShare('shrinkingFactor', options.shrinkingFactor, (share) => share > 0 && share < 1);
  const { specialTokens = [], userDefinedSymbols = [], reservedTokens = [], requiredChars = '' } = options;
  if (typeof requiredChars !== 'string' || /[\0 ]/.test(requiredChars))
    throw badOption(
      'requiredChars',
      requiredChars,
      'must be a string without NUL and space (write ▁, U+2581)',
    );
  const bytes =
    options.byteFallback === true ? Array.from({ length: 256 }, (_, byte) => bytePiece(byte)) : [];
  checkSymbols('specialTokens', specialTokens, bytes);
  checkSymbols('userDefinedSymbols', userDefinedSymbols, [...bytes, ...specialTokens]);
  checkSymbols('reservedTokens', reservedTokens, [...bytes, ...specialTokens, ...userDefinedSymbols]);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

function checkShare(name: string, value: unknown, isGood: (share: number) => boolean): void {
  if (value === undefined || (typeof value === 'number' && isGood(value))) return;
  const range = name === 'characterCoverage' ? 'above 0 and at most 1' : 'between 0 and 1';
  throw badOption(name, value, `must be a number ${range}`);
}

function checkSymbols(name: string, symbols: unknown, taken: readonly string[]): void {
  if (!Array.isArray(symbols)) throw badOption(name, symbols, 'must be an array of strings');
  const seen = new Set<unknown>(taken);
  for (const symbol of symbols as unknown[]) {
    if (typeof symbol !== 'string' || symbol === '')
      throw badOption(name, symbol, 'must hold strings that are not empty');
    if (seen.has(symbol)) throw badOption(name, symbol, 'must name each token once');
    seen.add(symbol);
  }
}

function badOption(field: string, value: unknown, needed: string): TokenizerError {
  return new TokenizerError({
    code: 'bad-option',
    op,
    field,
    problem: `${field} is ${show(value)}, ${needed}`,
  });
}
