import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createByt5Tokenizer, tokenizerFromFiles } from '@tesserae/tokenizer';
import { moreStages } from '@tesserae/tokenizer/stages';
import { describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import {
  bytesFile,
  indexEvaluation,
  mapRecords,
  readDocuments,
  readText,
  textFile,
  type Place,
} from '../../src/index.js';
import { openShardFolder, prepareShards, type PrepareOptions } from '../../src/node.js';
import { filesIn, sampleTexts, syllableTokenizer, temporaryFolder, textSource } from './sample-texts.js';

const tokenizer = syllableTokenizer();

/** Long enough for many chunks, with duplicates, near duplicates, blanks and parts of an evaluation set. */
async function mixedTexts() {
  const texts = [...sampleTexts(500, { seed: 8, words: [40, 400] })];
  const evaluation = sampleTexts(10, { seed: 99, words: [30, 30] });
  for (let at = 0; at < texts.length; at += 50) {
    texts[at + 3] = texts[at]!;
    texts[at + 7] = `${texts[at + 1]!} ba`;
    texts[at + 9] = '  ';
    texts[at + 11] = `${texts[at + 11]!} ${evaluation[(at / 50) % 10]!} ${texts[at + 12]!}`;
  }
  const index = await indexEvaluation([{ name: 'eval', texts: evaluation }], { ngram: 8 });
  return { texts, evaluation: index };
}

describe('prepareShards', () => {
  it('gives the same bytes for any number of workers, with everything removed', async () => {
    const { texts, evaluation } = await mixedTexts();
    const folders: Readonly<Record<string, string>>[] = [];
    for (const workers of [0, 1, 3]) {
      const out = await temporaryFolder();
      const cleaning = {
        duplicates: 'near',
        evaluation,
        contaminated: 'cut',
        cutMargin: 5,
        minPieceLength: 20,
      } as const;
      const result = await prepareShards(textSource(texts), {
        tokenizer,
        out,
        workers,
        cleaning,
        shardTokens: 30_000,
      });
      expect(result.numShards).toBeGreaterThan(5);
      expect(result.report).toMatchObject({
        documents: 500,
        exactDuplicates: 10,
        dropped: { empty: 10 },
        cut: 10,
        evaluation: [{ name: 'eval', documents: 10, repeated: [...Array(10).keys()], tooShort: 0 }],
      });
      expect(result.report.nearDuplicates).toBeGreaterThan(8);
      folders.push(await filesIn(out));
    }
    expect(folders[1]).toEqual(folders[0]);
    expect(folders[2]).toEqual(folders[0]);
    expect(Object.keys(folders[0]!).filter((name) => !name.startsWith('shard-'))).toEqual([
      'manifest.json',
      'report.json',
    ]);
  });

  const model = new URL('../../../../../shared/data/sentencepiece-models/test_model.model', import.meta.url);
  it.skipIf(!existsSync(model))('hands a SentencePiece tokenizer to workers', async () => {
    const t5 = tokenizerFromFiles(
      { 'spiece.model': new Uint8Array(await readFile(model)) },
      { stages: moreStages },
    );
    const out = await temporaryFolder();
    const text = 'I am a cat; as yet I have no name.';
    await prepareShards(textSource([text]), { tokenizer: t5, out, workers: 1 });
    const set = await openShardFolder(out, { tokenizer: t5 });
    expect(await set.document(0)).toEqual(t5.encode(text).ids);
    await set.close();
  });

  it('overwrites nothing unasked', async () => {
    const out = await temporaryFolder();
    const options: PrepareOptions = { tokenizer, out, workers: 0 };
    const texts = sampleTexts(5, { seed: 1 });
    await writeFile(join(out, 'thesis.txt'), 'ten years of work');
    await expect(prepareShards(textSource(texts), options)).rejects.toMatchObject({
      code: 'data-output-exists',
    });
    await prepareShards(textSource(texts), { ...options, overwrite: true });
    expect(await readdir(out)).toContain('thesis.txt');
    await expect(prepareShards(textSource(texts), options)).rejects.toMatchObject({
      code: 'data-output-exists',
    });
    await prepareShards(textSource(texts.slice(0, 2)), { ...options, overwrite: true });
    const set = await openShardFolder(out);
    expect(set.manifest.numDocuments).toBe(2);
    await set.close();
  });

  it('names the document that lacks the field', async () => {
    const out = await temporaryFolder();
    const preparing = prepareShards(() => readText(textFile('a.txt', 'one\ntwo')), {
      tokenizer,
      out,
      workers: 0,
      features: ['body'],
    });
    await expect(preparing).rejects.toMatchObject({
      code: 'data-record',
      file: 'a.txt',
      line: 1,
      field: 'body',
    });
    expect(await readdir(out)).toEqual([]);
  });

  it('is no empty success when nothing is left', async () => {
    const out = await temporaryFolder();
    const preparing = prepareShards(textSource(['', ' ']), { tokenizer, out, workers: 0 });
    await expect(preparing).rejects.toMatchObject({ code: 'data-empty' });
  });

  it('checks its options', async () => {
    const out = await temporaryFolder();
    const wrong: readonly Partial<PrepareOptions>[] = [
      { shardTokens: 0 },
      { shardTokens: 2 ** 31 },
      { workers: -1 },
      { features: [] },
      { addEos: true },
      { resume: true, overwrite: true },
      { cleaning: { threshold: 2 } },
      { cleaning: { duplicates: 'fuzzy' as never } },
    ];
    for (const options of wrong) {
      const preparing = prepareShards(textSource(['a']), { tokenizer, out, workers: 0, ...options });
      await expect(preparing, JSON.stringify(options)).rejects.toMatchObject({ code: 'option-value' });
    }
    const misspelt = { tokenizer, out, wrokers: 2 } as unknown as PrepareOptions;
    await expect(prepareShards(textSource(['a']), misspelt)).rejects.toMatchObject({
      code: 'unknown-option',
    });
  });

  it('holds back a source that is faster than the writer', async () => {
    const out = await temporaryFolder();
    const text = 'x'.repeat(2 ** 16);
    let read = 0;
    let done = 0;
    let furthest = 0;
    const source = async function* () {
      for (; read < 160; read++) {
        furthest = Math.max(furthest, read - done);
        yield { text: text + read };
      }
    };
    const onProgress = ({ documents }: { readonly documents: number }) => void (done = documents);
    await prepareShards(source, { tokenizer: createByt5Tokenizer(), out, workers: 2, onProgress });
    expect(read).toBe(160);
    expect(furthest).toBeLessThan(40); // 4 documents a chunk, 2 chunks a worker, and those on the way
  });

  it('goes on by seeking in files, packed ones too, when documents have places', async () => {
    const folder = await temporaryFolder();
    const texts = sampleTexts(900, { seed: 12, words: [200, 400] });
    const part = (at: number) => texts.slice(300 * at, 300 * (at + 1)).join('\n\n');
    const files = [
      textFile('a.txt', part(0)),
      bytesFile('b.txt.gz', new Uint8Array(gzipSync(part(1)))),
      textFile('c.txt', part(2)),
    ];
    const opened: (Place | undefined)[] = [];
    const documents = (after: Place | undefined) => {
      opened.push(after);
      return mapRecords(readDocuments(files, { after }), ({ paragraphs }) => ({
        text: paragraphs.join('\n'),
      }));
    };
    const options = { tokenizer, workers: 0, shardTokens: 60_000 } as const;
    const [out, whole] = [join(folder, 'stopped'), join(folder, 'whole')];
    for (const shardsBefore of [2, 6, 11]) {
      const controller = new AbortController();
      const { signal } = controller;
      const stopping = async function* (after: Place | undefined) {
        for await (const document of documents(after)) {
          yield document;
          const names = await readdir(out);
          if (names.filter((name) => name.endsWith('.bin')).length >= shardsBefore)
            controller.abort(new Error('enough'));
        }
      };
      await expect(prepareShards(stopping, { ...options, out, signal, resume: true })).rejects.toThrow(
        'enough',
      );
    }
    await prepareShards(documents, { ...options, out, resume: true });
    expect(opened[0]).toBeUndefined();
    const later = opened.slice(1).map((place) => place?.file);
    expect(later.every((file) => file !== undefined)).toBe(true);
    await prepareShards(documents, { ...options, out: whole });
    expect(await filesIn(out)).toEqual(await filesIn(whole));
  });

  it('stops when its signal says so, and goes on when asked', async () => {
    const folder = await temporaryFolder();
    const [out, whole] = [join(folder, 'stopped'), join(folder, 'whole')];
    await mkdir(out);
    const texts = sampleTexts(2000, { seed: 4 });
    const controller = new AbortController();
    const options = {
      tokenizer,
      workers: 1,
      shardTokens: 20_000,
      cleaning: { duplicates: 'exact' },
    } as const;
    const onProgress = ({ shards }: { readonly shards: number }) => {
      if (shards >= 2) controller.abort(new Error('enough'));
    };
    const { signal } = controller;
    await expect(prepareShards(textSource(texts), { ...options, out, onProgress, signal })).rejects.toThrow(
      'enough',
    );
    expect((await readdir(out)).filter((name) => name.endsWith('.partial'))).toEqual([]);
    await expect(prepareShards(textSource(texts), { ...options, out })).rejects.toMatchObject({
      code: 'data-output-exists',
    });
    const other = { ...options, out, resume: true, shardTokens: 30_000 };
    await expect(prepareShards(textSource(texts), other)).rejects.toThrow(/shardTokens is 30000, was 20000/);
    const result = await prepareShards(textSource(texts), { ...options, out, resume: true });
    expect(result.resumedDocuments).toBeGreaterThan(100);
    await prepareShards(textSource(texts), { ...options, out: whole });
    expect(await filesIn(out)).toEqual(await filesIn(whole));
    const again = await prepareShards(textSource(texts), { ...options, out, resume: true });
    expect(again).toEqual({ ...result, resumedDocuments: 2000 });
  });
});
