import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { FormatError } from '@tesserae/tensor';
import { tokenizerFileNames, tokenizerFromFiles } from '@tesserae/tokenizer';
import type { Tokenizer, TokenizerFiles } from '@tesserae/tokenizer';
import { moreStages } from '@tesserae/tokenizer/stages';
import { openFolder } from '@tesserae/weights/node';

/** Which file of a tokenizer's folder a single file stands for, by the end of its name. */
const KINDS: readonly (readonly [ending: string, name: keyof TokenizerFiles])[] = [
  ['.json', 'tokenizer.json'],
  ['.model', 'spiece.model'],
  ['.spm', 'spiece.model'],
  ['.txt', 'vocab.txt'],
];

/**
 * The tokenizer in a folder, or that of a single file: tokenizer.json, a SentencePiece model, a vocabulary.
 * @throws FormatError when there is none · TokenizerError when its files are damaged or of another kind
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const info = await stat(path).catch((cause: unknown) => {
    throw noTokenizer(path, 'there is no such file or folder', cause);
  });
  if (!info.isDirectory()) return readTokenizer(await readSingle(path));
  const folder = await openFolder(path);
  const files: Record<string, string | Uint8Array> = {};
  for (const name of tokenizerFileNames) {
    if (!(await folder.has(name))) continue;
    const source = await folder.open(name);
    const bytes = await source.read(0, source.sizeBytes);
    files[name] = name === 'spiece.model' ? bytes : decode(bytes, `${path}/${name}`);
  }
  if (Object.keys(files).length > 0) return readTokenizer(files as TokenizerFiles);
  const found = (await folder.list()).join(', ');
  throw noTokenizer(
    path,
    `the folder has none of ${tokenizerFileNames.join(', ')}; it holds: ${found || 'nothing'}`,
  );
}

function readTokenizer(files: TokenizerFiles): Tokenizer {
  return tokenizerFromFiles(files, { stages: moreStages });
}

async function readSingle(path: string): Promise<TokenizerFiles> {
  const kind = KINDS.find(([ending]) => path.endsWith(ending));
  if (kind === undefined) {
    const endings = KINDS.map(([ending]) => ending).join(', ');
    throw noTokenizer(path, `the name "${basename(path)}" ends in none of ${endings}`);
  }
  const bytes = new Uint8Array(await readFile(path));
  return { [kind[1]]: kind[1] === 'spiece.model' ? bytes : decode(bytes, path) };
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw noTokenizer(path, 'the file is not UTF-8 text', cause);
  }
}

function noTokenizer(path: string, problem: string, cause?: unknown): FormatError {
  return new FormatError({
    op: 'loadTokenizer',
    problem: `no tokenizer at ${path}: ${problem}`,
    likely: 'Name a model folder, or one file: tokenizer.json, spiece.model (.model, .spm) or vocab.txt.',
    page: 'tokenizer-missing',
    file: path,
    ...(cause === undefined ? {} : { cause }),
  });
}
