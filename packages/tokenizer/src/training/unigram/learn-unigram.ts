import { show, TokenizerError } from '../../errors.js';
import type { ScoredPiece } from '../../models/unigram.js';
import { pause } from '../pause.js';
import { chooseAlphabet, type Alphabet } from './alphabet.js';
import { digamma } from './digamma.js';
import { expectedCounts } from './expected-counts.js';
import { cutIntoFragments } from './fragments.js';
import { createLattice, keepPieces, type PieceLattice } from './piece-lattice.js';
import { leastDispensable } from './piece-pruning.js';
import { createPieceRules } from './piece-rules.js';
import { findSeedPieces } from './seed-pieces.js';
import { wordsWithoutSymbols } from './symbol-cutter.js';
import { unigramSettings, type LearnUnigramOptions, type UnigramSettings } from './unigram-options.js';
import { finalVocabulary, givenPieces } from './unigram-vocabulary.js';

/** A piece expected to be used less often goes. */
const leastExpectedCount = 0.5;

/** How far an unknown character is below the worst piece. */
const unknownPenalty = 10;

/**
 * How many pieces more than wanted pruning leaves, so that there is a choice in the end: SentencePiece's 1.1.
 */
const surplus = 1.1;

/**
 * Learns a Unigram vocabulary as SentencePiece's trainer does: from the frequent substrings, expectation
 * maximisation with a sparse prior and pruning of the pieces that the likelihood misses least, by turns, until
 * few enough are left. Deterministic: the same words give the same pieces, in whatever order they come.
 * @param words  normalised words with their ▁ (U+2581), and how often each occurs
 * @returns special tokens, user-defined symbols, bytes (score 0), then learned pieces with their log
 *   probabilities, best first; the position is the id
 * @throws TokenizerError for bad options, when the alphabet does not fit into vocabSize, and, with
 *   hardVocabLimit, when there are too few pieces; the signal's reason when it fires
 * @see Kudo 2018, §3.2; Liang and Klein 2007 (digamma as a sparse prior)
 */
export async function learnUnigram(
  words: ReadonlyMap<string, number>,
  options: LearnUnigramOptions = {},
): Promise<readonly ScoredPiece[]> {
  const settings = unigramSettings(options);
  const { specialTokens, userDefinedSymbols, reservedTokens, signal } = settings;
  signal?.throwIfAborted();
  checkWords(words);
  const plain = wordsWithoutSymbols(words, [...specialTokens, ...userDefinedSymbols, ...reservedTokens]);
  const alphabet = chooseAlphabet(plain, settings);
  checkRoom(alphabet, settings);
  const seeded = await seedLattice(plain, alphabet, settings);
  return finalVocabulary(await maximize(seeded, settings), alphabet, settings);
}

async function seedLattice(
  words: ReadonlyMap<string, number>,
  alphabet: Alphabet,
  settings: UnigramSettings,
): Promise<PieceLattice> {
  const { signal, onProgress } = settings;
  const rules = createPieceRules(alphabet.codePoints, settings);
  const fragments = await cutIntoFragments(words, { alphabet, rules, signal });
  const seeds = await findSeedPieces(fragments, { ...settings, rules });
  const lattice = createLattice(fragments, seeds, alphabet.counts);
  onProgress?.({ phase: 'seed', pieces: lattice.pieces.lengths.length, fragments: fragments.counts.length });
  return lattice;
}

/** Expectation maximisation and pruning by turns, from the seeds to a few more pieces than wanted. */
async function maximize(seeded: PieceLattice, settings: UnigramSettings): Promise<PieceLattice> {
  const { vocabSize, reservedTokens, numSubIterations, shrinkingFactor, signal, onProgress } = settings;
  const target = Math.floor((vocabSize - reservedTokens.length) * surplus);
  let lattice = seeded;
  for (let step = 1; ; step++) {
    const unknownScore = scoreOfUnknown(lattice);
    const { counts, objective } = await expectedCounts(lattice, { unknownScore, signal });
    lattice = reestimate(lattice, counts);
    const pieces = lattice.pieces.lengths.length;
    onProgress?.({ phase: 'em', step, pieces, objective });
    await pause(signal);
    if (step % numSubIterations !== 0) continue;
    if (pieces <= target) return lattice;
    const goal = Math.max(target, Math.floor(shrinkingFactor * pieces));
    const kept = await leastDispensable(lattice, {
      target: goal,
      unknownScore: scoreOfUnknown(lattice),
      signal,
    });
    lattice = keepPieces(
      lattice,
      kept,
      Float64Array.from(kept, (piece) => lattice.pieces.scores[piece]!),
    );
    onProgress?.({ phase: 'prune', pieces: kept.length, target });
    await pause(signal);
  }
}

/** The M step: with digamma for log, rare pieces lose more than their share, and mostly vanish. */
function reestimate(lattice: PieceLattice, counts: Float64Array): PieceLattice {
  const kept: number[] = [];
  let total = 0;
  counts.forEach((count, piece) => {
    if (count < leastExpectedCount) return;
    kept.push(piece);
    total += count;
  });
  const logTotal = digamma(total);
  return keepPieces(
    lattice,
    kept,
    Float64Array.from(kept, (piece) => digamma(counts[piece]!) - logTotal),
  );
}

function scoreOfUnknown({ pieces }: PieceLattice): number {
  return pieces.scores.reduce((least, score) => Math.min(least, score), 0) - unknownPenalty;
}

function checkWords(words: ReadonlyMap<string, number>): void {
  for (const [word, count] of words) {
    if (typeof word !== 'string' || word.includes(' ')) {
      throw badWords(
        `a word is ${show(word)}`,
        'words are strings in which ▁ (U+2581) stands for each space.',
      );
    }
    if (!(Number.isSafeInteger(count) && count > 0))
      throw badWords(`the count of ${show(word)} is ${show(count)}`, 'a count is an integer above 0.');
  }
}

function badWords(problem: string, remedy: string): TokenizerError {
  return new TokenizerError({ code: 'bad-input', op: 'learnUnigram', field: 'words', problem, remedy });
}

/** @throws TokenizerError when the pieces that cannot be left out are more than vocabSize */
function checkRoom({ codePoints }: Alphabet, settings: UnigramSettings): void {
  const characters = codePoints.length - 1;
  const given = givenPieces(settings).length + settings.reservedTokens.length;
  if (characters === 0)
    throw badWords('there is no character to learn from', 'texts of white space only, or none.');
  if (given + characters <= settings.vocabSize) return;
  throw new TokenizerError({
    code: 'bad-option',
    op: 'learnUnigram',
    field: 'vocabSize',
    problem:
      `vocabSize is ${settings.vocabSize}, but ${characters} characters and ${given} special, ` +
      'user-defined, byte and reserved tokens must be in the vocabulary',
    remedy: 'raise vocabSize, or lower characterCoverage or limitAlphabet.',
  });
}
