import { trainUnigram } from '@tesserae/tokenizer/training';
import { joinChunks, memoryFolder } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import { loadPretrained, modelFiles } from '../src/index.js';
import { committed, loadGolden, openGolden } from './golden-fixture.js';

const words = ['baker', 'titi', 'monu', 'keli', 'rase', 'voti', 'xuche', 'tion'];
const texts = Array.from({ length: 200 }, (_, i) =>
  Array.from({ length: 8 }, (_, k) => words[(i * 7 + k * k) % words.length]).join(' '),
);

describe('tokenizer files of a model folder', () => {
  it.each([
    ['spiece.model alone', ['spiece.model']],
    ['tokenizer.json and spiece.model', ['tokenizer.json', 'spiece.model', 'tokenizer_config.json']],
  ])('%s: loads with the model, and is saved with it byte for byte', async (_, names) => {
    const tokenizer = await trainUnigram(texts, { vocabSize: 34, extraIds: 5 });
    const own = Object.entries(tokenizer.toFiles()).filter(([name]) => names.includes(name));
    const model = await loadGolden(await openGolden(committed('t5-1.0')));
    const contents = [...modelFiles(model)].map(([name, content]): [string, string | Uint8Array] => [
      name,
      typeof content === 'string' ? content : joinChunks([...content]),
    ]);
    const folder = memoryFolder('t5', Object.fromEntries([...contents, ...own]));

    const loaded = await loadPretrained(folder);
    expect([...loaded.tokenizer!.encode('baker titi').ids]).toEqual([...tokenizer.encode('baker titi').ids]);
    const [saved] = modelFiles(loaded).get('spiece.model') as Iterable<Uint8Array>;
    expect(Buffer.from(saved!).equals(Buffer.from(tokenizer.toFiles()['spiece.model']!))).toBe(true);
  });
});
