/** Figures the quickstart reports. */

/** How good yes/no answers are. */
export interface BinaryScores {
  readonly accuracy: number;
  /** F1 of the positive class. */
  readonly f1: number;
  /** Accuracy of always answering the commoner class. */
  readonly majority: number;
}

/** Scores of yes/no answers against the truth. */
export function binaryScores(predicted: readonly boolean[], actual: readonly boolean[]): BinaryScores {
  const count = (holds: (guess: boolean, truth: boolean) => boolean): number =>
    predicted.filter((guess, index) => holds(guess, actual[index]!)).length;
  const truePositive = count((guess, truth) => guess && truth);
  const wrong = count((guess, truth) => guess !== truth);
  const positive = actual.filter(Boolean).length;
  const total = actual.length;
  return {
    accuracy: (total - wrong) / total,
    f1: (2 * truePositive) / Math.max(1, 2 * truePositive + wrong),
    majority: Math.max(positive, total - positive) / total,
  };
}

/** Fewest insertions, deletions and substitutions that turn one sequence into the other. @see Levenshtein 1966 */
function editDistance<T>(from: readonly T[], to: readonly T[]): number {
  let row = to.map((_, index) => index + 1);
  from.forEach((item, index) => {
    let diagonal = index;
    let left = index + 1;
    row = row.map((above, column) => {
      const best = Math.min(above + 1, left + 1, diagonal + (item === to[column] ? 0 : 1));
      diagonal = above;
      left = best;
      return best;
    });
  });
  return row.at(-1) ?? from.length;
}

/** How close predicted phonemes are to the true ones. */
export interface PronunciationScores {
  /** Edit distance per phoneme of the truth. */
  readonly phonemeErrorRate: number;
  /** Share of words that are right in every phoneme. */
  readonly wordAccuracy: number;
}

/** Scores of phoneme strings (symbols separated by spaces). */
export function pronunciationScores(
  predicted: readonly string[],
  actual: readonly string[],
): PronunciationScores {
  const symbols = (text: string): string[] => text.split(' ').filter((symbol) => symbol !== '');
  let errors = 0;
  let total = 0;
  actual.forEach((truth, index) => {
    const wanted = symbols(truth);
    errors += editDistance(symbols(predicted[index]!), wanted);
    total += wanted.length;
  });
  const right = actual.filter((truth, index) => truth === predicted[index]).length;
  return { phonemeErrorRate: errors / Math.max(1, total), wordAccuracy: right / Math.max(1, actual.length) };
}
