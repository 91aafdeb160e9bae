import type { DecodingEngine } from '../decoding/session.js';
import type { WordConstraint } from './constraints.js';
import type { BiasedSequence } from './processors.js';
import type {
  FinishReason,
  LogitsProcessor,
  PrefixAllowedTokensFn,
  StoppingCriterion,
} from './row-history.js';

/** Beam scores: Σ log p / len^penalty, or Σ log p / ((5 + len) / 6)^penalty as in Mesh TensorFlow. */
export type LengthPenaltyKind = 'huggingFace' | 'mesh';

/** What stop strings need of a tokenizer. */
export interface TextDecoder {
  decode(ids: ArrayLike<number>, options?: { readonly skipSpecialTokens?: boolean }): string;
}

/** A smaller model that writes drafts for a larger one to check; a `T5Generator` is one. */
export interface DraftModel {
  readonly engine: DecodingEngine;
  readonly config: { readonly vocabSize: number };
}

/** New ids of one row, as soon as they are certain. */
export interface StreamedIds {
  /** Row of the source in the batch. */
  readonly row: number;
  /** Which of the source's `numReturnSequences`. */
  readonly index: number;
  readonly ids: readonly number[];
  /** Set on the last piece of a sequence. */
  readonly finishReason?: FinishReason;
}

/**
 * How `generate` runs: the names of Hugging Face's GenerationConfig in camelCase; snake_case is taken too. Ids count
 * the start token in maxLength and minLength, not in maxNewTokens and minNewTokens.
 */
export interface GenerateOptions {
  /** Longest result with its start token. */
  readonly maxLength?: number;
  /** Longest result without its start token; default 20. */
  readonly maxNewTokens?: number;
  /** No end token before this length, start token counted. */
  readonly minLength?: number;
  readonly minNewTokens?: number;
  /** Seconds after which every row ends. */
  readonly maxTime?: number;
  /** Texts at whose end a row ends; needs `tokenizer` below the façade. The text that comes back has them. */
  readonly stopStrings?: string | readonly string[];

  /** Default 1: greedy, or sampling with `doSample`. */
  readonly numBeams?: number;
  /** Parts of the beams that are made to differ; needs `diversityPenalty`. */
  readonly numBeamGroups?: number;
  /** Taken from an id's score for each beam of an earlier group that chose it in the same step. */
  readonly diversityPenalty?: number;
  readonly lengthPenalty?: number;
  readonly lengthPenaltyKind?: LengthPenaltyKind;
  /** true: stop at numBeams finished; false: when better is unlikely; 'never': when better is impossible. */
  readonly earlyStopping?: boolean | 'never';
  readonly numReturnSequences?: number;

  readonly doSample?: boolean;
  /** Needed for sampling. One number, or one for each row; the draws of a row depend on its seed and source only. */
  readonly seed?: number | readonly number[];
  readonly temperature?: number;
  /** Default 50 when sampling, 0 for no limit. */
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly topH?: number;
  readonly typicalP?: number;
  readonly epsilonCutoff?: number;
  readonly etaCutoff?: number;

  readonly repetitionPenalty?: number;
  readonly encoderRepetitionPenalty?: number;
  readonly noRepeatNgramSize?: number;
  readonly encoderNoRepeatNgramSize?: number;
  readonly badWordsIds?: readonly (readonly number[])[];
  readonly sequenceBias?: readonly BiasedSequence[];
  readonly forcedBosTokenId?: number;
  readonly forcedEosTokenId?: number | readonly number[];
  readonly suppressTokens?: readonly number[];
  readonly beginSuppressTokens?: readonly number[];
  /** From so many new tokens on, the end token's score is raised by factor^(tokens over). */
  readonly exponentialDecayLengthPenalty?: readonly [start: number, factor: number];
  readonly removeInvalidValues?: boolean;
  readonly renormalizeLogits?: boolean;
  readonly prefixAllowedTokensFn?: PrefixAllowedTokensFn;
  /** Words that must occur: each a list of ids, or a list of such lists of which one must. Needs beams. */
  readonly forceWordsIds?: readonly (readonly number[] | readonly (readonly number[])[])[];
  /** The same, made by `phrasalConstraint` and `disjunctiveConstraint`. */
  readonly constraints?: readonly WordConstraint[];
  readonly logitsProcessor?: LogitsProcessor | readonly LogitsProcessor[];
  readonly stoppingCriteria?: StoppingCriterion | readonly StoppingCriterion[];

  /** Writes drafts that the model checks several tokens at a time; what comes out is the model's. */
  readonly assistantModel?: DraftModel;
  /** Longest draft; default 20. */
  readonly numAssistantTokens?: number;
  /** Whether drafts grow where they are right and shrink where not; default 'constant'. */
  readonly numAssistantTokensSchedule?: 'constant' | 'heuristic' | 'heuristic_transient';
  /** A draft ends at a token less likely than this; default 0.4. */
  readonly assistantConfidenceThreshold?: number;
  /** Drafts of so many tokens are copied from the source and the text so far. */
  readonly promptLookupNumTokens?: number;
  /** Longest run of tokens that is looked up; default 2. */
  readonly maxMatchingNgramSize?: number;

  readonly eosTokenId?: number | readonly number[];
  readonly padTokenId?: number;
  readonly decoderStartTokenId?: number;

  /** Computes scores and log-probabilities of the tokens; default true in `generate` of a T5Generator. */
  readonly outputScores?: boolean;
  readonly tokenizer?: TextDecoder;
  /** Called with new ids; beams are passed on when their source has finished. */
  readonly streamer?: (piece: StreamedIds) => void;
  /** Called after each step with the number of steps so far. */
  readonly onStep?: (steps: number) => void;
  /** Stops between two steps. */
  readonly signal?: AbortSignal;
}
