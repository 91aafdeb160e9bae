import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { isDynamicPattern, glob } from 'tinyglobby';
import { checkOptions, DataError, optionError, show } from '../../errors.js';
import { type DataFile, streamFile } from '../data-file.js';
import { urlFile, type UrlFileOptions } from '../url-file.js';
import { pathError, pathFile } from './path-file.js';

/** Options of `findFiles`. */
export interface FindFilesOptions {
  /** Ends of names that count in folders, such as `['.jsonl', '.jsonl.gz']`; default: all but hidden files. */
  readonly extensions?: readonly string[];
  /** For addresses. */
  readonly url?: Omit<UrlFileOptions, 'name'>;
}

/**
 * Files by path, folder, glob pattern or address; '-' is standard input. Folders are searched with all folders in them;
 * hidden files are left out, symbolic links are followed but never around a loop, and one that leads nowhere is an error.
 * The order is that of the arguments, within a folder or a pattern that of the names, so it is the same everywhere.
 * @throws DataError data-path when a path does not exist, data-no-files when a folder or pattern has no matching file
 */
export async function findFiles(
  where: string | readonly string[],
  options: FindFilesOptions = {},
): Promise<readonly DataFile[]> {
  checkOptions('findFiles', options, ['extensions', 'url']);
  const targets = typeof where === 'string' ? [where] : where;
  if (targets.length === 0)
    throw optionError('findFiles', 'where', 'no path, folder, pattern or address was given');
  const found = await Promise.all(targets.map((target) => findTarget(target, options)));
  return found.flat();
}

async function findTarget(target: string, options: FindFilesOptions): Promise<readonly DataFile[]> {
  if (target === '-') return [stdinFile()];
  if (/^https?:\/\//i.test(target)) return [urlFile(target, options.url)];
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(target)) {
    throw optionError(
      'findFiles',
      'where',
      `${show(target)} is no http or https address; other schemes are not read`,
    );
  }
  const info = await stat(target).catch((error: unknown) => error as Error);
  if (!(info instanceof Error)) {
    return info.isDirectory() ? folderFiles(target, options) : [pathFile(target)];
  }
  if (isDynamicPattern(target)) return patternFiles(target);
  throw await pathError(target, info);
}

async function patternFiles(pattern: string): Promise<readonly DataFile[]> {
  const paths = await glob(pattern.replaceAll('\\', '/'), { onlyFiles: true, absolute: isAbsolute(pattern) });
  const realFolders = new Map<string, Promise<string>>();
  const isLoop = await Promise.all(paths.map((path) => leadsAround(path, realFolders)));
  const found = paths.filter((_, index) => !isLoop[index]).sort();
  if (found.length === 0) throw noFiles(pattern, 'no file matches the pattern');
  return found.map((path) => pathFile(path));
}

/** Whether the way to a file passes one folder twice, by a link that leads back up. */
async function leadsAround(path: string, realFolders: Map<string, Promise<string>>): Promise<boolean> {
  const passed: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (!realFolders.has(folder)) realFolders.set(folder, realpath(folder));
    passed.push(await realFolders.get(folder)!);
    if (folder === dirname(folder)) return new Set(passed).size < passed.length;
  }
}

async function folderFiles(folder: string, { extensions }: FindFilesOptions): Promise<readonly DataFile[]> {
  const all = await walk(folder, []);
  const paths = all.filter(
    (path) => extensions === undefined || extensions.some((end) => path.endsWith(end)),
  );
  if (paths.length > 0) return paths.map((path) => pathFile(path));
  const needed = extensions === undefined ? 'no file' : `no file ending in ${extensions.join(', ')}`;
  throw noFiles(folder, `the folder has ${needed} (${all.length} files in all)`);
}

/** Files below a folder in the order of their names; `above` are the real folders on the way, to notice loops. */
async function walk(folder: string, above: readonly string[]): Promise<readonly string[]> {
  const real = await realpath(folder);
  if (above.includes(real)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const paths: string[] = [];
  for (const entry of names) {
    const path = join(folder, entry.name);
    const info = entry.isSymbolicLink() ? await statLink(path) : entry;
    if (info.isDirectory()) paths.push(...(await walk(path, [...above, real])));
    else if (info.isFile()) paths.push(path);
  }
  return paths;
}

async function statLink(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw await pathError(path, error); // a link to nowhere: data would be missing silently
  }
}

function noFiles(place: string, problem: string): DataError {
  return new DataError({
    op: 'findFiles',
    problem,
    file: place,
    page: 'data-no-files',
    remedy: 'another folder or current folder, or another ending. Patterns match from the current folder.',
  });
}

/** Standard input, as a file that can be read once. */
export function stdinFile(): DataFile {
  return streamFile('standard input', process.stdin);
}
