import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { RunReport } from '../report/report-html.js';
import { reportHtml } from '../report/report-html.js';
import { readRunLog } from './run-log.js';

/** Name of the page. */
export const REPORT_FILE = 'report.html';

/**
 * Writes `report.html` beside the `events.jsonl` of a run: curves, scores, config, warnings in one file that needs no network.
 * @returns the path of the page
 */
export async function writeReport(path: string, about: Omit<RunReport, 'events'>): Promise<string> {
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  const [script, style] = await Promise.all(
    ['uPlot.iife.min.js', 'uPlot.min.css'].map((file) => readFile(join(uplot, 'dist', file), 'utf8')),
  );
  const page = reportHtml({ ...about, events: await readRunLog(path) }, { script: script!, style: style! });
  const file = join(path, REPORT_FILE);
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, page);
  await rename(temporary, file);
  return file;
}
