import { checkChoice, checkNumbers } from './checks.js';
import { MetricError } from './errors.js';
import { mean } from './statistics.js';

/** Average of a benchmark as a paper defines it. */
export type Benchmark = 'glue' | 'superGlue' | 'glueElectra';

/** Scores that each task contributes; its mean is what counts. */
type TaskScores = Readonly<Record<string, readonly string[]>>;

const BENCHMARKS: Readonly<Record<Benchmark, TaskScores>> = {
  // Raffel et al. 2020; compute_avg_glue of T5: WNLI is left out
  glue: {
    cola: ['matthews'],
    sst2: ['accuracy'],
    mrpc: ['f1', 'accuracy'],
    stsb: ['pearson', 'spearman'],
    qqp: ['f1', 'accuracy'],
    mnli: ['matchedAccuracy', 'mismatchedAccuracy'],
    qnli: ['accuracy'],
    rte: ['accuracy'],
  },
  superGlue: {
    boolq: ['accuracy'],
    cb: ['meanClassF1', 'accuracy'],
    copa: ['accuracy'],
    multirc: ['f1', 'exactMatch'],
    record: ['f1', 'exactMatch'],
    rte: ['accuracy'],
    wic: ['accuracy'],
    wsc: ['accuracy'],
  },
  // Clark et al. 2020, §3.1: one score a task, Spearman for STS-B, accuracy also for MRPC and QQP
  glueElectra: {
    cola: ['matthews'],
    sst2: ['accuracy'],
    mrpc: ['accuracy'],
    stsb: ['spearman'],
    qqp: ['accuracy'],
    mnli: ['accuracy'],
    qnli: ['accuracy'],
    rte: ['accuracy'],
  },
};

/** The scores a benchmark's average needs, by task. */
export function benchmarkScores(benchmark: Benchmark): TaskScores {
  checkChoice('benchmarkScores', benchmark, { name: 'benchmark', allowed: Object.keys(BENCHMARKS) });
  return BENCHMARKS[benchmark];
}

/**
 * Mean over tasks, after the mean over the scores of a task. All scores must have one unit (all fractions, or all
 * percent): it is that of the average.
 * @param scores  by task and score, as `benchmarkScores` lists them
 * @throws MetricError (metric-missing-score) when one is not there
 */
export function benchmarkAverage(
  benchmark: Benchmark,
  scores: Readonly<Record<string, Readonly<Record<string, number>>>>,
): number {
  const tasks = Object.entries(benchmarkScores(benchmark)).map(([task, names]) => {
    const own = names.map((name) => {
      const value = scores[task]?.[name];
      if (value === undefined) throw missingScore(benchmark, task, name);
      return value;
    });
    checkNumbers('benchmarkAverage', own, { name: task });
    return mean(own);
  });
  return mean(tasks);
}

function missingScore(benchmark: Benchmark, task: string, name: string): MetricError {
  return new MetricError({
    op: 'benchmarkAverage',
    problem: `the average of '${benchmark}' needs '${name}' of '${task}'`,
    likely: 'An average over fewer tasks is not the published one; evaluate the missing task.',
    page: 'metric-missing-score',
    needed: `${task}.${name}`,
  });
}
