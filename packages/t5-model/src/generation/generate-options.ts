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
  /** The text of ids. */
  decode(ids: ArrayLike<number>, options?: { readonly skipSpecialTokens?: boolean }): string;
}

/** A smaller model that writes drafts for a larger one to check; a `T5Generator` is one. */
export interface DraftModel {
  /** Of the draft model; it stays the caller's. */
  readonly engine: DecodingEngine;
  /** The part of its config that must fit. */
  readonly config: { readonly vocabSize: number };
}

/** New ids of one row, as soon as they are certain. */
export interface StreamedIds {
  /** Row of the source in the batch. */
  readonly row: number;
  /** Which of the source's `numReturnSequences`. */
  readonly index: number;
  /** New ids of the row. */
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
  /** Fewest new tokens: the end token is forbidden before. */
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
  /** Exponent of the length that a beam's sum of log-probabilities is divided by; default 1. */
  readonly lengthPenalty?: number;
  /** How the length counts: as in Hugging Face (default), or ((5 + length) / 6)^lengthPenalty as in Mesh TensorFlow. */
  readonly lengthPenaltyKind?: LengthPenaltyKind;
  /** true: stop at numBeams finished; false: when better is unlikely; 'never': when better is impossible. */
  readonly earlyStopping?: boolean | 'never';
  /** Sequences of each row; default 1. */
  readonly numReturnSequences?: number;

  /** Draws tokens instead of taking the likeliest; default false. */
  readonly doSample?: boolean;
  /** Needed for sampling. One number, or one for each row; the draws of a row depend on its seed and source only. */
  readonly seed?: number | readonly number[];
  /** Divides the logits before drawing; default 1. */
  readonly temperature?: number;
  /** Default 50 when sampling, 0 for no limit. */
  readonly topK?: number;
  /** Keeps the likeliest tokens that reach this probability together; default 1: all. */
  readonly topP?: number;
  /** Keeps tokens with at least this share of the likeliest one's probability. */
  readonly minP?: number;
  /** Keeps the likeliest tokens whose entropy is at most this share of the whole. */
  readonly topH?: number;
  /** Keeps the tokens of most typical information that reach this probability; default 1: all. */
  readonly typicalP?: number;
  /** Leaves out tokens below this probability; default 0: none. */
  readonly epsilonCutoff?: number;
  /** Leaves out tokens below a bound that falls with the entropy; default 0: none. */
  readonly etaCutoff?: number;

  /** Factor against tokens that were written; default 1: none. */
  readonly repetitionPenalty?: number;
  /** Factor for tokens of the source; default 1: none. */
  readonly encoderRepetitionPenalty?: number;
  /** No n-gram of this size comes twice; default 0: free. */
  readonly noRepeatNgramSize?: number;
  /** No n-gram of this size of the source is written; default 0: free. */
  readonly encoderNoRepeatNgramSize?: number;
  /** Sequences of ids that are never written. */
  readonly badWordsIds?: readonly (readonly number[])[];
  /** Added to the logit of the last id of a sequence when the others stand before it. */
  readonly sequenceBias?: readonly BiasedSequence[];
  /** First new token. */
  readonly forcedBosTokenId?: number;
  /** Last token of a sequence that reaches its greatest length; one id, or several that are all allowed. */
  readonly forcedEosTokenId?: number | readonly number[];
  /** Ids that are never written. */
  readonly suppressTokens?: readonly number[];
  /** Ids that are not the first new token. */
  readonly beginSuppressTokens?: readonly number[];
  /** From so many new tokens on, the end token's score is raised by factor^(tokens over). */
  readonly exponentialDecayLengthPenalty?: readonly [start: number, factor: number];
  /** Replaces logits that are not finite; default false. */
  readonly removeInvalidValues?: boolean;
  /** Makes log-probabilities of the processed logits again; default false. */
  readonly renormalizeLogits?: boolean;
  /** Says which ids may come next in a row, given what was written. */
  readonly prefixAllowedTokensFn?: PrefixAllowedTokensFn;
  /** Words that must occur: each a list of ids, or a list of such lists of which one must. Needs beams. */
  readonly forceWordsIds?: readonly (readonly number[] | readonly (readonly number[])[])[];
  /** The same, made by `phrasalConstraint` and `disjunctiveConstraint`. */
  readonly constraints?: readonly WordConstraint[];
  /** Further changes of the logits, after all others. */
  readonly logitsProcessor?: LogitsProcessor | readonly LogitsProcessor[];
  /** Further reasons to end a row. */
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

  /** Id or ids that end a sequence; default the config's. */
  readonly eosTokenId?: number | readonly number[];
  /** Fills ended rows; default the config's. */
  readonly padTokenId?: number;
  /** Stands before the first new token; default the config's. */
  readonly decoderStartTokenId?: number;

  /** Computes scores and log-probabilities of the tokens; default true in `generate` of a T5Generator. */
  readonly outputScores?: boolean;
  /** Needed by `stopStrings`. */
  readonly tokenizer?: TextDecoder;
  /** Called with new ids; beams are passed on when their source has finished. */
  readonly streamer?: (piece: StreamedIds) => void;
  /** Called after each step with the number of steps so far. */
  readonly onStep?: (steps: number) => void;
  /** Stops between two steps. */
  readonly signal?: AbortSignal;
}
