import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { OptionError } from '@tesserae/tensor';
import type { RunLogger } from '../loggers/logger.js';
import { CSV_HEADER, csvRows, jsonLine, parseJsonLine, scalarsOf } from '../loggers/logger.js';
import { scalarsRecord, versionRecord } from '../loggers/tensorboard.js';
import type { TrainerEvent } from '../trainer/events.js';

/** What a run leaves behind: every event, a table of curves, files for TensorBoard. */
export type LogKind = 'jsonl' | 'csv' | 'tensorboard';

/** Name of the file of all events. */
export const EVENTS_FILE = 'events.jsonl';
/** Name of the table of curves. */
export const CURVES_FILE = 'curves.csv';

const KINDS: readonly LogKind[] = ['jsonl', 'csv', 'tensorboard'];

/**
 * Logs a run into a folder: `events.jsonl` (a line an event), `curves.csv` (step, epoch, name, value) and `events.out.tfevents.…`.
 * When a run goes on from a checkpoint, what was logged beyond it is dropped, for it happens again; TensorBoard, whose files are only
 * ever added to, gets a new file and shows the newer values.
 * @param kinds  default all of them
 */
export async function folderLogger(path: string, kinds: readonly LogKind[] = KINDS): Promise<RunLogger> {
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) {
    throw new OptionError({
      op: 'folderLogger',
      problem: `there is no log '${String(unknown)}'`,
      likely: `There are ${KINDS.join(', ')}.`,
      page: 'option-value',
      got: unknown,
      needed: KINDS,
    });
  }
  await mkdir(path, { recursive: true });
  const loggers = await Promise.all(kinds.map((kind) => OPENERS[kind](path)));
  return {
    log: async (event) => {
      for (const logger of loggers) await logger.log(event);
    },
    close: async () => {
      for (const logger of loggers) await logger.close();
    },
  };
}

const OPENERS: Readonly<Record<LogKind, (path: string) => Promise<RunLogger>>> = {
  jsonl: async (path) =>
    lineLogger(join(path, EVENTS_FILE), {
      rows: (event) => [jsonLine(event)],
      stepOf: (line) => stepOf(parseJsonLine(line)),
    }),
  csv: async (path) =>
    lineLogger(join(path, CURVES_FILE), {
      header: CSV_HEADER,
      rows: csvRows,
      stepOf: (line) => Number(line.split(',', 1)[0]),
    }),
  tensorboard: tensorBoardLogger,
};

const stepOf = ({ step, type }: TrainerEvent): number => (type === 'end' ? Infinity : step); // an end that was not one

interface LineFormat {
  readonly header?: string;
  readonly rows: (event: TrainerEvent) => readonly string[];
  readonly stepOf: (line: string) => number;
}

function lineLogger(file: string, { header, rows, stepOf: at }: LineFormat): RunLogger {
  let isOpen = false;
  return {
    log: async (event) => {
      if (!isOpen || event.type === 'start') {
        const kept = event.type === 'start' && event.step === 0 ? [] : await linesUpTo(file, event.step, at);
        await replace(file, [...(header === undefined ? [] : [header]), ...kept]);
        isOpen = true;
      }
      const lines = rows(event);
      if (lines.length > 0) await appendFile(file, `${lines.join('\n')}\n`);
    },
    close: async () => undefined,
  };
}

/** Lines of steps up to one; a last line that a killed process left unfinished is dropped. */
async function linesUpTo(
  file: string,
  step: number,
  stepOfLine: (line: string) => number,
): Promise<readonly string[]> {
  const content = await readFile(file, 'utf8').catch(() => '');
  return content
    .split('\n')
    .slice(0, -1)
    .filter((line) => {
      try {
        return stepOfLine(line) <= step;
      } catch {
        return false;
      }
    });
}

async function replace(file: string, lines: readonly string[]): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, lines.map((line) => `${line}\n`).join(''));
  await rename(temporary, file);
}

async function tensorBoardLogger(path: string): Promise<RunLogger> {
  let file: string | undefined;
  const seconds = (): number => Date.now() / 1000;
  const open = async (isNew: boolean): Promise<string> => {
    if (isNew)
      for (const old of await readdir(path))
        if (old.startsWith('events.out.tfevents.')) await rm(join(path, old));
    const name = join(
      path,
      `events.out.tfevents.${Math.floor(seconds())}.${hostname()}.${process.pid}.${randomUUID().slice(0, 8)}`,
    );
    await writeFile(name, versionRecord(seconds()));
    return name;
  };
  return {
    log: async (event) => {
      file ??= await open(event.type === 'start' && event.step === 0);
      const scalars = Object.entries(scalarsOf(event)).map(([tag, value]) => ({ tag, value }));
      if (scalars.length > 0)
        await appendFile(file, scalarsRecord(scalars, { step: event.step, wallTime: seconds() }));
    },
    close: async () => undefined,
  };
}

/** The events of a folder that `folderLogger` wrote, in order. */
export async function readRunLog(path: string): Promise<readonly TrainerEvent[]> {
  const content = await readFile(join(path, EVENTS_FILE), 'utf8');
  return content.split('\n').slice(0, -1).map(parseJsonLine);
}
