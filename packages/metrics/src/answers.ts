import { checkPairs, checkTexts } from './checks.js';
import { MetricError, show } from './errors.js';
import { ASCII_PUNCTUATION, PYTHON_WORD, splitWords, squeezeSpaces } from './python-text.js';
import { harmonicMean, mean } from './statistics.js';

/** Share of examples answered exactly and mean overlap of words, both in percent. */
export interface AnswerScores {
  readonly exactMatch: number;
  readonly f1: number;
}

/** The right answers of an example; one is enough. */
export type References = string | readonly string[];

/** A question whose answer is a stretch of its context, for `spanSquad`. */
export interface SpanQuestion {
  readonly context: string;
  readonly answers: readonly string[];
}

const ARTICLES = new RegExp(`(?<![${PYTHON_WORD}])(?:a|an|the)(?![${PYTHON_WORD}])`, 'gu');
const TRIVIA_PUNCTUATION = /[!-/:-@[-`{-~‘’´]/g;
const NON_WORD = new RegExp(`[^${PYTHON_WORD}]`, 'gu');

/** An answer as SQuAD compares it: lower case, without ASCII punctuation, articles and surplus space. */
export function normalizeSquad(text: string): string {
  return squeezeSpaces(text.toLowerCase().replace(ASCII_PUNCTUATION, '').replace(ARTICLES, ' '));
}

/** An answer as TriviaQA compares it: as SQuAD, but punctuation, some quotes included, parts words. */
export function normalizeTriviaQa(text: string): string {
  return squeezeSpaces(text.toLowerCase().replace(TRIVIA_PUNCTUATION, ' ').replace(ARTICLES, ' '));
}

/**
 * Exact match and F1 of SQuAD 1.1, each the best over the references.
 * @throws MetricError (metric-empty) when an example has no reference
 * @see SQuAD's evaluate-v1.1; squad of T5
 */
export function squad(targets: readonly References[], predictions: readonly string[]): AnswerScores {
  return answerScores('squad', { targets, predictions, normalize: normalizeSquad });
}

/** Exact match and F1 of TriviaQA, each the best over the aliases. @see trivia_qa of T5 */
export function triviaQa(targets: readonly References[], predictions: readonly string[]): AnswerScores {
  return answerScores('triviaQa', { targets, predictions, normalize: normalizeTriviaQa });
}

/**
 * SQuAD scores of predictions such as `start: 3 end: 6`, word indices into the context; any other text is an empty
 * answer. Only ASCII digits are read as numbers.
 * @see span_squad of T5
 */
export function spanSquad(targets: readonly SpanQuestion[], predictions: readonly string[]): AnswerScores {
  checkPairs('spanSquad', targets, predictions);
  checkTexts('spanSquad', predictions, 'predictions');
  const words = (text: string): string[] => splitWords(text.replace(NON_WORD, ' '));
  const texts = targets.map(({ context }, index) =>
    answerInContext(words(context), words(predictions[index]!)),
  );
  return answerScores('spanSquad', {
    targets: targets.map(({ answers }) => answers),
    predictions: texts,
    normalize: normalizeSquad,
  });
}

/** Words `start` to `end` of the context; a Python slice, so an end beyond the context is no error. */
function answerInContext(context: readonly string[], tokens: readonly string[]): string {
  const [, start, , end] = tokens;
  if (start === undefined || end === undefined || !isInteger(start) || !isInteger(end)) return '';
  return context.slice(toInteger(start), toInteger(end) + 1).join(' ');
}

const isInteger = (text: string): boolean => /^\d+(?:_\d+)*$/.test(text);
const toInteger = (text: string): number => Number(text.replaceAll('_', ''));

/**
 * Mean over questions of the best word F1, in percent; an empty answer is right when the reference is empty too.
 * @see CoQA's evaluation script; coqa_f1 of T5
 */
export function coqaF1(
  targets: readonly References[],
  predictions: readonly string[],
): { readonly f1: number } {
  const answers = checkedReferences('coqaF1', targets, predictions);
  const perExample = answers.map((references, index) => {
    const prediction = splitWords(normalizeSquad(predictions[index]!));
    return bestOf(references, (text) => {
      const words = splitWords(normalizeSquad(text));
      return words.length + prediction.length === 0 ? 1 : wordF1(words, prediction);
    });
  });
  return { f1: 100 * mean(perExample) };
}

interface AnswerInput {
  readonly targets: readonly References[];
  readonly predictions: readonly string[];
  readonly normalize: (text: string) => string;
}

function answerScores(op: string, { targets, predictions, normalize }: AnswerInput): AnswerScores {
  const perExample = answerStatistics(checkedReferences(op, targets, predictions), {
    predictions,
    normalize,
  });
  return {
    exactMatch: 100 * mean(perExample.map(([exact]) => exact)),
    f1: 100 * mean(perExample.map(([, f1]) => f1)),
  };
}

/** Best exact match and best F1 of each example, in [0, 1]. */
export function answerStatistics(
  targets: readonly (readonly string[])[],
  { predictions, normalize }: Pick<AnswerInput, 'predictions' | 'normalize'>,
): readonly (readonly [exact: number, f1: number])[] {
  return targets.map((references, index) => {
    const prediction = normalize(predictions[index]!);
    const words = splitWords(prediction);
    const normalized = references.map(normalize);
    return [
      normalized.includes(prediction) ? 1 : 0,
      bestOf(normalized, (text) => wordF1(splitWords(text), words)),
    ];
  });
}

/** F1 of two bags of words; 0 when they share none. */
export function wordF1(target: readonly string[], prediction: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of target) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of prediction) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    shared++;
  }
  return shared === 0 ? 0 : harmonicMean(shared / prediction.length, shared / target.length);
}

/** The highest score any of the references gives. */
export function bestOf(references: readonly string[], score: (text: string) => number): number {
  return references.reduce((best, text) => Math.max(best, score(text)), 0);
}

/**
 * References of each example as lists, after a check of both sides.
 * @throws MetricError (metric-length-mismatch, metric-bad-input, metric-empty)
 */
export function checkedReferences(
  op: string,
  targets: readonly References[],
  predictions: readonly string[],
): readonly (readonly string[])[] {
  checkPairs(op, targets, predictions);
  checkTexts(op, predictions, 'predictions');
  return targets.map((target, index) => {
    if (typeof target === 'string') return [target];
    if (!Array.isArray(target)) {
      throw new MetricError({
        op,
        problem: `targets[${index}] must be a text or a list of texts, got ${show(target)}`,
        likely: 'Pick the field with the answers.',
        page: 'metric-bad-input',
        got: target,
      });
    }
    checkTexts(op, target as readonly unknown[], `targets[${index}]`);
    if (target.length > 0) return target as readonly string[];
    throw new MetricError({
      op,
      problem: `targets[${index}] has no reference`,
      likely: 'For questions without an answer use squad2; else leave the example out.',
      page: 'metric-empty',
    });
  });
}
