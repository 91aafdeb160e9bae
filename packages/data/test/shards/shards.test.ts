import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createByt5Tokenizer, type Tokenizer } from '@tesserae/tokenizer';
import { describe, expect, it } from 'vitest';
import { blobFile, documentOpener, openShards, shardDocuments, shardWindows, take } from '../../src/index.js';
import { spanCorruption } from '../../src/objectives/named-objectives.js';
import { pretrainingExamples } from '../../src/objectives/pretraining-examples.js';
import { openShardFolder, prepareShards } from '../../src/node.js';
import type { ShardCursor, ShardSet, ShardStreamOptions } from '../../src/index.js';
import { sampleTexts, syllableTokenizer, temporaryFolder, textSource } from './sample-texts.js';

const texts = sampleTexts(60, { seed: 5 });

async function preparedFolder(tokenizer: Tokenizer, options: { readonly addEos?: boolean } = {}) {
  const out = await temporaryFolder();
  await prepareShards(textSource(texts), { tokenizer, out, workers: 0, shardTokens: 1500, ...options });
  return out;
}

const encode = (tokenizer: Tokenizer, text: string) =>
  tokenizer.encode(text, { addSpecialTokens: false }).ids;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('shards', () => {
  it.each([
    { vocabSize: 64, dtype: 'u16' },
    { vocabSize: 65536, dtype: 'u16' },
    { vocabSize: 65537, dtype: 'u32' },
  ])('give every document back: $vocabSize ids as $dtype', async ({ vocabSize, dtype }) => {
    const tokenizer = syllableTokenizer({ vocabSize });
    const set = await openShardFolder(await preparedFolder(tokenizer), { tokenizer });
    expect(set.manifest).toMatchObject({ dtype, numDocuments: 60, hasEos: false });
    expect(set.manifest.shards.length).toBeGreaterThan(2);
    for (const index of [59, 0, 17, 16, 31, 30]) {
      expect(await set.document(index)).toEqual(encode(tokenizer, texts[index]!));
    }
    const all = await set.tokens(0, set.manifest.numTokens);
    expect(all).toEqual(Int32Array.from(texts.flatMap((text) => [...encode(tokenizer, text)])));
    if (dtype === 'u32') expect(Math.max(...all)).toBeGreaterThan(65535);
    await set.verify();
    await set.close();
  });

  it('end documents with EOS when the tokenizer has one', async () => {
    const tokenizer = createByt5Tokenizer();
    const set = await openShardFolder(await preparedFolder(tokenizer));
    expect(set.manifest).toMatchObject({ hasEos: true, tokenizer: { padId: 0, eosId: 1 } });
    expect(await set.document(3)).toEqual(Int32Array.of(...encode(tokenizer, texts[3]!), 1));
    await set.close();
    const without = await openShardFolder(await preparedFolder(tokenizer, { addEos: false }));
    expect(await without.document(3)).toEqual(encode(tokenizer, texts[3]!));
    await without.close();
  });

  it('hold inputs and targets as parts of a document', async () => {
    const tokenizer = createByt5Tokenizer();
    const out = await temporaryFolder();
    const pairs = async function* () {
      for (let at = 0; at < 30; at++) yield { inputs: texts[at], targets: texts[at + 1] };
    };
    await prepareShards(pairs, {
      tokenizer,
      out,
      workers: 0,
      features: ['inputs', 'targets'],
      shardTokens: 4000,
    });
    const set = await openShardFolder(out);
    expect(set.manifest.numDocuments).toBe(30);
    for (const at of [0, 1, 14, 29]) {
      const { inputs, targets } = await set.features(at);
      expect(tokenizer.decode(inputs!, { skipSpecialTokens: true })).toBe(texts[at]);
      expect(tokenizer.decode(targets!, { skipSpecialTokens: true })).toBe(texts[at + 1]);
    }
    expect(() => documentOpener(set, { seed: 1 })).toThrow('inputs, targets');
    await set.close();
  });

  it('are read from Blobs as from a folder', async () => {
    const folder = await preparedFolder(createByt5Tokenizer());
    const blobs = new Map<string, Blob>();
    const onDisk = await openShardFolder(folder);
    for (const name of ['manifest.json', ...onDisk.manifest.shards.map((shard) => shard.name)]) {
      blobs.set(name, new Blob([new Uint8Array(await readFile(join(folder, name)))]));
    }
    const set = await openShards({ file: (name) => blobFile(name, blobs.get(name)!) });
    expect(await set.document(41)).toEqual(await onDisk.document(41));
    await set.verify();
    await onDisk.close();
  });

  it('may be more than files can be open', async () => {
    const tokenizer = syllableTokenizer();
    const out = await temporaryFolder();
    const many = sampleTexts(150, { seed: 7, words: [5, 9] });
    await prepareShards(textSource(many), { tokenizer, out, workers: 0, shardTokens: 1 });
    const set = await openShardFolder(out);
    expect(set.manifest.shards).toHaveLength(150);
    for await (const { example, position } of shardDocuments(set, {
      seed: 1,
      epochs: 1,
      isShuffled: false,
      readAhead: 120,
    })) {
      expect(example).toEqual(encode(tokenizer, many[position]!));
    }
    if (process.platform === 'linux') {
      const open = await readdir('/proc/self/fd');
      expect(open.length).toBeLessThan(170);
    }
    await set.close();
  });

  it('feed pre-training: documents without EOS, resumable by number', async () => {
    const tokenizer = createByt5Tokenizer();
    const set = await openShardFolder(await preparedFolder(tokenizer));
    const options = {
      objective: spanCorruption({ inputsLength: 64 }),
      seed: 3,
      sentinels: { first: 258, count: 100 },
      vocabSize: 259,
      eosId: 1,
      documentsPerGroup: 4,
    };
    const open = documentOpener(set, { seed: 3, epochs: 1 });
    const all = await collect(pretrainingExamples(open, options));
    expect(all.length).toBeGreaterThan(50);
    for (const { inputs } of all) expect(inputs.indexOf(1)).toBe(inputs.length - 1);
    const rest = await collect(pretrainingExamples(open, { ...options, from: all[20]!.cursor }));
    expect(rest).toEqual(all.slice(21));
    await set.close();
  });
});

