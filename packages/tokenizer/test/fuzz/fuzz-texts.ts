import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { randomText, seededRandom } from '../random-text.js';

/** Real text in several languages, by lines; nothing where the data is not at hand. */
function realLines(data: string): readonly string[] {
  const files = [
    'text-enwiki2015/valid.txt.gz',
    'text-kowiki/valid.txt.gz',
    'multi30k-en-de/dev.jsonl',
    'tokenizer-golden/kitoken/mixed_input.txt',
    'tokenizer-golden/kitoken/utf8_input.txt',
    'sentencepiece-models/nfc.tsv',
  ];
  return files
    .map((name) => `${data}/${name}`)
    .filter((path) => existsSync(path))
    .flatMap((path) => {
      const bytes = readFileSync(path);
      return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n');
    })
    .filter((line) => line !== '');
}

/**
 * Texts without end: random Unicode of all planes, marks, controls, emoji, long words; and pieces of real text,
 * cut anywhere, joined with random ones.
 */
export function* fuzzTexts(seed: number, data: string): Generator<string> {
  const random = seededRandom(seed);
  const lines = realLines(data);
  const pick = () => lines[Math.floor(random() * lines.length)]!;
  const cut = (line: string) => {
    const start = Math.floor(random() * line.length);
    return line.slice(start, start + 1 + Math.floor(random() * 200));
  };
  for (;;) {
    const kind = random();
    if (kind < 0.5 || lines.length === 0) yield randomText(random);
    else if (kind < 0.7) yield pick().slice(0, 2000);
    else if (kind < 0.85) yield cut(pick()) + cut(pick());
    else yield cut(pick()) + randomText(random) + cut(pick());
  }
}
