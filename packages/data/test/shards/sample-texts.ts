import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBertTokenizer, type Tokenizer } from '@tesserae/tokenizer';
import { onTestFinished } from 'vitest';
import { createRandom } from '../../src/random/random.js';

const syllables = ['ba', 'do', 'ki', 'lu', 'me', 'no', 'pi', 'ra', 'su', 'te', 'vo', 'za'];

/** Made-up words: as many as asked, all different. */
export function wordList(count: number): readonly string[] {
  const at = (index: number): string => syllables[index % syllables.length]!;
  const word = (index: number): string =>
    at(index) + at(Math.floor(index / 12)) + at(Math.floor(index / 144)) + at(Math.floor(index / 1728));
  return Array.from({ length: count }, (_, index) => word(index));
}

/** Made-up texts; the same seed gives the same ones. */
export function sampleTexts(
  count: number,
  { seed, words = [20, 60] }: { readonly seed: number; readonly words?: readonly [number, number] },
): readonly string[] {
  const random = createRandom(seed, ['sample-texts']);
  const list = wordList(2000);
  return Array.from({ length: count }, () => {
    const length = words[0] + random.below(words[1] - words[0] + 1);
    return Array.from({ length }, () => list[random.below(list.length)]!).join(' ');
  });
}

/** A WordPiece tokenizer of the syllables, with as many further ids as asked. */
export function syllableTokenizer({ vocabSize = 64 }: { readonly vocabSize?: number } = {}): Tokenizer {
  const pieces = [
    ...['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
    ...syllables,
    ...syllables.map((syllable) => `##${syllable}`),
  ];
  const filler = Array.from({ length: vocabSize - pieces.length }, (_, index) => `filler${index}`);
  return createBertTokenizer({ vocab: [...filler, ...pieces] });
}

/** A folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tesserae-shards-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The files of a folder with their bytes, by name. */
export async function filesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder)).sort();
  const contents = names.map(
    async (name) => [name, (await readFile(join(folder, name))).toString('base64')] as const,
  );
  return Object.fromEntries(await Promise.all(contents));
}

/** Documents with a `text`, as a source that is opened anew. */
export function textSource(texts: readonly string[]) {
  return async function* () {
    for (const text of texts) yield { text };
  };
}
