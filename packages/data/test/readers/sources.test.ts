import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blobFile,
  bytesFile,
  type DataFile,
  readText,
  streamFile,
  take,
  textFile,
  urlFile,
} from '../../src/index.js';
import { findFiles, pathFile } from '../../src/node.js';
import { collect } from './collect.js';

const linesOf = async (file: DataFile | readonly DataFile[], options = {}) =>
  (await collect(readText(file, options))).map(({ text }) => text);
const latin1 = (text: string) => bytesFile('latin1.txt', Buffer.from(text, 'latin1'));

describe('lines', () => {
  it.each([
    ['LF', 'a\nb\n', ['a', 'b']],
    ['CR LF', 'a\r\nb\r\n', ['a', 'b']],
    ['no end of the last line', 'a\nb', ['a', 'b']],
    ['blank lines', '\n\na\n', ['', '', 'a']],
    ['other Unicode separators stay in the line', 'a\u2028b\u0085c\n', ['a\u2028b\u0085c']],
  ])('%s', async (_, text, lines) => {
    expect(await linesOf(textFile('a.txt', text))).toEqual(lines);
  });

  it('come out the same however the bytes are cut', async () => {
    const bytes = new TextEncoder().encode('grün\r\n😀\r\n\r\nend');
    for (const size of [1, 2, 3, 7]) {
      const chunks = (async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      })();
      expect(await linesOf(streamFile('cut', chunks))).toEqual(['grün', '😀', '', 'end']);
    }
  });

  it('that are too long end reading early, with little memory', async () => {
    let sent = 0;
    const chunk = new Uint8Array(2 ** 20).fill(0x61);
    const huge = streamFile(
      'huge.txt',
      (async function* () {
        yield new TextEncoder().encode('short\n');
        for (; sent < 2 ** 31; sent += chunk.length) yield chunk;
      })(),
    );
    const before = process.memoryUsage().rss;
    await expect(linesOf(huge, { maxLineBytes: 2 ** 24 })).rejects.toMatchObject({
      code: 'data-line-length',
      file: 'huge.txt',
      line: 2,
    });
    expect(sent).toBeLessThan(2 ** 25);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });

  it('an empty file is an error, unless it is expected', async () => {
    await expect(linesOf(textFile('empty.txt', ''))).rejects.toMatchObject({
      code: 'data-empty',
      file: 'empty.txt',
    });
    await expect(linesOf([])).rejects.toMatchObject({ code: 'data-empty' });
    expect(await linesOf(textFile('empty.txt', ''), { allowEmpty: true })).toEqual([]);
    expect(await linesOf([textFile('empty.txt', ''), textFile('a', 'a')])).toEqual(['a']);
  });

  it('an unknown option throws at the call', () => {
    expect(() => readText(textFile('a', 'a'), { maxLine: 3 } as object)).toThrow(/unknown option "maxLine"/);
  });

  it('an aborted signal ends reading', async () => {
    const controller = new AbortController();
    const reader = readText(textFile('a', 'a\nb\n'), { signal: controller.signal });
    controller.abort();
    await expect(reader.next()).rejects.toThrow(/abort/i);
  });
});

describe('encodings', () => {
  it('a byte order mark is no part of the text', async () => {
    expect(await linesOf(textFile('bom.txt', '\ufeffa\nb'))).toEqual(['a', 'b']);
  });

  it.each(['utf-16le', 'utf-16be'] as const)('%s is known by its mark', async (encoding) => {
    const bytes = Buffer.from('\ufeffgrün 😀\r\nb', 'utf16le');
    if (encoding === 'utf-16be') bytes.swap16();
    expect(await linesOf(bytesFile('wide.txt', bytes))).toEqual(['grün 😀', 'b']);
  });

  it('mixed encodings name file, line and offset', async () => {
    const mixed = Buffer.concat([Buffer.from('grün\n'), Buffer.from('ein grüner Baum\n', 'latin1')]);
    const reading = linesOf(bytesFile('mixed.txt', mixed));
    await expect(reading).rejects.toMatchObject({ code: 'data-encoding', file: 'mixed.txt', line: 2 });
    await expect(reading).rejects.toThrow(/byte 0xfc at offset 12 is invalid/);
  });

  it('the offset is right behind long valid characters, and at a cut-off end', async () => {
    const bytes = Buffer.concat([Buffer.from('aé😀한'), Buffer.from([0xff]), Buffer.from('é')]);
    await expect(linesOf(bytesFile('x', bytes))).rejects.toThrow(/0xff at offset 10 /);
    await expect(linesOf(bytesFile('x', Buffer.from('aé😀').subarray(0, 5)))).rejects.toThrow(
      /0xf0 at offset 3 /,
    );
  });

  it('can be said, or faults replaced', async () => {
    expect(await linesOf(latin1('grün'), { encoding: 'latin1' })).toEqual(['grün']);
    expect(await linesOf(latin1('grün'), { invalidBytes: 'replace' })).toEqual(['gr\ufffdn']);
    await expect(linesOf(latin1('a'), { encoding: 'utf-9' })).rejects.toMatchObject({ code: 'option-value' });
  });

  it('onInvalid passes over a line that cannot be decoded', async () => {
    const errors: unknown[] = [];
    const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xff, 0x0a]), Buffer.from('b\n')]);
    const onInvalid = (error: unknown) => errors.push(error);
    expect(await linesOf(bytesFile('x', bytes), { onInvalid })).toEqual(['a', 'b']);
    expect(errors).toMatchObject([{ code: 'data-encoding', line: 2 }]);
  });
});

