import { checkInteger, checkOptions, checkRange, optionError } from '../errors.js';
import { roundHalfEven } from '../objectives/half-even.js';
import type { Random } from '../random/random.js';
import { shuffleInPlace } from '../random/shuffle.js';
import type { EncoderIds } from './encoder-ids.js';

/** Label of a position that does not count. */
export const IGNORED_LABEL = -100;

/** What becomes of the chosen tokens; what the two shares leave stays as it is. */
export interface MaskingShares {
  /** Share that becomes [MASK]. */
  readonly maskShare: number;
  /** Share that becomes a random token. */
  readonly randomShare: number;
}

/** ELECTRA: 85 % [MASK], 15 % unchanged, never a random token. */
export const ELECTRA_MASKING: MaskingShares = { maskShare: 0.85, randomShare: 0 };

/** BERT: 80 % [MASK], 10 % random, 10 % unchanged. */
export const BERT_MASKING: MaskingShares = { maskShare: 0.8, randomShare: 0.1 };

/** How tokens are masked. */
export interface MaskTokensOptions {
  readonly ids: EncoderIds;
  readonly random: Random;
  /** Share of tokens that is chosen, of all that are no padding. Default 0.15; 0.25 for ELECTRA-large. */
  readonly maskProbability?: number;
  /** The most positions chosen. Default: no limit; ELECTRA's own, `maxPredictions(maxLength)`, is never reached. */
  readonly maxPredictions?: number;
  /** Default ELECTRA_MASKING. */
  readonly shares?: MaskingShares;
  /** Bound of random tokens; needed when `shares` has random ones. */
  readonly vocabSize?: number;
  /** Ids that are never chosen, besides [CLS], [SEP], [MASK] and padding. */
  readonly neverMaskIds?: readonly number[];
  /** Number of each token's word, below 0 for none: chooses whole words. `wordIds` of an Encoding. */
  readonly wordIds?: Int32Array;
  /**
   * Draws positions with replacement, as ELECTRA's code does: a position drawn twice is masked once, so there
   * are fewer of them. Default false: positions are distinct.
   */
  readonly withReplacement?: boolean;
}

/** A masked input and what it hides. */
export interface MaskedTokens {
  readonly inputIds: Int32Array; // [seqLen]
  /** The original id at chosen positions, -100 elsewhere. */
  readonly labels: Int32Array; // [seqLen]
  /** Chosen positions, ascending. */
  readonly positions: Int32Array;
}

const optionNames = [
  'ids',
  'random',
  'maskProbability',
  'maxPredictions',
  'shares',
  'vocabSize',
  'neverMaskIds',
  'wordIds',
  'withReplacement',
];

/** The most predictions in a sequence of ELECTRA's: 19 of 128, 79 of 512 at 15 %, 130 of 512 at 25 %. */
export function maxPredictions(seqLen: number, maskProbability = 0.15): number {
  return Math.trunc((maskProbability + 0.005) * seqLen);
}

/**
 * Masks an input for the generator of ELECTRA, or for BERT.
 * Positions: round(n · maskProbability), halves to even, of n tokens that are no padding; at least 1, at most
 * `maxPredictions` and what there is to choose from.
 * @throws DataError (unknown-option, option-value)
 */
export function maskTokens(inputIds: Int32Array, options: MaskTokensOptions): MaskedTokens {
  checkMasking(inputIds, options);
  const { ids, random, maskProbability = 0.15, shares = ELECTRA_MASKING, vocabSize = 0 } = options;
  const candidates = candidatePositions(inputIds, options);
  const numTokens = inputIds.reduce((count, id) => count + (id === ids.pad ? 0 : 1), 0);
  const most = options.maxPredictions ?? Infinity;
  const wanted = Math.max(1, Math.min(most, roundHalfEven(numTokens * maskProbability)));
  const positions = choosePositions(candidates, wanted, options).sort();
  const masked = inputIds.slice();
  const labels = new Int32Array(inputIds.length).fill(IGNORED_LABEL);
  for (const position of positions) {
    labels[position] = inputIds[position]!;
    const share = random.uniform();
    if (share < shares.maskShare) masked[position] = ids.mask;
    else if (share < shares.maskShare + shares.randomShare) masked[position] = random.below(vocabSize);
  }
  return { inputIds: masked, labels, positions };
}

function checkMasking(inputIds: Int32Array, options: MaskTokensOptions): void {
  checkOptions('maskTokens', options, optionNames);
  const { shares = ELECTRA_MASKING, vocabSize, wordIds, maskProbability, withReplacement } = options;
  checkRange('maskTokens', 'maskProbability', maskProbability, [0, 1]);
  checkInteger('maskTokens', 'maxPredictions', options.maxPredictions, 1);
  checkRange('maskTokens', 'shares', shares.maskShare + shares.randomShare, [0, 1]);
  if (shares.randomShare > 0 && !(vocabSize !== undefined && vocabSize > 0)) {
    throw optionError('maskTokens', 'vocabSize', 'vocabSize is needed to draw random tokens');
  }
  if (wordIds === undefined) return;
  if (wordIds.length !== inputIds.length) {
    const problem = `wordIds has ${wordIds.length} entries, inputIds ${inputIds.length}`;
    throw optionError('maskTokens', 'wordIds', problem);
  }
  if (withReplacement === true) {
    throw optionError('maskTokens', 'withReplacement', 'whole words are drawn without replacement');
  }
}

function candidatePositions(
  inputIds: Int32Array,
  { ids, neverMaskIds = [] }: MaskTokensOptions,
): readonly number[] {
  const excluded = new Set([ids.cls, ids.sep, ids.mask, ids.pad, ...neverMaskIds]);
  return [...inputIds.keys()].filter((position) => !excluded.has(inputIds[position]!));
}

function choosePositions(
  candidates: readonly number[],
  wanted: number,
  { random, wordIds, withReplacement = false }: MaskTokensOptions,
): Int32Array {
  if (candidates.length === 0) return new Int32Array(0);
  if (wordIds !== undefined) return chooseWords(candidates, wanted, { random, wordIds });
  if (!withReplacement) return shuffleInPlace(Int32Array.from(candidates), random).slice(0, wanted);
  const drawn = Array.from({ length: wanted }, () => candidates[random.below(candidates.length)]!);
  return Int32Array.from(new Set(drawn));
}

/** Random words, all of each; a word that would go beyond the number is passed over. */
function chooseWords(
  candidates: readonly number[],
  wanted: number,
  { random, wordIds }: { readonly random: Random; readonly wordIds: Int32Array },
): Int32Array {
  const words: number[][] = [];
  for (const position of candidates) {
    const word = wordIds[position]!;
    const continues = word >= 0 && words.at(-1)?.at(-1) === position - 1 && wordIds[position - 1] === word;
    if (continues) words.at(-1)!.push(position);
    else words.push([position]);
  }
  const chosen: number[] = [];
  for (const word of shuffleInPlace(words, random)) {
    if (chosen.length + word.length <= wanted) chosen.push(...word);
  }
  return Int32Array.from(chosen);
}
