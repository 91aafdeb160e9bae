import { badOption, checkInteger, checkOptions, checkPairs } from './checks.js';
import { show } from './errors.js';
import type { Metric, Scores } from './metric.js';
import { seededRandom } from './rng.js';
import { addInto, mean, quantile } from './statistics.js';

/** Options of resampling. */
export interface BootstrapOptions {
  readonly seed: number;
  /** Which score of the metric; default its `mainScore`. */
  readonly score?: string;
  /** How many resamples; default 1000. */
  readonly samples?: number;
  /** Share of resamples within the interval; default 0.95. */
  readonly confidence?: number;
  /** Ends the work with its reason. */
  readonly signal?: AbortSignal;
}

/** A score with what resampling the examples says about it. */
export interface BootstrapResult {
  /** On the examples as they are. */
  readonly score: number;
  /** Bounds of the interval, and what lies in its middle (T5's ROUGE reports this). */
  readonly low: number;
  readonly median: number;
  readonly high: number;
  readonly mean: number;
}

/** A comparison of two systems on the same examples. */
export interface PairedBootstrapResult {
  readonly baseline: BootstrapResult;
  readonly system: BootstrapResult;
  /** How probable so large a difference is when both systems are equally good. */
  readonly pValue: number;
}

/**
 * Percentile bootstrap of a metric. Metrics with an `additive` form are fast; others are computed anew per resample.
 * @throws MetricError (metric-bad-option), and what the metric throws
 * @see Efron 1979
 */
export function bootstrap<Target, Prediction>(
  metric: Metric<Target, Prediction>,
  data: { readonly targets: readonly Target[]; readonly predictions: readonly Prediction[] },
  options: BootstrapOptions,
): BootstrapResult {
  const { targets, predictions } = data;
  const settings = bootstrapSettings(options);
  const resampled = resampler(metric, { targets, predictions, settings });
  const scores = resample(targets.length, settings, resampled);
  return summarize(resampled(undefined), scores, settings.confidence);
}

/**
 * Paired bootstrap: both systems are scored on the same resamples.
 * @returns a p-value as sacreBLEU computes it: resamples whose difference, centred, exceeds the observed one
 * @throws MetricError (metric-bad-option, metric-length-mismatch), and what the metric throws
 * @see Koehn 2004
 */
export function pairedBootstrap<Target, Prediction>(
  metric: Metric<Target, Prediction>,
  data: {
    readonly targets: readonly Target[];
    readonly baseline: readonly Prediction[];
    readonly system: readonly Prediction[];
  },
  options: BootstrapOptions,
): PairedBootstrapResult {
  const { targets } = data;
  const settings = bootstrapSettings(options);
  const [a, b] = [data.baseline, data.system].map((predictions) => {
    const resampled = resampler(metric, { targets, predictions, settings });
    return { score: resampled(undefined), scores: resample(targets.length, settings, resampled) };
  }) as [Scored, Scored];
  const differences = a.scores.map((score, index) => Math.abs(b.scores[index]! - score));
  const centre = mean(differences);
  const observed = Math.abs(a.score - b.score);
  const beyond = differences.filter((difference) => difference - centre > observed).length;
  return {
    baseline: summarize(a.score, a.scores, settings.confidence),
    system: summarize(b.score, b.scores, settings.confidence),
    pValue: (beyond + 1) / (settings.samples + 1),
  };
}

interface Scored {
  readonly score: number;
  readonly scores: Float64Array;
}

/** The score of the examples at these indices, or of all. */
type Resampled = (indices: Uint32Array | undefined) => number;

interface Settings {
  readonly seed: number;
  readonly score: string | undefined;
  readonly samples: number;
  readonly confidence: number;
  readonly signal: AbortSignal | undefined;
}

function bootstrapSettings(options: BootstrapOptions): Settings {
  checkOptions('bootstrap', options, ['seed', 'score', 'samples', 'confidence', 'signal']);
  const { seed, score, samples = 1000, confidence = 0.95, signal } = options;
  checkInteger('bootstrap', seed, { name: 'seed', min: 0 });
  checkInteger('bootstrap', samples, { name: 'samples', min: 1 });
  if (!(confidence > 0 && confidence < 1))
    throw badOption('bootstrap', `confidence is ${show(confidence)}, needed: between 0 and 1`, confidence);
  return { seed, score, samples, confidence, signal };
}

function resampler<Target, Prediction>(
  metric: Metric<Target, Prediction>,
  { targets, predictions, settings }: ResamplerInput<Target, Prediction>,
): Resampled {
  checkPairs('bootstrap', targets, predictions);
  const { additive } = metric;
  const wanted = settings.score ?? metric.mainScore;
  if (additive === undefined) {
    return (indices) => {
      const at = indices ?? Uint32Array.from(targets, (_, index) => index);
      const own = Array.from(at, (index) => targets[index]!);
      const theirs = Array.from(at, (index) => predictions[index]!);
      return scoreNamed(metric.name, wanted, metric.compute(own, theirs));
    };
  }
  const rows = additive.statistics(targets, predictions);
  return (indices) => {
    const total = new Float64Array(rows[0]!.length);
    if (indices === undefined) for (const row of rows) addInto(total, row);
    else for (const index of indices) addInto(total, rows[index]!);
    return scoreNamed(metric.name, wanted, additive.scores(total));
  };
}

interface ResamplerInput<Target, Prediction> {
  readonly targets: readonly Target[];
  readonly predictions: readonly Prediction[];
  readonly settings: Settings;
}

function scoreNamed(metric: string, wanted: string, scores: Scores): number {
  const value = scores[wanted];
  if (value !== undefined) return value;
  throw badOption(
    'bootstrap',
    `'${metric}' has no score '${wanted}', but ${Object.keys(scores).join(', ')}`,
    wanted,
  );
}

/** The same seed draws the same examples, whatever the metric. */
function resample(count: number, { seed, samples, signal }: Settings, score: Resampled): Float64Array {
  const random = seededRandom(seed);
  const indices = new Uint32Array(count);
  const scores = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample++) {
    signal?.throwIfAborted();
    for (let index = 0; index < count; index++) indices[index] = Math.floor(random() * count);
    scores[sample] = score(indices);
  }
  return scores;
}

function summarize(score: number, scores: Float64Array, confidence: number): BootstrapResult {
  const sorted = scores.toSorted();
  const tail = (1 - confidence) / 2;
  return {
    score,
    low: quantile(sorted, tail),
    median: quantile(sorted, 0.5),
    high: quantile(sorted, 1 - tail),
    mean: mean(sorted),
  };
}
