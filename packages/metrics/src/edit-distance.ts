import { checkChoice, checkNotEmpty, checkOptions, checkPairs, checkTexts } from './checks.js';
import { PYTHON_WORD, splitWords } from './python-text.js';
import { mean, quantile, sum } from './statistics.js';

/** Edits over examples; counts. */
export interface EditDistanceScores {
  readonly minEdits: number;
  readonly maxEdits: number;
  readonly meanEdits: number;
  readonly medianEdits: number;
  readonly sumEdits: number;
}

/** Options of `editDistance`. */
export interface EditDistanceOptions {
  /** Default `word`: what is left when the text is split at every character that is no letter, digit or underscore. */
  readonly unit?: 'word' | 'character';
  /** Compares in lower case; default true. */
  readonly lowercase?: boolean;
}

/** Error rate as a fraction; above 1 when more is wrong than there is. */
export interface ErrorRateScores {
  readonly errorRate: number;
  /** Insertions, deletions and substitutions over all examples. */
  readonly edits: number;
  /** Units of all targets. */
  readonly length: number;
}

const NON_WORD = new RegExp(`[^${PYTHON_WORD}]`, 'u');

/**
 * Fewest insertions, deletions and substitutions that turn one sequence into the other.
 * @see Levenshtein 1966
 */
export function levenshtein(from: ArrayLike<unknown>, to: ArrayLike<unknown>): number {
  let above = Uint32Array.from({ length: to.length + 1 }, (_, column) => column);
  let row = new Uint32Array(to.length + 1);
  for (let line = 1; line <= from.length; line++) {
    row[0] = line;
    for (let column = 1; column <= to.length; column++) {
      const change = above[column - 1]! + (from[line - 1] === to[column - 1] ? 0 : 1);
      row[column] = Math.min(change, above[column]! + 1, row[column - 1]! + 1);
    }
    [above, row] = [row, above];
  }
  return above[to.length]!;
}

/** Edit distances between texts, summed up. @see edit_distance of T5 */
export function editDistance(
  targets: readonly string[],
  predictions: readonly string[],
  options: EditDistanceOptions = {},
): EditDistanceScores {
  const op = 'editDistance';
  checkOptions(op, options, ['unit', 'lowercase']);
  const { unit = 'word', lowercase = true } = options;
  checkChoice(op, unit, { name: 'unit', allowed: ['word', 'character'] });
  checkPairs(op, targets, predictions);
  checkTexts(op, targets, 'targets');
  checkTexts(op, predictions, 'predictions');
  const unitsOf = (text: string): readonly string[] => {
    const cased = lowercase ? text.toLowerCase() : text;
    return unit === 'word' ? cased.split(NON_WORD) : [...cased];
  };
  const edits = targets.map((target, index) => levenshtein(unitsOf(predictions[index]!), unitsOf(target)));
  const sorted = Float64Array.from(edits).sort();
  return {
    minEdits: sorted[0]!,
    maxEdits: sorted.at(-1)!,
    meanEdits: mean(edits),
    medianEdits: quantile(sorted, 0.5),
    sumEdits: sum(edits),
  };
}

/** Word error rate: edits of words, separated by white space, per word of the targets. */
export function wordErrorRate(targets: readonly string[], predictions: readonly string[]): ErrorRateScores {
  checkTextPairs('wordErrorRate', targets, predictions);
  return errorRate(targets.map(splitWords), predictions.map(splitWords));
}

/** Character error rate: edits of characters (code points, spaces too) per character of the targets. */
export function characterErrorRate(
  targets: readonly string[],
  predictions: readonly string[],
): ErrorRateScores {
  checkTextPairs('characterErrorRate', targets, predictions);
  return errorRate(
    targets.map((text) => [...text]),
    predictions.map((text) => [...text]),
  );
}

/**
 * Error rate of any sequences: phonemes, ids.
 * @throws MetricError (metric-empty) when all targets together are empty
 */
export function errorRate(
  targets: readonly ArrayLike<unknown>[],
  predictions: readonly ArrayLike<unknown>[],
): ErrorRateScores {
  checkPairs('errorRate', targets, predictions);
  const length = sum(targets.map((target) => target.length));
  checkNotEmpty('errorRate', { length }, 'units in the targets');
  const edits = sum(targets.map((target, index) => levenshtein(predictions[index]!, target)));
  return { errorRate: edits / length, edits, length };
}

function checkTextPairs(op: string, targets: readonly string[], predictions: readonly string[]): void {
  checkPairs(op, targets, predictions);
  checkTexts(op, targets, 'targets');
  checkTexts(op, predictions, 'predictions');
}
