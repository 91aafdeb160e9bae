import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../../errors.js';

/** Names in a message. */
const MAX_NAMES = 3;

/** The error for a path that does not exist, with the names that come nearest where its way ends. */
export async function missingPath(path: string, cause?: unknown): Promise<DataError> {
  const { folder, missing, names } = await deepestFolder(path);
  const near = nearNames(missing, names);
  const suggestion =
    near.length > 0
      ? `There is ${near.map((name) => `'${join(folder, name)}'`).join(', ')}.`
      : `The folder '${folder}' has ${names.length === 0 ? 'no files' : `${names.length} entries, none with a similar name`}.`;
  return new DataError({
    op: 'pathFile',
    problem: `there is no '${missing}' in '${folder}'`,
    file: path,
    page: 'data-path',
    remedy: `a misspelling, or another current folder. ${suggestion}`,
    cause,
  });
}

/** The deepest folder above `path` that exists, and what is missing in it. */
async function deepestFolder(
  path: string,
): Promise<{ readonly folder: string; readonly missing: string; readonly names: readonly string[] }> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => undefined);
  if (names !== undefined || folder === path || folder === dirname(folder)) {
    return { folder, missing: basename(path), names: names ?? [] };
  }
  return deepestFolder(folder);
}

/** Names that differ from `name` by little, the nearest first. */
function nearNames(name: string, names: readonly string[]): readonly string[] {
  const limit = Math.max(2, Math.floor(name.length / 3));
  return names
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= limit || candidate.startsWith(`${name}.`))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, MAX_NAMES)
    .map(({ candidate }) => candidate);
}

/** Insertions, deletions and replacements that turn one text into the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
