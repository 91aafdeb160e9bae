import { readdir, realpath, stat } from 'node:fs/promises';
import { checkOptions } from '@tesserae/tensor';
import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { FolderError, quoted } from '../errors.js';
import type { ModelFolder } from '../folder.js';
import { checkFileName, decodeUtf8, missingFile } from '../folder.js';
import { fileSource, resolveInside } from './files.js';

/** How a directory is read. */
export interface OpenFolderOptions {
  /**
   * True: links that leave the folder are followed (the cache of Hugging Face's Python library is made of
   * them). Default false.
   */
  readonly followLinks?: boolean;
}

/**
 * A directory as a model folder; `list` gives the files directly in it.
 * @throws FolderError when there is no such directory
 */
export async function openFolder(path: string, options: OpenFolderOptions = {}): Promise<ModelFolder> {
  checkOptions('openFolder', options, ['followLinks']);
  const { followLinks = false } = options;
  const root = await realDirectory(path);
  const open = async (file: string): Promise<ByteSource> => {
    const real = await resolveInside(root, checkFileName(file, path), { followLinks });
    if (real === undefined) throw missingFile(file, { folder: path, names: await list(root) });
    return fileSource(real, { name: `${path}/${file}` });
  };
  return {
    name: path,
    list: () => list(root),
    has: async (file) => {
      const real = await resolveInside(root, checkFileName(file, path), { followLinks });
      return real !== undefined && (await stat(real)).isFile();
    },
    open,
    readText: async (file, readOptions) => {
      const source = await open(file);
      return decodeUtf8(await readRange(source, { start: 0, end: source.sizeBytes }, readOptions), {
        file,
        folder: path,
      });
    },
  };
}

async function realDirectory(path: string): Promise<string> {
  const real = await realpath(path).catch((error: Error) => error);
  if (typeof real === 'string' && (await stat(real)).isDirectory()) return real;
  throw new FolderError({
    op: 'openFolder',
    problem:
      typeof real === 'string'
        ? `${quoted(path)} is not a directory`
        : `there is no directory ${quoted(path)}`,
    likely: 'Pass the folder that holds config.json and model.safetensors.',
    page: 'folder-missing',
    file: path,
    ...(typeof real === 'string' ? {} : { cause: real }),
  });
}

async function list(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .sort();
}
