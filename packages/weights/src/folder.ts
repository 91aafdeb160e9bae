import { FormatError } from '@tesserae/tensor';
import type { ByteSource, ReadOptions } from './byte-source.js';
import { blobSource, bytesSource } from './byte-source.js';
import { FolderError, listed, quoted } from './errors.js';

/** The files of one model, wherever they are: a directory, a hub, memory. */
export interface ModelFolder {
  /** How errors call it: a path or a model id. */
  readonly name: string;
  /** Names of its files, sorted. */
  list(): Promise<readonly string[]>;
  /** @throws FolderError for a name that would leave the folder, as do the two below */
  has(file: string): Promise<boolean>;
  /** @throws FolderError when the file is absent · FormatError when it is not UTF-8 */
  readText(file: string, options?: ReadOptions): Promise<string>;
  /** @throws FolderError when the file is absent */
  open(file: string, options?: ReadOptions): Promise<ByteSource>;
}

/** What a folder in memory holds: bytes, text, or a Blob such as a file chosen in a browser. */
export type FileContent = Uint8Array | string | Blob;

/** A folder of files held in memory, for browsers, workers and tests. */
export function memoryFolder(name: string, files: Readonly<Record<string, FileContent>>): ModelFolder {
  const contents = new Map(
    Object.entries(files).map(([file, content]) => [checkFileName(file, name), content]),
  );
  const names = [...contents.keys()].sort();
  const open = async (file: string): Promise<ByteSource> => {
    const content = contents.get(checkFileName(file, name));
    if (content === undefined) throw missingFile(file, { folder: name, names });
    if (content instanceof Blob) return blobSource(file, content);
    return bytesSource(file, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  };
  return {
    name,
    list: async () => names,
    has: async (file) => contents.has(checkFileName(file, name)),
    open,
    readText: async (file, options) => {
      const source = await open(file);
      return decodeUtf8(await source.read(0, source.sizeBytes, options), { file, folder: name });
    },
  };
}

/**
 * Text of a file.
 * @throws FormatError when the bytes are not UTF-8
 */
export function decodeUtf8(
  bytes: Uint8Array,
  at: { readonly file: string; readonly folder: string },
): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError({
      op: 'readText',
      problem: `${quoted(at.file)} is not UTF-8 text`,
      likely: 'The file is damaged, or is not a text file. Fetch it again.',
      page: 'file-not-text',
      file: `${at.folder}/${at.file}`,
      cause,
    });
  }
}

/** The error for a file that a folder does not have. */
export function missingFile(
  file: string,
  { folder, names }: { readonly folder: string; readonly names: readonly string[] },
): FolderError {
  return new FolderError({
    op: 'open',
    problem: `${quoted(file)} is not in ${folder}`,
    likely: names.length > 0 ? `The folder has ${listed(names)}.` : 'The folder is empty.',
    page: 'file-missing',
    file: `${folder}/${file}`,
    got: names,
    needed: file,
  });
}

/**
 * Gives back a file name that stays inside its folder: parts joined by `/`, none of them empty, `.` or `..`.
 * @throws FolderError for anything else, absolute paths, drives and backslashes among them
 */
export function checkFileName(file: string, folder: string): string {
  const parts = file.split('/');
  const isSafe = !/[\\:\u0000-\u001f]/.test(file) && parts.every((part) => !['', '.', '..'].includes(part));
  if (isSafe) return file;
  throw new FolderError({
    op: 'open',
    problem: `${quoted(file)} is not the name of a file inside the folder`,
    likely: 'A config or an index names a file elsewhere; such names are never followed.',
    page: 'file-name',
    file: folder,
    got: file,
  });
}
