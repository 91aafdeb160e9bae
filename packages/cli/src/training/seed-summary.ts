import type { MetricSummary } from 'tesserae';

/** `accuracy 0.8667 ± 0.0042 (0.864, 0.872, 0.864)` */
export function summaryText(summaries: Readonly<Record<string, MetricSummary>>): string {
  return Object.entries(summaries)
    .map(([name, { mean, deviation, values }]) => {
      const each = values.map((value) => value.toPrecision(4)).join(', ');
      return `${name} ${mean.toPrecision(4)} ± ${deviation.toPrecision(2)} (${each})`;
    })
    .join('\n');
}
