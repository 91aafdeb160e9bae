import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What tokenizers are timed on. */
export interface BenchText {
  readonly lines: readonly string[];
  readonly whole: string;
  readonly megabytes: number;
  readonly parts: readonly { readonly name: string; readonly megabytes: number }[];
}

/** Bytes of each of the three parts. */
const partBytes = 2_700_000;

/**
 * Some 8 MB, a third each: English prose (Wikipedia), Markdown (the documents of installed packages), several
 * languages (Korean Wikipedia, German and English captions, Japanese).
 */
export function benchText(data: string, modules: string): BenchText {
  const read = (path: string) => {
    const bytes = readFileSync(join(data, path));
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  };
  const german = read('multi30k-en-de/train.jsonl.gz')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { readonly de: string }).de)
    .join('\n');
  const parts = [
    { name: 'prose', text: cut(read('text-enwiki2015/train-00.txt.gz'), partBytes) },
    { name: 'Markdown', text: cut(markdown(modules), partBytes) },
    {
      name: 'several languages',
      text: `${cut(read('text-kowiki/train-00.txt.gz'), partBytes / 2)}\n${cut(german, partBytes / 2)}`,
    },
  ];
  const whole = parts.map(({ text }) => text).join('\n');
  return {
    whole,
    lines: whole.split('\n').filter((line) => line !== ''),
    megabytes: megabytes(whole),
    parts: parts.map(({ name, text }) => ({ name, megabytes: megabytes(text) })),
  };
}

function megabytes(text: string): number {
  return Buffer.byteLength(text) / 1e6;
}

/** The beginning of a text, by bytes, up to the end of a line. */
function cut(text: string, bytes: number): string {
  const start = Buffer.from(text).subarray(0, bytes).toString();
  return start.slice(0, start.lastIndexOf('\n'));
}

/** The Markdown files of the packages in a folder, in the order of their names, until there is enough. */
function markdown(modules: string): string {
  const texts: string[] = [];
  let length = 0;
  for (const name of readdirSync(modules, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!name.endsWith('.md') || length > 2 * partBytes) continue;
    const path = join(modules, name);
    if (!statSync(path).isFile()) continue;
    const text = readFileSync(path, 'utf8');
    texts.push(text);
    length += text.length;
  }
  return texts.join('\n');
}
