import { join } from 'node:path';
import { take } from '@tesserae/data';
import type { DataFile } from '@tesserae/data';
import { findFiles } from '@tesserae/data/node';
import { countedFile, readInput } from '../data-input.js';
import type { PretrainConfig } from './pretrain-schema.js';

/** Running text of a config, which can be read several times. */
export interface TextSource {
  /** Bytes of the files; 0 when they do not say. */
  readonly sizeBytes: number;
  /** Lines; an empty one ends each document. */
  lines(options?: { readonly onBytes?: (read: number) => void }): AsyncGenerator<string>;
}

/** Opens the texts of some paths. */
export async function openTexts(
  paths: PretrainConfig['data']['train'],
  { dir, format = 'auto', field = 'text', limit }: PretrainConfig['data'],
  signal: AbortSignal,
): Promise<TextSource> {
  const isRemote = (path: string): boolean => /^https?:\/\//.test(path);
  const places = [paths].flat().map((path) => (dir === undefined || isRemote(path) ? path : join(dir, path)));
  const files = await findFiles(places);
  const sizes = await Promise.all(files.map(sizeOf));
  return {
    sizeBytes: sizes.includes(undefined) ? 0 : sizes.reduce<number>((sum, size) => sum + size!, 0),
    async *lines({ onBytes } = {}) {
      let read = 0;
      const counted = files.map((file) => countedFile(file, (count) => onBytes?.((read += count))));
      const documents = readInput(counted, { format, field, signal });
      for await (const document of limit === undefined ? documents : take(documents, limit)) {
        yield* (document as { readonly text: string }).text.split('\n');
        yield '';
      }
    },
  };
}

async function sizeOf({ ranges }: DataFile): Promise<number | undefined> {
  return ranges?.sizeBytes().catch(() => undefined);
}

/** Lines from the beginning of a text, so many characters of them: what a vocabulary is learned from. */
export async function sampleOf(source: TextSource, characters: number): Promise<readonly string[]> {
  const lines: string[] = [];
  let length = 0;
  for await (const line of source.lines()) {
    if (line === '') continue;
    lines.push(line);
    if ((length += line.length) >= characters) break;
  }
  return lines;
}
