import type { Label, Metric, MetricInput } from '@tesserae/metrics';
import type { ExamplePair } from './example-pairs.js';

/** Any metric of the catalogue, its types left to `inputsFor`. */
export type AnyMetric = Metric<never, never>;

/** What a metric is given. */
export interface MetricInputs {
  readonly targets: readonly never[];
  readonly predictions: readonly never[];
}

/** What the examples look like; decides which metrics run when none is named. */
export type DataKind = 'tags' | 'questions' | 'labels' | 'scores' | 'numbers' | 'texts';

const MOST_LABELS = 50;

/**
 * What the examples look like. Whole numbers, and single words, of which at most 50 differ and some repeat, are
 * labels; 0 and 1 with fractions as predictions are scores; other numbers are numbers.
 */
export function kindOf(pairs: readonly ExamplePair[]): DataKind {
  if (pairs.length > 0 && pairs.every(({ target }) => target.kind === 'tags')) return 'tags';
  if (pairs.some(({ target }) => target.kind === 'references' && [target.value].flat().length === 0))
    return 'questions';
  if (pairs.some(({ target }) => target.kind !== 'value')) return 'texts';
  const targets = pairs.map(({ target }) => String(target.value));
  const numbers = targets.map(toNumber);
  const predicted = pairs.map(({ prediction }) => toNumber(String(prediction.value)));
  const areAll = (values: readonly number[], holds: (value: number) => boolean): boolean =>
    values.every(holds);
  const isNumeric = areAll([...numbers, ...predicted], Number.isFinite);
  if (isNumeric && areAll(numbers, isBit) && !areAll(predicted, Number.isInteger)) return 'scores';
  if (isNumeric && !areAll([...numbers, ...predicted], Number.isInteger)) return 'numbers';
  const distinct = new Set(targets).size;
  const areWords = targets.every((text) => text !== '' && !/\s/.test(text));
  if (areWords && distinct <= MOST_LABELS && distinct < targets.length) return 'labels';
  return isNumeric ? 'numbers' : 'texts';
}

const KINDS: Readonly<Record<DataKind, readonly MetricInput[]>> = {
  tags: ['tags'],
  questions: ['references'],
  labels: ['label'],
  scores: ['score'],
  numbers: ['number'],
  texts: ['text', 'references'],
};

/** Whether a metric is one of those that run by themselves on such data. */
export function suits(metric: AnyMetric, kind: DataKind): boolean {
  const { targets, predictions } = metric.needs;
  if ((metric.name === 'squad2') !== (kind === 'questions')) return false;
  if (predictions === 'score' || kind === 'scores') return predictions === 'score' && kind === 'scores';
  return KINDS[kind].includes(targets);
}

/** The examples as a metric needs them, or why that cannot be. */
export function inputsFor(metric: AnyMetric, pairs: readonly ExamplePair[]): MetricInputs | string {
  const { needs, name } = metric;
  const sides = pairs.map(({ target, prediction }) => ({
    target: converted(needs.targets, target.value),
    prediction: converted(needs.predictions, prediction.value),
  }));
  const wrong = sides.findIndex(({ target, prediction }) => target === undefined || prediction === undefined);
  if (wrong >= 0) return `example ${wrong + 1} is not made of ${needs.targets} and ${needs.predictions}`;
  const asList = name === 'squad2';
  return {
    targets: sides.map(({ target }) => (asList ? [target].flat() : target)) as never[],
    predictions: sides.map(({ prediction }) => prediction) as never[],
  };
}

function converted(input: MetricInput, value: string | number | readonly string[]): unknown {
  const isList = typeof value === 'object';
  if (input === 'tags') return isList ? value : undefined;
  if (input === 'references') return isList ? value : String(value);
  const single = isList && value.length === 1 ? value[0]! : value;
  if (typeof single === 'object') return undefined;
  if (input === 'text') return String(single);
  if (input === 'label') return toLabel(single);
  const number = toNumber(String(single));
  return Number.isFinite(number) ? number : undefined;
}

/** Numbers as numbers, so that `1` and `1.0` are one class; everything else by name. */
function toLabel(value: string | number): Label {
  const number = toNumber(String(value));
  return Number.isFinite(number) ? number : value;
}

const toNumber = (text: string): number => (text.trim() === '' ? NaN : Number(text));
const isBit = (value: number): boolean => value === 0 || value === 1;
