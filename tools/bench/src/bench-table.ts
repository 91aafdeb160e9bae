import { cpus, totalmem } from 'node:os';
import type { Ratio, Row, Timing } from './bench-job.js';

/** The machine in general terms. */
export function machineName(): string {
  const model = cpus()[0]?.model ?? 'an unknown processor';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.version}`;
}

/** Rows as Markdown: a table for each set of sides that were compared. */
export function markdownTables(rows: readonly Row[]): string {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = [row.ratios.map(({ name }) => name).join(), row.waitingShare !== undefined].join();
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map(tableOf).join('\n\n');
}

function tableOf(rows: readonly Row[]): string {
  const [{ timings, waitingShare }] = rows as [Row];
  const [ours, ...others] = timings.map(({ name }) => name);
  const hasFloor = rows.some(({ floor }) => floor !== undefined);
  const head = [
    'job',
    ours!,
    ...others.flatMap((name) => [name, `over ${ours}`]),
    ...(hasFloor ? ['weights read'] : []),
    ...(waitingShare === undefined ? [] : ['waits for data']),
  ];
  const lines = rows.map((row) => [
    row.job,
    timingCell(row.timings[0]!),
    ...row.ratios.flatMap((ratio, at) => [timingCell(row.timings[at + 1]!), ratioCell(ratio)]),
    ...(hasFloor ? [floorCell(row)] : []),
    ...(waitingShare === undefined ? [] : [`${(100 * row.waitingShare!).toFixed(2)} %`]),
  ]);
  const cells = [head, head.map(() => '---'), ...lines];
  return cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function timingCell({ iterationMs, roundMs, peakRssMiB }: Timing): string {
  const digits = iterationMs.median < 100 ? 1 : 0;
  const [median, least, most] = [iterationMs.median, Math.min(...roundMs), Math.max(...roundMs)].map((ms) =>
    ms.toFixed(digits),
  );
  return `${median} ms (${least}–${most}), ${peakRssMiB.toFixed(0)} MiB`;
}

function ratioCell({ median, least, most, needed }: Ratio): string {
  const range = `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
  if (needed === undefined) return range;
  return `${range}, needed ${needed.toFixed(2)}${median >= needed ? '' : ': **missed**'}`;
}

/** Which share of our time the mere reading of the weights would take, at the fastest rate seen in the run. */
function floorCell({ floor }: Row): string {
  if (floor === undefined) return '–';
  const { share, readMs, bytes } = floor;
  const rate = bytes / 1e6 / readMs;
  return `${(100 * share).toFixed(0)} % (${(bytes / 1e6).toFixed(0)} MB in ${readMs.toFixed(2)} ms, ${rate.toFixed(1)} GB/s)`;
}
