import { checkChoice, checkInteger, checkOptions, checkRange, optionError } from '../errors.js';
import type { ContaminationIndex, CutOptions } from './contamination.js';
import { bandsFor, type Bands } from './min-hash.js';

/** What is removed from training text. By default nothing. */
export interface CleaningOptions {
  /**
   * `exact`: texts that are the same but for white space; `near`: also texts whose sets of word shingles have at
   * least the Jaccard similarity `threshold`. The first of them stays. Default `none`.
   */
  readonly duplicates?: 'none' | 'exact' | 'near';
  /** Default 0.8. */
  readonly threshold?: number;
  /** Words in a shingle. Default 5. */
  readonly shingleWords?: number;
  /** Length of MinHash signatures. Default 128. */
  readonly permutations?: number;
  /** Seed of the permutations. Default 1. */
  readonly seed?: number;
  /** What must not be trained on, from `indexEvaluation`. Default: nothing. */
  readonly evaluation?: ContaminationIndex;
  /** A text that repeats an evaluation text is dropped (default), or the repeated part is cut out. */
  readonly contaminated?: 'drop' | 'cut';
  /** Characters cut on either side of a repeated part. Default 200, as in GPT-3. */
  readonly cutMargin?: number;
  /** Pieces shorter than this many characters are dropped. Default 200. */
  readonly minPieceLength?: number;
  /** Texts that fall into more pieces are dropped. Default 10. */
  readonly maxPieces?: number;
  /** `c4`: the line and page rules of C4. Default `none`. */
  readonly lineRules?: 'none' | 'c4';
}

/** Options with everything decided; plain data, so that they can be handed to a worker. */
export interface CleaningRules extends CutOptions {
  readonly duplicates: 'none' | 'exact' | 'near';
  readonly threshold: number;
  readonly shingleWords: number;
  readonly permutations: number;
  readonly seed: number;
  readonly bands: Bands;
  readonly evaluation: ContaminationIndex | undefined;
  readonly contaminated: 'drop' | 'cut';
  readonly lineRules: 'none' | 'c4';
}

const optionNames = [
  'duplicates',
  'threshold',
  'shingleWords',
  'permutations',
  'seed',
  'evaluation',
  'contaminated',
  'cutMargin',
  'minPieceLength',
  'maxPieces',
  'lineRules',
];

/** Probability that a pair exactly at the threshold is compared. */
const bandRecallAtThreshold = 0.95;

/**
 * Checks options and fills in defaults.
 * @throws DataError (unknown-option, option-value)
 */
export function cleaningRules(options: CleaningOptions = {}): CleaningRules {
  const op = 'cleaning';
  checkOptions(op, options, optionNames);
  const { duplicates = 'none', threshold = 0.8, permutations = 128, shingleWords = 5, seed = 1 } = options;
  const { evaluation, contaminated = 'drop', lineRules = 'none' } = options;
  const { cutMargin: margin = 200, minPieceLength: minLength = 200, maxPieces = 10 } = options;
  checkChoice(op, 'duplicates', duplicates, ['none', 'exact', 'near']);
  checkChoice(op, 'contaminated', contaminated, ['drop', 'cut']);
  checkChoice(op, 'lineRules', lineRules, ['none', 'c4']);
  checkRange(op, 'threshold', threshold, [0, 1]);
  if (threshold === 0) throw optionError(op, 'threshold', 'threshold is 0: every text is that like another');
  checkInteger(op, 'permutations', permutations, 1);
  checkInteger(op, 'shingleWords', shingleWords, 1);
  checkInteger(op, 'seed', seed, Number.MIN_SAFE_INTEGER);
  checkInteger(op, 'cutMargin', margin, 0);
  checkInteger(op, 'minPieceLength', minLength, 1);
  checkInteger(op, 'maxPieces', maxPieces, 1);
  const bands = bandsFor({ permutations, threshold, recall: bandRecallAtThreshold });
  return {
    ...{ duplicates, threshold, shingleWords, permutations, seed, bands },
    ...{ evaluation, contaminated, margin, minLength, maxPieces, lineRules },
  };
}
