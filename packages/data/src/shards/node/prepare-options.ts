import { availableParallelism } from 'node:os';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { Json } from '../../batching/stage.js';
import { type CleaningOptions, type CleaningRules, cleaningRules } from '../../cleaning/cleaning-options.js';
import type { CleaningReport } from '../../cleaning/report.js';
import { checkChoice, checkInteger, checkOptions, checkRange, optionError } from '../../errors.js';
import type { Place } from '../../readers/place.js';
import type { ShardTokenizer } from '../manifest.js';
import { tokenizerFingerprint } from '../tokenizer-fingerprint.js';

/** A document to prepare: an object with a text for each feature. */
export type PreparedDocument = object;

/** How far a preparation is. */
export interface PrepareProgress {
  /** Documents of the input that are done. */
  readonly documents: number;
  /** Tokens written. */
  readonly tokens: number;
  readonly shards: number;
}

/** Options of `prepareShards`. */
export interface PrepareOptions {
  readonly tokenizer: Tokenizer;
  /** The folder to write; made when it is not there. */
  readonly out: string;
  /** Fields of a document that become its parts, in this order. Default `['text']`. */
  readonly features?: readonly string[];
  /** Whether each part ends with EOS. Default true, when the tokenizer has an EOS. */
  readonly addEos?: boolean;
  /** A shard is closed with the document that reaches this many tokens. Default 2²⁶: 128 or 256 MiB. */
  readonly shardTokens?: number;
  /** Threads that clean and tokenise; 0 does it in this one. Default: the processor's cores less one, at least 1. */
  readonly workers?: number;
  /** What is removed. Default: nothing but empty texts. */
  readonly cleaning?: CleaningOptions;
  /** Goes on with an interrupted preparation of the same settings; a finished one is left as it is. Default false. */
  readonly resume?: boolean;
  /** Replaces shards that are there. Default false. */
  readonly overwrite?: boolean;
  /** What else the bytes depend on, such as the names of input files; kept in the manifest, checked in resuming. */
  readonly source?: Json;
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly signal?: AbortSignal;
}

/** Opens the documents: behind a place that one of them had, or from the beginning. */
export type DocumentSource = (after: Place | undefined) => AsyncIterable<PreparedDocument>;

/** Options with everything decided. */
export interface PreparePlan {
  readonly out: string;
  readonly features: readonly string[];
  readonly tokenizer: ShardTokenizer;
  readonly eosId: number | null;
  readonly shardTokens: number;
  readonly workers: number;
  readonly rules: CleaningRules;
  readonly resume: boolean;
  readonly overwrite: boolean;
  /** All that decides the bytes. */
  readonly settings: Readonly<Record<string, Json>>;
  readonly onProgress: (progress: PrepareProgress) => void;
  readonly signal: AbortSignal | undefined;
}

/** What a preparation did. */
export interface PrepareResult {
  readonly report: CleaningReport;
  readonly numDocuments: number;
  readonly numTokens: number;
  readonly numShards: number;
  /** Documents that were taken over from an interrupted run. */
  readonly resumedDocuments: number;
}

const optionNames = [
  ...['tokenizer', 'out', 'features', 'addEos', 'shardTokens', 'workers', 'cleaning', 'resume', 'overwrite'],
  ...['source', 'onProgress', 'signal'],
];

const op = 'prepareShards';

/**
 * Checks options and fills in defaults.
 * @throws DataError (unknown-option, option-value)
 */
export async function preparePlan(options: PrepareOptions): Promise<PreparePlan> {
  checkPrepareOptions(options);
  const { tokenizer, out, features = ['text'], shardTokens = 2 ** 26, source = null, signal } = options;
  const { resume = false, overwrite = false, onProgress = () => undefined } = options;
  const { workers = Math.max(1, availableParallelism() - 1) } = options;
  const eos = tokenizer.specialTokens.eos?.id ?? null;
  const eosId = options.addEos === false ? null : eos;
  const rules = cleaningRules(options.cleaning);
  const described: ShardTokenizer = {
    fingerprint: await tokenizerFingerprint(tokenizer),
    vocabSize: tokenizer.vocabSize,
    padId: tokenizer.specialTokens.pad?.id ?? null,
    eosId: eos,
  };
  const cleaning = rulesJson(rules);
  const settings = { tokenizer: { ...described }, features, eosId, shardTokens, source, cleaning };
  return {
    ...{ out, features, tokenizer: described, eosId, shardTokens, workers, rules, resume, overwrite },
    ...{ settings, onProgress, signal },
  };
}

function checkPrepareOptions(options: PrepareOptions): void {
  checkOptions(op, options, optionNames);
  const { tokenizer, features, shardTokens, workers, resume, overwrite, addEos } = options;
  checkInteger(op, 'workers', workers, 0);
  checkInteger(op, 'shardTokens', shardTokens, 1);
  if (shardTokens !== undefined) checkRange(op, 'shardTokens', shardTokens, [1, 2 ** 30]);
  for (const [name, value] of Object.entries({ resume, overwrite, addEos })) {
    checkChoice(op, name, value, [true, false]);
  }
  if (resume === true && overwrite === true) {
    throw optionError(op, 'resume', 'give resume or overwrite, not both');
  }
  if (features?.length === 0) throw optionError(op, 'features', 'features is empty');
  if (addEos === true && tokenizer.specialTokens.eos === undefined) {
    throw optionError(op, 'addEos', 'addEos is true, but this tokenizer has no EOS');
  }
}

/** The rules that have an effect, as the manifest shows them. */
function rulesJson(rules: CleaningRules): Json {
  const { duplicates, threshold, shingleWords, permutations, seed, evaluation, contaminated, lineRules } =
    rules;
  const { margin, minLength, maxPieces } = rules;
  const near = { threshold, shingleWords, permutations, seed };
  const found = evaluation && {
    ...{ ngram: evaluation.ngram, fingerprint: evaluation.fingerprint, contaminated },
    sets: evaluation.sets.map((set) => ({ ...set })),
    ...(contaminated === 'cut' ? { margin, minLength, maxPieces } : {}),
  };
  return { duplicates, ...(duplicates === 'near' ? near : {}), lineRules, evaluation: found ?? null };
}
