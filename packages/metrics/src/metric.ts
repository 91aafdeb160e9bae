import { checkPairs } from './checks.js';
import { MetricError } from './errors.js';

/** Named numbers; what each is in is the metric's `unit`. */
export type Scores = Readonly<Record<string, number>>;

/**
 * What one target or prediction is: a class; a number; a number that ranks; a text; one or several texts that are
 * all right; a list of ids; the tags of a sentence; log-probabilities of a text's tokens; probabilities of all
 * classes; an answer option of `rankClassification`.
 */
export type MetricInput =
  'label' | 'number' | 'score' | 'text' | 'references' | 'ids' | 'tags' | 'logProbabilities';

/** `percent` is 0–100 as the field prints BLEU, ROUGE and SQuAD; `fraction` is 0–1 or −1–1; `count` has no bound. */
export type MetricUnit = 'percent' | 'fraction' | 'count';

/** A metric as a sum over examples: what bootstrap resampling needs to be fast. */
export interface AdditiveForm<Target, Prediction> {
  /** One vector per example, all of one length. */
  statistics(targets: readonly Target[], predictions: readonly Prediction[]): readonly ArrayLike<number>[];
  /** The scores that the sum of such vectors gives. */
  scores(total: ArrayLike<number>): Scores;
}

/** A metric as data: what a task holds and an evaluation loop calls. Make one with `defineMetric`. */
export interface Metric<Target = never, Prediction = never> {
  readonly name: string;
  /** What it must be given. */
  readonly needs: { readonly targets: MetricInput; readonly predictions: MetricInput };
  readonly unit: MetricUnit;
  /** The score that ranks systems. */
  readonly mainScore: string;
  /** False for error rates and distances. */
  readonly isHigherBetter: boolean;
  /** True when each target is wrapped as `{ group, value }`; `needs.targets` is what the value is. */
  readonly isGrouped: boolean;
  /**
   * Scores of predictions against targets, in the same order.
   * @throws MetricError
   */
  compute(targets: readonly Target[], predictions: readonly Prediction[]): Scores;
  /** Where the metric is a sum over examples. */
  readonly additive?: AdditiveForm<Target, Prediction>;
  /** The settings as the reference tool prints them. */
  signature?(targets: readonly Target[]): string;
}

/** Fields of `defineMetric`; what is left out gets the default that is named. */
export interface MetricDefinition<Target, Prediction> extends Omit<
  Metric<Target, Prediction>,
  'needs' | 'isHigherBetter' | 'isGrouped'
> {
  /** One kind for both sides, or targets first. */
  readonly needs: MetricInput | readonly [targets: MetricInput, predictions: MetricInput];
  /** Default true. */
  readonly isHigherBetter?: boolean;
  /** Default false. */
  readonly isGrouped?: boolean;
}

/** Makes a metric record, frozen. */
export function defineMetric<Target, Prediction>(
  definition: MetricDefinition<Target, Prediction>,
): Metric<Target, Prediction> {
  const { needs, isHigherBetter = true, isGrouped = false } = definition;
  const [targets, predictions] = typeof needs === 'string' ? [needs, needs] : needs;
  return Object.freeze({
    ...definition,
    isHigherBetter,
    isGrouped,
    needs: Object.freeze({ targets, predictions }),
  });
}

/** A target with the group it belongs to: a question, a passage. */
export interface Grouped<Target> {
  readonly group: string | number;
  readonly value: Target;
}

/**
 * A metric that counts the first example of each group only, as ReCoRD needs, where one query is there once per
 * answer.
 * @see deduplicate_metric of T5
 */
export function deduplicated<Target, Prediction>(
  metric: Metric<Target, Prediction>,
): Metric<Grouped<Target>, Prediction> {
  const firstOnly = (targets: readonly Grouped<Target>[], predictions: readonly Prediction[]) => {
    checkPairs(`deduplicated ${metric.name}`, targets, predictions);
    const firsts = groupsOf(targets).map(([first]) => first!);
    return [
      firsts.map((index) => targets[index]!.value),
      firsts.map((index) => predictions[index]!),
    ] as const;
  };
  const { name, needs, unit, mainScore, isHigherBetter, signature } = metric;
  return defineMetric({
    name: `deduplicated ${name}`,
    needs: [needs.targets, needs.predictions],
    unit,
    mainScore,
    isHigherBetter,
    isGrouped: true,
    compute: (targets, predictions) => metric.compute(...firstOnly(targets, predictions)),
    ...(signature === undefined
      ? {}
      : { signature: (targets) => signature(groupsOf(targets).map(([first]) => targets[first!]!.value)) }),
  });
}

/**
 * A metric that is computed in each group and averaged over groups.
 * @see mean_group_metric of T5
 */
export function meanOverGroups<Target, Prediction>(
  metric: Metric<Target, Prediction>,
): Metric<Grouped<Target>, Prediction> {
  const { name, needs, unit, mainScore, isHigherBetter } = metric;
  return defineMetric({
    name: `mean over groups of ${name}`,
    needs: [needs.targets, needs.predictions],
    unit,
    mainScore,
    isHigherBetter,
    isGrouped: true,
    compute: (targets, predictions) => {
      checkPairs(`meanOverGroups ${name}`, targets, predictions);
      const groups = groupsOf(targets);
      const totals: Record<string, number> = {};
      for (const group of groups) {
        const own = metric.compute(
          group.map((index) => targets[index]!.value),
          group.map((index) => predictions[index]!),
        );
        for (const [score, value] of Object.entries(own)) totals[score] = (totals[score] ?? 0) + value;
      }
      return Object.fromEntries(
        Object.entries(totals).map(([score, value]) => [score, value / groups.length]),
      );
    },
  });
}

/** Indices of the examples of each group, in order of appearance. */
export function groupsOf(targets: readonly Grouped<unknown>[]): readonly (readonly number[])[] {
  const groups = new Map<string | number, number[]>();
  targets.forEach((target, index) => {
    const key: unknown = target?.group;
    if (typeof key !== 'string' && typeof key !== 'number') {
      throw new MetricError({
        op: 'groups',
        problem: `targets[${index}] has no group`,
        likely: 'Grouped metrics take targets { group, value }.',
        page: 'metric-bad-input',
        got: target,
      });
    }
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  });
  return [...groups.values()];
}
