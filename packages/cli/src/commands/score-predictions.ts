import { METRICS, MetricError, bootstrap, spansMetric, type Scores, type TagScheme } from '@tesserae/metrics';
import { OptionError } from '@tesserae/tensor';
import type { CommandContext } from '../command-context.js';
import { pairEntries, type ExamplePair } from '../scoring/example-pairs.js';
import {
  inputsFor,
  kindOf,
  suits,
  type AnyMetric,
  type DataKind,
  type MetricInputs,
} from '../scoring/metric-inputs.js';
import { doubtedAnswers, doubtedSquad2 } from '../scoring/no-answer.js';
import { readEntries, type PredictionFormat } from '../scoring/prediction-files.js';

/** Options of the command. */
interface ScorePredictionsOptions {
  readonly predictions: string;
  readonly targets: string;
  readonly metric?: readonly string[];
  readonly format?: PredictionFormat;
  readonly tagScheme?: TagScheme;
  readonly unanswerableScores?: string;
  readonly unanswerableThreshold?: number;
  readonly bootstrap?: number;
  readonly seed?: number;
}

/** The metrics that files can feed: no groups, no probabilities of tokens. */
const FILE_METRICS = Object.values(METRICS).filter(
  ({ isGrouped, needs }) => !isGrouped && needs.predictions !== 'logProbabilities',
) as readonly AnyMetric[];

/** Names that `--metric` takes. */
export const METRIC_NAMES: readonly string[] = FILE_METRICS.map(({ name }) => name);

/** Prints one line per metric: those named, or every one that fits the data. */
export async function runScorePredictions(
  options: ScorePredictionsOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const { format } = options;
  const [targets, predictions] = await Promise.all([
    readEntries(options.targets, { side: 'targets', format, signal }),
    readEntries(options.predictions, { side: 'predictions', format, signal }),
  ]);
  const pairs = pairEntries(targets, predictions);
  const kind = kindOf(pairs);
  output.note(`${pairs.length} examples, read as ${kind}`);
  checkCombination(options, kind);
  for (const { metric, inputs } of await tasksOf(options, { pairs, kind, signal })) {
    signal.throwIfAborted();
    try {
      const result = scoreWith(metric, { inputs, examples: pairs.length, options, signal });
      output.result(result, renderResult(result));
    } catch (error) {
      const isOptional = options.metric === undefined && error instanceof MetricError;
      if (!isOptional || error.code === 'metric-empty') throw error;
      output.warn(`${metric.name} is left out: ${error.facts.problem}`);
    }
  }
}

/** A metric with what it is given. */
interface MetricTask {
  readonly metric: AnyMetric;
  readonly inputs: MetricInputs;
}

/** What there is to compute: the metrics that were named, which must fit, or all that do. */
async function tasksOf(
  options: ScorePredictionsOptions,
  {
    pairs,
    kind,
    signal,
  }: { readonly pairs: readonly ExamplePair[]; readonly kind: DataKind; readonly signal: AbortSignal },
): Promise<readonly MetricTask[]> {
  const { metric: names, unanswerableScores, unanswerableThreshold } = options;
  if (unanswerableScores !== undefined) {
    const inputs = await doubtedAnswers(unanswerableScores, { pairs, signal });
    return [{ metric: doubtedSquad2(unanswerableThreshold), inputs }];
  }
  const named = metricsNamed(names, options.tagScheme);
  return named
    .filter((metric) => names !== undefined || suits(metric, kind))
    .flatMap((metric) => {
      const inputs = inputsFor(metric, pairs);
      if (typeof inputs !== 'string') return [{ metric, inputs }];
      if (names !== undefined) throw unfitMetric(metric, inputs);
      return [];
    });
}

/** An option without the one it belongs to would be ignored. */
function checkCombination(options: ScorePredictionsOptions, kind: DataKind): void {
  const { metric, tagScheme, unanswerableScores, unanswerableThreshold, bootstrap: samples, seed } = options;
  const isOnly = (name: string): boolean => metric === undefined || metric.every((other) => other === name);
  const problems: readonly (readonly [isWrong: boolean, problem: string])[] = [
    [seed !== undefined && samples === undefined, '--seed goes with --bootstrap'],
    [
      unanswerableThreshold !== undefined && unanswerableScores === undefined,
      '--unanswerable-threshold goes with --unanswerable-scores',
    ],
    [
      unanswerableScores !== undefined && !isOnly('squad2'),
      '--unanswerable-scores goes with the metric squad2 alone',
    ],
    [
      tagScheme !== undefined && (kind !== 'tags' || !isOnly('spans')),
      `--tag-scheme goes with tags, these are ${kind}`,
    ],
  ];
  const problem = problems.find(([isWrong]) => isWrong)?.[1];
  if (problem === undefined) return;
  throw new OptionError({ op: 'score-predictions', problem, likely: 'Leave it out.', page: 'option-value' });
}

/** What is printed of a metric. */
interface MetricResult {
  readonly metric: string;
  readonly scores: Scores;
  readonly unit: string;
  readonly examples: number;
  readonly signature?: string;
  readonly interval?: {
    readonly score: string;
    readonly low: number;
    readonly high: number;
    readonly confidence: number;
  };
}

interface ScoringJob {
  readonly inputs: MetricInputs;
  readonly examples: number;
  readonly options: ScorePredictionsOptions;
  readonly signal: AbortSignal;
}

function scoreWith(metric: AnyMetric, { inputs, examples, options, signal }: ScoringJob): MetricResult {
  const { name, unit, mainScore } = metric;
  const scores = metric.compute(inputs.targets, inputs.predictions);
  const signature = metric.signature?.(inputs.targets);
  const result = {
    metric: name,
    scores,
    unit,
    examples,
    ...(signature === undefined ? {} : { signature }),
  };
  if (options.bootstrap === undefined) return result;
  const { low, high } = bootstrap(metric, inputs, {
    samples: options.bootstrap,
    seed: options.seed ?? 1,
    signal,
  });
  return { ...result, interval: { score: mainScore, low, high, confidence: 0.95 } };
}

function renderResult({ metric, scores, unit, signature, interval }: MetricResult): string {
  const shown = Object.entries(scores).map(([name, value]) => `${name} ${Number(value.toFixed(4))}`);
  const bounds =
    interval === undefined
      ? ''
      : `  95 % of ${interval.score}: ${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}`;
  return `${metric.padEnd(22)}${shown.join(', ')} (${unit})${bounds}${signature === undefined ? '' : `  ${signature}`}`;
}

/** The metrics of these names, or all; spans by the scheme where one is given. */
function metricsNamed(
  names: readonly string[] | undefined,
  scheme: TagScheme | undefined,
): readonly AnyMetric[] {
  const strictSpans = scheme === undefined ? METRICS.spans : spansMetric('spans', { mode: 'strict', scheme });
  const all = FILE_METRICS.map((metric) => (metric.name === 'spans' ? (strictSpans as AnyMetric) : metric));
  return names === undefined ? all : all.filter(({ name }) => names.includes(name));
}

function unfitMetric({ name, needs }: AnyMetric, reason: string): OptionError {
  return new OptionError({
    op: 'score-predictions',
    problem: `'${name}' does not fit the data: ${reason}`,
    likely: 'Leave --metric out to see which fit, or say with --format how the files are to be read.',
    page: 'metric-unfit',
    got: reason,
    needed: needs,
  });
}
