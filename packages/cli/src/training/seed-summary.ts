/** Mean of a metric over runs, and how much it varies. */
interface MetricSummary {
  readonly mean: number;
  /** Sample standard deviation (n - 1); 0 for one run. */
  readonly deviation: number;
  readonly values: readonly number[];
}

/** Mean and deviation of every metric that all runs have. */
export function summarize(
  runs: readonly Readonly<Record<string, number>>[],
): Readonly<Record<string, MetricSummary>> {
  const names = Object.keys(runs[0] ?? {}).filter((name) => runs.every((run) => run[name] !== undefined));
  return Object.fromEntries(names.map((name) => [name, summaryOf(runs.map((run) => run[name]!))]));
}

function summaryOf(values: readonly number[]): MetricSummary {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)), values };
}

/** `accuracy 0.8667 ± 0.0042 (0.864, 0.872, 0.864)` */
export function summaryText(summaries: Readonly<Record<string, MetricSummary>>): string {
  return Object.entries(summaries)
    .map(([name, { mean, deviation, values }]) => {
      const each = values.map((value) => value.toPrecision(4)).join(', ');
      return `${name} ${mean.toPrecision(4)} ± ${deviation.toPrecision(2)} (${each})`;
    })
    .join('\n');
}
