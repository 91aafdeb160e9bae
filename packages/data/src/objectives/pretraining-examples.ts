import { checkInteger, checkOptions, DataError } from '../errors.js';
import { createRandom, type Random } from '../random/random.js';
import { concatTokens, selectRandomChunk } from './chunks.js';
import { drawObjective, type ObjectiveMixture } from './mixture-of-denoisers.js';
import { denoise, rawLength, type DenoiseOptions, type Objective, type Seq2SeqIds } from './objective.js';

/** Where a stream of pre-training examples stands; plain JSON. */
export interface PretrainingCursor {
  /** Number of documents before the group that is being cut. */
  readonly document: number;
  /** Examples already given from this group. */
  readonly segment: number;
}

/** One example and the cursor behind it. */
export interface PretrainingExample extends Seq2SeqIds {
  readonly cursor: PretrainingCursor;
}

/** How documents become examples. */
export interface PretrainingOptions extends Omit<DenoiseOptions, 'objective' | 'random'> {
  /** One objective, or several with rates, such as `mixtureOfDenoisers()`. */
  readonly objective: Objective | ObjectiveMixture;
  readonly seed: number;
  /** Documents joined before they are cut; objectives that do not join take 1. Default 128. */
  readonly documentsPerGroup?: number;
  /** Longest part taken of one document. Default 65536. */
  readonly maxDocumentLength?: number;
  /** Where to go on. Default: at the beginning. */
  readonly from?: PretrainingCursor;
  readonly signal?: AbortSignal;
}

const optionNames = [
  'objective',
  'seed',
  'documentsPerGroup',
  'maxDocumentLength',
  'from',
  'signal',
  'sentinels',
  'vocabSize',
  'eosId',
  'modeIds',
  'numReservedIds',
];

/**
 * T5's unsupervised pipeline: a random chunk of each document, groups of documents joined, cut to the raw length
 * of the objective, corrupted. Every draw depends on the seed and the place alone, so that a cursor resumes
 * the same stream.
 * @param documents  opens the ids of the documents from a number on; they are without EOS
 * @throws DataError (unknown-option, option-value, data-sentinels, data-lengths); the signal's reason
 */
export async function* pretrainingExamples(
  documents: (from: number) => AsyncIterable<Int32Array> | Iterable<Int32Array>,
  options: PretrainingOptions,
): AsyncGenerator<PretrainingExample> {
  checkOptions('pretrainingExamples', options, optionNames);
  const { documentsPerGroup = 128, from = { document: 0, segment: 0 }, signal } = options;
  checkInteger('pretrainingExamples', 'documentsPerGroup', documentsPerGroup, 1);
  const groupSize = joinsDocuments(options.objective) ? documentsPerGroup : 1;
  let { document, segment } = checkedCursor(from);
  let group: Int32Array[] = [];
  for await (const tokens of documents(document)) {
    signal?.throwIfAborted();
    group.push(chunkOf(tokens, document + group.length, options));
    if (group.length < groupSize) continue;
    yield* examplesOfGroup(group, { ...options, document, skip: segment, next: document + groupSize });
    document += groupSize;
    [group, segment] = [[], 0];
  }
  if (group.length > 0) {
    yield* examplesOfGroup(group, { ...options, document, skip: segment, next: document + group.length });
  }
}

function chunkOf(tokens: Int32Array, document: number, options: PretrainingOptions): Int32Array {
  const random = createRandom(options.seed, ['chunk', document]);
  return selectRandomChunk(tokens, { random, maxLength: options.maxDocumentLength });
}

interface GroupOptions extends PretrainingOptions {
  readonly document: number;
  /** Examples that were given before. */
  readonly skip: number;
  /** The document after the group. */
  readonly next: number;
}

function* examplesOfGroup(
  group: readonly Int32Array[],
  options: GroupOptions,
): Generator<PretrainingExample> {
  const { document, skip, next, signal, seed, sentinels, vocabSize, eosId, modeIds, numReservedIds } =
    options;
  const tokens = concatTokens(group);
  const shared = { sentinels, vocabSize, eosId, modeIds, numReservedIds };
  for (let at = 0, segment = 0; at < tokens.length; segment++) {
    signal?.throwIfAborted();
    const random = createRandom(seed, ['segment', document, segment]);
    const objective = objectiveOf(options.objective, random);
    const hasMode = objective.mode !== undefined && modeIds?.[objective.mode] !== undefined;
    const piece = tokens.subarray(at, at + rawLength(objective, { hasMode }));
    at += piece.length;
    if (segment < skip) continue;
    const isLast = at >= tokens.length;
    const cursor = isLast ? { document: next, segment: 0 } : { document, segment: segment + 1 };
    yield { ...denoise(piece, { ...shared, objective, random }), cursor };
  }
}

function objectiveOf(objective: Objective | ObjectiveMixture, random: Random): Objective {
  return 'parts' in objective ? drawObjective(objective, random) : objective;
}

function joinsDocuments(objective: Objective | ObjectiveMixture): boolean {
  return 'parts' in objective
    ? objective.parts.every((part) => part.objective.joinsDocuments)
    : objective.joinsDocuments;
}

function checkedCursor(cursor: PretrainingCursor): PretrainingCursor {
  const isSound = [cursor.document, cursor.segment].every((part) => Number.isSafeInteger(part) && part >= 0);
  if (isSound) return cursor;
  throw new DataError({
    op: 'pretrainingExamples',
    field: 'from',
    problem: `${JSON.stringify(cursor)} is no cursor`,
    page: 'data-cursor',
    remedy: 'pass the `cursor` of an example of the same stream, as it was saved.',
  });
}
