import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { link, lstat, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkOptions } from '@tesserae/tensor';
import { FolderError, listed } from '../errors.js';
import { checkFileName } from '../folder.js';
import { resolveInside } from './files.js';

/** What a file is written from: text, bytes, or chunks one after another. */
export type SavedContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** How a folder is written. */
export interface SaveFolderOptions {
  /** True: files of the same names are replaced. Default false: they are an error, and nothing is written. */
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
}

const op = 'saveFolder';
/** Systems refuse writes of 2 GiB and more. */
const MAX_WRITE_BYTES = 2 ** 28;

/**
 * Writes files into a folder, which is made when absent. Every file is written whole and flushed under a
 * temporary name beside its place, and all are renamed at the end; after a failure or an abort nothing of
 * this call remains (with `overwrite`, files that were already replaced stay replaced).
 * @throws FolderError when a file exists, or a name leaves the folder
 */
export async function saveFolder(
  path: string,
  files: Readonly<Record<string, SavedContent>> | ReadonlyMap<string, SavedContent>,
  options: SaveFolderOptions = {},
): Promise<void> {
  checkOptions(op, options, ['overwrite', 'signal']);
  const { overwrite = false, signal } = options;
  const contents = [...(files instanceof Map ? files : Object.entries(files))] as [string, SavedContent][];
  for (const [file] of contents) checkFileName(file, path);
  await mkdir(path, { recursive: true });
  const root = await realpath(path);
  if (!overwrite)
    await refuseExisting(
      root,
      contents.map(([file]) => file),
    );
  const written: { readonly temporary: string; readonly final: string }[] = [];
  const placed: string[] = [];
  try {
    for (const [file, content] of contents) {
      const final = await placeOf(root, file);
      const temporary = temporaryFor(final);
      written.push({ temporary, final });
      await writeFlushed(temporary, content, signal);
    }
    for (const { temporary, final } of written) {
      signal?.throwIfAborted();
      await placeFile(temporary, final, { overwrite });
      if (!overwrite) placed.push(final);
    }
  } catch (error) {
    for (const name of [...written.map(({ temporary }) => temporary), ...placed])
      await rm(name, { force: true });
    throw error;
  }
  for (const directory of new Set(written.map(({ final }) => dirname(final))))
    await flushDirectory(directory);
}

/** A name beside `final` that nobody else uses. */
export function temporaryFor(final: string): string {
  return join(dirname(final), `.${basename(final)}.${randomUUID()}.tmp`);
}

/**
 * Moves a finished file to its place in one step.
 * @throws FolderError when the place is taken and `overwrite` is false
 */
export async function placeFile(
  temporary: string,
  final: string,
  { overwrite }: { readonly overwrite: boolean },
): Promise<void> {
  if (overwrite) return rename(temporary, final);
  try {
    await link(temporary, final); // unlike rename, it fails when the place is taken
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw existing(dirname(final), [basename(final)]);
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK'].includes(code ?? '')) throw error;
    return rename(temporary, final); // a file system without hard links
  }
  await rm(temporary);
}

async function placeOf(root: string, file: string): Promise<string> {
  const final = join(root, ...file.split('/'));
  const folder = dirname(file);
  if (folder === '.') return final;
  await mkdir(dirname(final), { recursive: true });
  await resolveInside(root, folder, { followLinks: false });
  return final;
}

async function refuseExisting(root: string, files: readonly string[]): Promise<void> {
  const found: string[] = [];
  for (const file of files) {
    const isThere = await lstat(join(root, ...file.split('/'))).catch(() => undefined);
    if (isThere !== undefined) found.push(file);
  }
  if (found.length > 0) throw existing(root, found);
}

function existing(folder: string, files: readonly string[]): FolderError {
  return new FolderError({
    op,
    problem: `${listed(files)} already ${files.length === 1 ? 'exists' : 'exist'}; nothing was written`,
    likely: 'Choose another folder, or pass overwrite: true to replace them.',
    page: 'file-exists',
    file: folder,
    got: files,
  });
}

async function writeFlushed(path: string, content: SavedContent, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const handle = await open(path, 'wx');
  try {
    const isWhole = typeof content === 'string' || content instanceof Uint8Array;
    for await (const chunk of isWhole ? [content] : content) {
      signal?.throwIfAborted();
      await writeAll(handle, typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a whole chunk at `position` (default: where the last write ended); the system may take less at once.
 */
export async function writeAll(handle: FileHandle, chunk: Uint8Array, position?: number): Promise<void> {
  let done = 0;
  while (done < chunk.length) {
    const length = Math.min(chunk.length - done, MAX_WRITE_BYTES);
    const at = position === undefined ? null : position + done;
    const { bytesWritten } = await handle.write(chunk, done, length, at);
    done += bytesWritten;
  }
}

/** Makes renames durable; some systems do not open directories, and need it not. */
async function flushDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