describe('gzip', () => {
  const packed = gzipSync('a\nb\n'.repeat(1000));

  it('is known by its bytes, joined members included', async () => {
    const joined = Buffer.concat([gzipSync('a\n'), gzipSync('b\n'), gzipSync('')]);
    expect(await linesOf(bytesFile('any-name', joined))).toEqual(['a', 'b']);
    expect(await linesOf(blobFile('blob', new Blob([packed])))).toHaveLength(2000);
  });

  it.each([
    ['cut off', packed.subarray(0, -10), /ends too early/],
    ['cut off at the head', packed.subarray(0, 8), /ends too early/],
    ['damaged', Buffer.concat([packed.subarray(0, -6), Buffer.from('abcdef')]), /is damaged/],
  ])('that is %s names the file', async (_, bytes, message) => {
    const reading = linesOf(bytesFile('train.gz', bytes));
    await expect(reading).rejects.toMatchObject({ code: 'data-gzip', file: 'train.gz' });
    await expect(reading).rejects.toThrow(message);
  });

  it('can be left early', async () => {
    expect(await collect(take(readText(bytesFile('a.gz', packed)), 2))).toHaveLength(2);
  });

  it('an error of the source is not taken for one of gzip', async () => {
    const breaking = (async function* () {
      yield packed.subarray(0, 20);
      throw new Error('disk gone');
    })();
    await expect(linesOf(streamFile('s', breaking))).rejects.toThrow('disk gone');
  });
});

describe('streams', () => {
  it('are read once', async () => {
    const file = streamFile('standard input', textFile('x', 'a\nb\n').open());
    expect(await linesOf(file)).toEqual(['a', 'b']);
    await expect(linesOf(file)).rejects.toMatchObject({ code: 'data-stream-used', file: 'standard input' });
  });
});

describe('addresses', () => {
  let server: Server;
  let base: string;
  const text = 'a\nb\nc\n';

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/broken') {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('a\nb\n', () => response.destroy());
      } else if (request.url?.startsWith('/ranges') === true) {
        const start = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
        if (start >= text.length) response.writeHead(416).end();
        else response.writeHead(206, { 'content-range': `bytes ${start}-5/6` }).end(text.slice(start));
      } else if (request.url === '/plain') {
        response.end(text);
      } else {
        response.writeHead(404).end();
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('are streamed', async () => {
    expect(await linesOf(urlFile(`${base}/plain`))).toEqual(['a', 'b', 'c']);
  });

  it.each(['/ranges?key=secret', '/plain'])(
    'go on at an offset, with ranges or without: %s',
    async (path) => {
      const chunks = await collect(urlFile(base + path).open({ startByte: 2 }));
      expect(Buffer.concat(chunks).toString()).toBe('b\nc\n');
    },
  );

  it('an offset at the end of the file gives nothing', async () => {
    expect(await collect(urlFile(`${base}/ranges`).open({ startByte: 6 }))).toEqual([]);
  });

  it('a refusal names status and address, without its query', async () => {
    const reading = linesOf(urlFile(`${base}/nowhere?token=secret`));
    await expect(reading).rejects.toMatchObject({ code: 'data-http', file: `${base}/nowhere` });
    await expect(reading).rejects.toThrow(/the server answers 404/);
    await expect(reading).rejects.not.toThrow(/secret/);
  });

  it('a connection that breaks off is an error, not the end of the file', async () => {
    await expect(linesOf(urlFile(`${base}/broken`))).rejects.toMatchObject({ code: 'data-network' });
  });

  it('a server that does not exist is an error of the network', async () => {
    await expect(linesOf(urlFile('http://127.0.0.1:9/x'))).rejects.toMatchObject({ code: 'data-network' });
  });

  it('sizes need ranges', async () => {
    expect(await urlFile(`${base}/ranges`).ranges!.sizeBytes()).toBe(6);
    await expect(urlFile(`${base}/plain`).ranges!.sizeBytes()).rejects.toMatchObject({ code: 'data-http' });
  });
});

