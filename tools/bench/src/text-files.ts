import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The lines of text files that are not empty, one file in memory at a time; a name in .gz is unpacked. */
export function* textLines(files: readonly string[]): Generator<string> {
  for (const file of files) {
    const bytes = readFileSync(file);
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    for (let start = 0; start < text.length;) {
      const end = text.indexOf('\n', start);
      const line = text.slice(start, end < 0 ? text.length : end);
      if (line.trim() !== '') yield line;
      start = end < 0 ? text.length : end + 1;
    }
  }
}