const streams = {
  windows: (set: ShardSet, options: ShardStreamOptions) => shardWindows(set, { ...options, length: 50 }),
  documents: shardDocuments,
};

describe.each(['windows', 'documents'] as const)('a stream of %s', (kind) => {
  const open = streams[kind];
  const opened = async () => openShardFolder(await preparedFolder(syllableTokenizer()));

  it('has each item once an epoch, in another order each time', async () => {
    const set = await opened();
    const inOrder = await collect(open(set, { seed: 1, epochs: 1, isShuffled: false }));
    const size = kind === 'documents' ? 60 : Math.floor(set.manifest.numTokens / 50);
    expect(inOrder.length).toBe(size);
    const two = await collect(open(set, { seed: 1, epochs: 2 }));
    expect(two.map(({ position }) => position)).toEqual([...Array(2 * size).keys()]);
    const keys = (items: typeof two) => items.map(({ example }) => example.join(' '));
    const epochs = [keys(two.slice(0, size)), keys(two.slice(size))];
    for (const epoch of epochs) expect([...epoch].sort()).toEqual(keys(inOrder).sort());
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[0]).not.toEqual(keys(inOrder));
    await set.close();
  });

  it.each([1, 2, 3, 7])('is the same for %i workers', async (count) => {
    const set = await opened();
    const whole = await collect(open(set, { seed: 9, epochs: 2 }));
    const shares = Array.from({ length: count }, (_, index) =>
      collect(open(set, { seed: 9, epochs: 2, worker: { index, count }, readAhead: 3 })),
    );
    const items = (await Promise.all(shares)).flat().sort((a, b) => a.position - b.position);
    expect(items).toEqual(whole);
    await set.close();
  });

  it('goes on from the JSON of a cursor, also with another number of workers', async () => {
    const set = await opened();
    const whole = await collect(open(set, { seed: 2, epochs: 2 }));
    const cursor = JSON.parse(JSON.stringify(whole[33]!.cursor)) as ShardCursor;
    expect(await collect(open(set, { seed: 2, epochs: 2, from: cursor }))).toEqual(whole.slice(34));
    const worker = { index: 1, count: 2 };
    const half = await collect(open(set, { seed: 2, epochs: 2, from: cursor, worker }));
    expect(half).toEqual(whole.slice(34).filter(({ position }) => position % 2 === 1));
    for (const options of [{ seed: 3 }, { seed: 2, isShuffled: false }]) {
      await expect(collect(open(set, { ...options, from: cursor }))).rejects.toMatchObject({
        code: 'data-cursor',
      });
    }
    await set.close();
  });

  it('stops when its signal says so', async () => {
    const set = await opened();
    const controller = new AbortController();
    const reading = async () => {
      for await (const { position } of open(set, { seed: 1, signal: controller.signal })) {
        if (position === 5) controller.abort(new Error('enough'));
      }
    };
    await expect(reading()).rejects.toThrow('enough');
    expect(await collect(take(open(set, { seed: 1 }), 3))).toHaveLength(3);
    await set.close();
    await expect(collect(open(set, { seed: 1 }))).rejects.toThrow('closed');
  });
});
