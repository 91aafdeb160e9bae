import { readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createByt5Tokenizer } from '@tesserae/tokenizer';
import { describe, expect, it } from 'vitest';
import { blobFile, openShards, streamFile } from '../../src/index.js';
import { openShardFolder, prepareShards } from '../../src/node.js';
import { type Disk, type DiskFile, nodeDisk } from '../../src/shards/node/disk.js';
import { prepareOnDisk } from '../../src/shards/node/prepare.js';
import { filesIn, sampleTexts, syllableTokenizer, temporaryFolder, textSource } from './sample-texts.js';

const tokenizer = syllableTokenizer();
const texts = sampleTexts(400, { seed: 6 });
const options = { tokenizer, workers: 0, shardTokens: 5000 } as const;

async function prepared(): Promise<string> {
  const out = await temporaryFolder();
  await prepareShards(textSource(texts), { ...options, out });
  return out;
}

/** A disk with room for so many bytes, as a quota has it. */
function fullDisk(roomBytes: number, code = 'ENOSPC'): Disk {
  let left = roomBytes;
  const limited = (file: DiskFile): DiskFile => ({
    ...file,
    async write(bytes) {
      if (bytes.length > left) {
        await file.write(bytes.subarray(0, left)); // a disk takes what it can
        left = 0;
        throw Object.assign(new Error(`${code}: no space left on device, write`), { code });
      }
      left -= bytes.length;
      await file.write(bytes);
    },
  });
  return {
    ...nodeDisk,
    create: async (path) => limited(await nodeDisk.create(path)),
    append: async (path, size) => limited(await nodeDisk.append(path, size)),
  };
}

describe('a disk that is full', () => {
  it.each([0, 10, 9_000, 12_345, 25_000, 40_000])(
    'is said so after %i bytes; nothing half-written has a final name, and resuming gives the same bytes',
    async (room) => {
      const out = await temporaryFolder();
      const cleaning = { duplicates: 'exact' } as const;
      const failing = prepareOnDisk(textSource(texts), { ...options, cleaning, out }, fullDisk(room));
      await expect(failing).rejects.toMatchObject({ code: 'data-disk-full', file: out });
      const names = await readdir(out);
      expect(names).not.toContain('manifest.json');
      const whole = await temporaryFolder();
      await prepareShards(textSource(texts), { ...options, cleaning, out: whole });
      const complete = await filesIn(whole);
      const left = await filesIn(out);
      for (const name of names.filter((one) => /^shard-\d+\.bin$/.test(one))) {
        expect(left[name]).toBe(complete[name]);
      }
      await prepareShards(textSource(texts), { ...options, cleaning, out, resume: true });
      expect(await filesIn(out)).toEqual(complete);
    },
  );

  it('is told from a folder that may not be written', async () => {
    const out = await temporaryFolder();
    const failing = prepareOnDisk(textSource(texts), { ...options, out }, fullDisk(100, 'EACCES'));
    await expect(failing).rejects.toMatchObject({ code: 'data-write' });
    const file = join(out, 'file');
    await writeFile(file, '');
    const within = prepareShards(textSource(texts), { ...options, out: join(file, 'folder') });
    await expect(within).rejects.toMatchObject({ code: 'data-write' });
  });
});