describe('findFiles', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'readers-'));
    await mkdir(join(folder, 'parts', 'deep'), { recursive: true });
    await mkdir(join(folder, 'loop'));
    await mkdir(join(folder, 'dangling'));
    await writeFile(join(folder, 'train.jsonl'), '{}\n');
    await writeFile(join(folder, 'parts', 'b.txt'), 'b\n');
    await writeFile(join(folder, 'parts', 'a.txt'), 'a\n');
    await writeFile(join(folder, 'parts', '.hidden.txt'), 'hidden\n');
    await writeFile(join(folder, 'parts', 'deep', 'c.txt.gz'), gzipSync('c\n'));
    await writeFile(join(folder, 'loop', 'x.txt'), 'x\n');
    await symlink('..', join(folder, 'loop', 'up'));
    await symlink('x.txt', join(folder, 'loop', 'y.txt'));
    await symlink('self', join(folder, 'self'));
    await symlink('nowhere', join(folder, 'dangling', 'link.txt'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('gives the files of a folder in the order of their names, hidden ones left out', async () => {
    expect(await linesOf(await findFiles(join(folder, 'parts')))).toEqual(['a', 'b', 'c']);
    const files = await findFiles(join(folder, 'parts'), { extensions: ['.gz'] });
    expect(files.map(({ name }) => name)).toEqual([join(folder, 'parts', 'deep', 'c.txt.gz')]);
  });

  it('matches patterns, absolute and relative, and takes several targets', async () => {
    expect(await linesOf(await findFiles(join(folder, 'parts', '**', '*.txt*')))).toEqual(['a', 'b', 'c']);
    const pattern = relative(process.cwd(), join(folder, 'parts', '*.txt'));
    expect(await linesOf(await findFiles(pattern))).toEqual(['a', 'b']);
    const two = [join(folder, 'parts', 'b.txt'), join(folder, 'parts', 'a.txt')];
    expect(await linesOf(await findFiles(two))).toEqual(['b', 'a']);
  });

  it('follows links, but never around a loop', async () => {
    const inLoop = ['x.txt', 'y.txt'].map((name) => join(folder, 'loop', name));
    const byPattern = await findFiles(join(folder, 'loop', '**'));
    expect(byPattern.map(({ name }) => name).filter((name) => !name.includes('up'))).toEqual(inLoop);
    expect(new Set(byPattern.map(({ name }) => name)).size).toBe(byPattern.length);
    expect(byPattern.some(({ name }) => name.includes(join('up', 'loop')))).toBe(false);
  });

  it('a link to itself, or to nowhere, is an error', async () => {
    await expect(findFiles(join(folder, 'self'))).rejects.toMatchObject({ code: 'data-path' });
    await expect(findFiles(join(folder, 'dangling'))).rejects.toMatchObject({ code: 'data-path' });
  });

  it('a path that is not there comes with similar names', async () => {
    await expect(findFiles(join(folder, 'trian.jsonl'))).rejects.toThrow(/There is '.*train\.jsonl'/);
    await expect(findFiles(join(folder, 'part', 'a.txt'))).rejects.toThrow(
      /there is no 'part' in .*\n.*\n.*parts'/,
    );
    await expect(linesOf(pathFile(join(folder, 'parts', 'c.txt')))).rejects.toMatchObject({
      code: 'data-path',
    });
  });

  it('a folder or a pattern without matching file is an error', async () => {
    await expect(findFiles(join(folder, 'parts'), { extensions: ['.csv'] })).rejects.toMatchObject({
      code: 'data-no-files',
    });
    await expect(findFiles(join(folder, '*.parquet'))).rejects.toMatchObject({ code: 'data-no-files' });
  });

  it('a folder read as a file says so', async () => {
    await expect(linesOf(pathFile(folder))).rejects.toThrow(/it is a folder/);
  });

  it('schemes that are not read are refused', async () => {
    await expect(findFiles('s3://bucket/train.jsonl')).rejects.toMatchObject({ code: 'option-value' });
  });
});
