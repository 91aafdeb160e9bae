import { join } from 'node:path';
import type { Json } from '../../batching/stage.js';
import type { CleaningReport } from '../../cleaning/report.js';
import type { Place } from '../../readers/place.js';
import { DataError } from '../../errors.js';
import { MANIFEST_FILE, type ShardEntry } from '../manifest.js';
import { type Disk, writeWhole } from './disk.js';

/** What has been prepared so far; written after each shard, gone when the manifest is there. */
export interface Journal {
  /** All that decides the bytes of the shards. */
  readonly settings: Readonly<Record<string, Json>>;
  readonly shards: readonly ShardEntry[];
  /** Documents of the input that are in these shards, or were dropped before their end. */
  readonly documents: number;
  /** Where the last of them stands, if its reader says. */
  readonly place: Place | null;
  readonly report: CleaningReport;
  /** Valid bytes of the file of keys. */
  readonly keysBytes: number;
}

/** Name of the journal. */
export const JOURNAL_FILE = 'preparation.journal.json';
/** Name of the file that remembers what duplicates are told by. */
export const KEYS_FILE = 'preparation.keys.bin';
/** Name of the report. */
export const REPORT_FILE = 'report.json';

const ours = [/^shard-\d+\.bin(\.partial)?$/, /^(manifest|report|preparation\.journal)\.json(\.partial)?$/];

/** What a folder holds. */
type FolderState = 'empty' | 'finished' | 'interrupted' | 'foreign';

/** Looks at a folder that shards are to be written into. */
export async function folderState(disk: Disk, folder: string): Promise<FolderState> {
  const names = await disk.list(folder);
  if (names.includes(MANIFEST_FILE)) return 'finished';
  if (names.includes(JOURNAL_FILE)) return 'interrupted';
  return names.every(isOurs) ? 'empty' : 'foreign'; // stopped before its first journal: nothing to keep
}

function isOurs(name: string): boolean {
  return name === KEYS_FILE || ours.some((pattern) => pattern.test(name));
}

/** Removes what a preparation has left, the manifest first; other files stay. */
export async function clearFolder(disk: Disk, folder: string): Promise<void> {
  const names = (await disk.list(folder)).filter(isOurs);
  const first = names.filter((name) => name === MANIFEST_FILE);
  for (const name of [...first, ...names]) await disk.remove(join(folder, name));
}

/** Writes the journal as a whole. */
export async function writeJournal(disk: Disk, folder: string, journal: Journal): Promise<void> {
  const text = JSON.stringify(journal);
  await writeWhole(disk, { folder, name: JOURNAL_FILE }, new TextEncoder().encode(text));
}

/**
 * Reads the journal of an interrupted preparation.
 * @throws DataError (data-resume) when it is damaged or of other settings
 */
export async function readJournal(
  disk: Disk,
  folder: string,
  settings: Readonly<Record<string, Json>>,
): Promise<Journal> {
  const file = join(folder, JOURNAL_FILE);
  let journal: Journal;
  try {
    journal = JSON.parse(new TextDecoder().decode(await disk.read(file))) as Journal;
  } catch (cause) {
    throw resumeError(file, {
      problem: 'the journal is damaged',
      remedy: 'prepare anew, with overwrite.',
      cause,
    });
  }
  checkSettings(file, { now: settings, before: journal.settings });
  return journal;
}

/**
 * Checks that a preparation goes on as it began.
 * @throws DataError (data-resume) naming what differs
 */
export function checkSettings(
  file: string,
  settings: {
    readonly now: Readonly<Record<string, Json>>;
    readonly before: Readonly<Record<string, Json>> | undefined;
  },
): void {
  const { now, before = {} } = settings;
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])];
  const differing = names.filter((name) => canonical(now[name]) !== canonical(before[name]));
  if (differing.length === 0) return;
  const shown = differing
    .map((name) => `${name} is ${canonical(now[name])}, was ${canonical(before[name])}`)
    .join('; ');
  throw resumeError(file, {
    problem: `it was begun with other settings: ${shown}`,
    remedy: 'Resume with the inputs and options it was begun with, or prepare anew, with overwrite.',
  });
}

function canonical(value: Json | undefined): string {
  if (value === undefined) return 'not there';
  return JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** The error for a preparation that cannot go on. */
export function resumeError(
  file: string,
  facts: { readonly problem: string; readonly remedy: string; readonly cause?: unknown },
): DataError {
  return new DataError({ op: 'prepareShards', file, page: 'data-resume', ...facts });
}