describe('openShards', () => {
  const failure = (folder: string) => openShardFolder(folder, { tokenizer });

  it('names a shard that is missing', async () => {
    const out = await prepared();
    await rm(join(out, 'shard-00001.bin'));
    await expect(failure(out)).rejects.toMatchObject({
      code: 'data-shard-missing',
      file: join(out, 'shard-00001.bin'),
    });
  });

  it('names a shard that is cut off', async () => {
    const out = await prepared();
    await truncate(join(out, 'shard-00001.bin'), 5001);
    await expect(failure(out)).rejects.toThrow(/has 5001 bytes, the manifest says \d+/);
    await expect(failure(out)).rejects.toMatchObject({ code: 'data-shards' });
  });

  it('refuses the ids of another tokenizer', async () => {
    const out = await prepared();
    const other = openShardFolder(out, { tokenizer: createByt5Tokenizer() });
    await expect(other).rejects.toMatchObject({ code: 'data-tokenizer-other' });
  });

  it.each([
    ['the header', 0],
    ['the version', 8],
    ['the footer', -1],
  ])('notices another byte in %s', async (_, at) => {
    const out = await prepared();
    const path = join(out, 'shard-00000.bin');
    const bytes = await readFile(path);
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    await writeFile(path, bytes);
    await expect(failure(out)).rejects.toMatchObject({ code: 'data-shards', file: path });
  });

  it('notices another byte anywhere when it verifies, and an index that cannot be when it reads', async () => {
    const out = await prepared();
    const path = join(out, 'shard-00000.bin');
    const bytes = await readFile(path);
    bytes[100]! ^= 1;
    bytes.writeUInt32LE(2 ** 30, bytes.length - 24 - 4 * 3);
    await writeFile(path, bytes);
    const set = await failure(out);
    await expect(set.verify()).rejects.toMatchObject({ code: 'data-shards', field: 'sha256' });
    const last = set.manifest.shards[0]!.numDocuments - 3;
    await expect(set.document(last)).rejects.toMatchObject({ code: 'data-shards', field: 'index' });
    await expect(set.document(400)).rejects.toMatchObject({ code: 'option-value' });
    await set.close();
  });

  it.each([
    ['no JSON', () => '{"format": "tess'],
    ['another format', (text: string) => text.replace('tesserae-shards', 'webdataset')],
    ['a later version', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['other totals', (text: string) => text.replace(/"numTokens": (\d)/, '"numTokens": 9$1')],
    ['a shard of another size', (text: string) => text.replace(/"sizeBytes": (\d)/, '"sizeBytes": 9$1')],
    [
      'a negative count',
      (text: string) => text.replace(/"numDocuments": (\d+),\n {6}/, '"numDocuments": -$1,\n'),
    ],
    ['another dtype', (text: string) => text.replace('"u16"', '"u32"')],
    ['a shard outside the folder', (text: string) => text.replace('shard-00000.bin', '../shard-00000.bin')],
  ])('refuses a manifest with %s', async (_, change) => {
    const out = await prepared();
    const path = join(out, 'manifest.json');
    const text = await readFile(path, 'utf8');
    expect(change(text)).not.toBe(text);
    await writeFile(path, change(text));
    await expect(failure(out)).rejects.toMatchObject({ code: 'data-shards', file: path });
  });

  it('names a folder without shards, and a file that cannot be read by range', async () => {
    await expect(failure(await temporaryFolder())).rejects.toMatchObject({ code: 'data-path' });
    const out = await prepared();
    const read = async (name: string) => new Uint8Array(await readFile(join(out, name)));
    const manifest = blobFile('manifest.json', new Blob([await read('manifest.json')]));
    const streams = (name: string) =>
      name === 'manifest.json' ? manifest : streamFile(name, new Blob(['']).stream() as never);
    await expect(openShards({ file: streams })).rejects.toThrow('read by range');
  });

  it('says what is wrong with a journal', async () => {
    const out = await temporaryFolder();
    const stopped = prepareOnDisk(textSource(texts), { ...options, out }, fullDisk(30_000));
    await expect(stopped).rejects.toMatchObject({ code: 'data-disk-full' });
    const shorter = prepareShards(textSource(texts.slice(0, 10)), { ...options, out, resume: true });
    await expect(shorter).rejects.toMatchObject({ code: 'data-resume' });
    await writeFile(join(out, 'preparation.journal.json'), '{');
    const damaged = prepareShards(textSource(texts), { ...options, out, resume: true });
    await expect(damaged).rejects.toMatchObject({ code: 'data-resume' });
  });
});
