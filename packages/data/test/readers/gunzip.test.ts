import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesFile } from '../../src/index.js';
import { gunzip } from '../../src/readers/gunzip.js';

describe('gunzip', () => {
  const text = Array.from({ length: 100_000 }, (_, at) => `line ${at} ${Math.sin(at)}`).join('\n');
  const packed = new Uint8Array(gzipSync(text));

  it('may be left at any moment: nothing is thrown behind the loop, the source is closed', async () => {
    let open = 0;
    const source = async function* () {
      open++;
      try {
        yield* bytesFile('a.gz', packed).open();
      } finally {
        open--;
      }
    };
    for (let round = 0; round < 60; round++) {
      let chunks = 0;
      for await (const _ of gunzip(source(), { op: 'test', file: 'a.gz' })) {
        if (chunks++ >= round % 12) break;
        if (round % 2 === 1) await pause(round % 5); // zlib goes on meanwhile
      }
    }
    await pause(50); // what Node throws late, vitest reports as an unhandled error
    expect(open).toBe(0);
  });

  it('gives all bytes to a loop that is not left', async () => {
    let length = 0;
    for await (const chunk of gunzip(bytesFile('a.gz', packed).open(), { op: 'test', file: 'a.gz' }))
      length += chunk.length;
    expect(length).toBe(text.length);
  });
});
