import type { Metric } from '@tesserae/metrics';
import { METRICS } from '@tesserae/metrics';
import { OptionError } from '@tesserae/tensor';
import type { MetricValues } from '@tesserae/training';
import type { Judged, View } from './task.js';

/** A metric whose targets and predictions are checked by the view they come from. */
type AnyMetric = Metric<never, never>;

const CATALOGUE: readonly AnyMetric[] = Object.values(METRICS);

/** Names of metrics that an evaluation may be asked for; those that need something else than predictions are left out. */
const METRIC_NAMES: readonly string[] = CATALOGUE.filter(
  ({ needs, isGrouped, name }) =>
    !isGrouped && name !== 'squad2' && ['label', 'number', 'tags', 'text'].includes(needs.predictions),
).map(({ name }) => name);

/**
 * Metrics by their names.
 * @throws OptionError (training-metric) for unknown names
 */
function findMetrics(names: readonly string[]): readonly AnyMetric[] {
  return names.map((name) => {
    const found = METRIC_NAMES.includes(name) ? CATALOGUE.find((metric) => metric.name === name) : undefined;
    if (found !== undefined) return found;
    throw new OptionError({
      op: 'evaluate',
      problem: `unknown metric '${name}'; known are ${METRIC_NAMES.join(', ')}`,
      likely: 'A misspelt name.',
      page: 'training-metric',
      got: name,
      needed: METRIC_NAMES,
    });
  });
}

/** What an evaluation computed. */
interface MetricReport {
  readonly values: MetricValues;
  /** Settings of metrics as their reference tools print them, by metric: sacreBLEU's signature. */
  readonly signatures: Readonly<Record<string, string>>;
}

/**
 * Values of metrics. A score that two metrics have is called `metric.score`, others by the score alone.
 * @throws OptionError (training-metric) when the task has nothing that a metric needs
 */
export function computeMetrics(names: readonly string[], judged: Judged): MetricReport {
  const computed = findMetrics(names).map((metric) => {
    const { targets, predictions } = comparedFor(metric, judged);
    return { metric, scores: metric.compute(targets, predictions), signature: metric.signature?.(targets) };
  });
  const uses = computed.flatMap(({ scores }) => Object.keys(scores));
  const isShared = (score: string): boolean => uses.indexOf(score) !== uses.lastIndexOf(score);
  return {
    values: Object.fromEntries(
      computed.flatMap(({ metric, scores }) =>
        Object.entries(scores).map(([score, value]) => [
          isShared(score) ? `${metric.name}.${score}` : score,
          value,
        ]),
      ),
    ),
    signatures: Object.fromEntries(
      computed.flatMap(({ metric, signature }) =>
        signature === undefined ? [] : [[metric.name, signature]],
      ),
    ),
  };
}

function comparedFor(
  metric: AnyMetric,
  { views }: Judged,
): { readonly targets: readonly never[]; readonly predictions: readonly never[] } {
  const view = views[metric.needs.targets as View];
  if (view !== undefined) return view as ReturnType<typeof comparedFor>;
  throw new OptionError({
    op: 'evaluate',
    problem: `'${metric.name}' compares ${metric.needs.targets}, and the task gives ${Object.keys(views).join(', ')}`,
    likely: 'A metric of another kind of task.',
    page: 'training-metric',
    got: metric.name,
  });
}

/** Which score of an evaluation is watched, and which way is better. */
export interface WatchedMetric {
  readonly name: string;
  readonly isHigherBetter: boolean;
}

/**
 * The score to watch: 'loss', the name of a chosen metric (its main score), or of one of its scores.
 * @throws OptionError (training-metric) for what no chosen metric gives
 */
export function watchedMetric(wanted: string | undefined, names: readonly string[]): WatchedMetric {
  const metrics = findMetrics(names);
  const [first] = metrics;
  if (wanted === 'loss' || first === undefined) return { name: 'loss', isHigherBetter: false };
  const chosen =
    wanted === undefined
      ? first
      : metrics.find(({ name, mainScore }) => name === wanted || mainScore === wanted);
  if (chosen !== undefined) return { name: chosen.mainScore, isHigherBetter: chosen.isHigherBetter };
  throw new OptionError({
    op: 'training',
    problem: `the watched metric is '${wanted}', and evaluation computes loss, ${names.join(', ')}`,
    likely: 'Name it among the metrics too, or watch the loss.',
    page: 'training-metric',
    got: wanted,
  });
}
