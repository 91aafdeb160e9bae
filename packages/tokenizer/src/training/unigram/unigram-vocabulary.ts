import { TokenizerError } from '../../errors.js';
import { bytePiece, type ScoredPiece } from '../../models/unigram.js';
import type { Alphabet } from './alphabet.js';
import type { PieceLattice } from './piece-lattice.js';
import type { UnigramSettings } from './unigram-options.js';

/** Between required characters that no piece of the text is made of, by which the more frequent is better. */
const requiredStep = 1e-4;

/** Special tokens, user-defined symbols and bytes: the pieces that are not learned, in the order of their ids. */
export function givenPieces(settings: UnigramSettings): readonly string[] {
  const { specialTokens, userDefinedSymbols, byteFallback } = settings;
  const bytes = Array.from({ length: byteFallback ? 256 : 0 }, (_, byte) => bytePiece(byte));
  return [...specialTokens, ...userDefinedSymbols, ...bytes];
}

/**
 * The vocabulary: given pieces with score 0, then learned ones by score, those of equal score by code units.
 * All characters of the alphabet are among them; the best others fill up to vocabSize.
 * @throws TokenizerError (bad-option) when there are fewer and hardVocabLimit is set
 */
export function finalVocabulary(
  lattice: PieceLattice,
  { codePoints, counts }: Alphabet,
  settings: UnigramSettings,
): readonly ScoredPiece[] {
  const { vocabSize, hardVocabLimit, reservedTokens } = settings;
  const given = givenPieces(settings);
  const learned = spelledPieces(lattice, codePoints);
  for (const piece of given) learned.delete(piece);
  const chosen = requiredPieces(learned, { codePoints, counts }, new Set(given));
  for (const [piece, score] of [...learned].sort(byScore)) {
    if (given.length + chosen.size + reservedTokens.length >= vocabSize) break;
    chosen.set(piece, score);
  }
  const size = given.length + chosen.size + reservedTokens.length;
  if (size < vocabSize && hardVocabLimit) throw tooFewPieces(vocabSize, size);
  return [...given.map((piece): ScoredPiece => [piece, 0]), ...[...chosen].sort(byScore)];
}

function byScore([a, scoreA]: ScoredPiece, [b, scoreB]: ScoredPiece): number {
  return scoreB - scoreA || (a < b ? -1 : 1);
}

/** The characters of the alphabet; those that are no piece any more score below all pieces. */
function requiredPieces(
  learned: ReadonlyMap<string, number>,
  { codePoints, counts }: Alphabet,
  taken: ReadonlySet<string>,
): Map<string, number> {
  let missingScore = 0;
  for (const score of learned.values()) missingScore = Math.min(missingScore, score);
  const chosen = new Map<string, number>();
  const symbols = [...codePoints.keys()].slice(1);
  for (const symbol of symbols.sort((a, b) => counts[b]! - counts[a]! || a - b)) {
    const char = String.fromCodePoint(codePoints[symbol]!);
    if (taken.has(char)) continue;
    const score = learned.get(char);
    chosen.set(char, score ?? missingScore);
    if (score === undefined) missingScore -= requiredStep;
  }
  return chosen;
}

/** Pieces as text, with their scores. */
function spelledPieces(
  { fragments, pieces }: PieceLattice,
  codePoints: readonly number[],
): Map<string, number> {
  const { places, lengths, scores } = pieces;
  const spelled = new Map<string, number>();
  places.forEach((place, piece) => {
    const symbols = fragments.symbols.subarray(place, place + lengths[piece]!);
    const text = String.fromCodePoint(...Array.from(symbols, (symbol) => codePoints[symbol]!));
    spelled.set(text, scores[piece]!);
  });
  return spelled;
}

function tooFewPieces(vocabSize: number, size: number): TokenizerError {
  return new TokenizerError({
    code: 'bad-option',
    op: 'learnUnigram',
    field: 'vocabSize',
    problem: `vocabSize is ${vocabSize}, but the texts give ${size} tokens`,
    remedy: `too little text: set vocabSize to ${size} or less, or hardVocabLimit to false.`,
  });
}
