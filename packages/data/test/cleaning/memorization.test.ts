import { describe, expect, it } from 'vitest';
import { canaryExposure, indexTrainingTexts } from '../../src/index.js';

const TRAINING = [
  'A man in a red shirt rides his horse along the empty beach at sunset.',
  'Two dogs are playing with a yellow ball in the snow.',
  'My access code is four seven one nine, do not tell anyone about it.',
  'Zwei Hunde spielen im Schnee.',
];

describe('indexTrainingTexts', () => {
  it('finds text that is repeated word by word, and where', async () => {
    const index = await indexTrainingTexts(TRAINING);
    const output = 'He said: "in a RED shirt rides his horse along the" and left';
    const found = index.compare(output);
    expect(found).toMatchObject({ kind: 'verbatim', example: 0, runWords: 9 });
    const { output: here, example: there } = found.run!;
    expect(output.slice(here.start, here.end)).toBe('in a RED shirt rides his horse along the');
    expect(TRAINING[0]!.slice(there.start, there.end)).toBe('in a red shirt rides his horse along the');
  });

  it('takes a short text that is a whole training text for verbatim', async () => {
    const index = await indexTrainingTexts(TRAINING);
    expect(index.compare('zwei hunde spielen im schnee')).toMatchObject({
      ...{ kind: 'verbatim', example: 3, runWords: 5, similarity: 1, numWords: 5 },
    });
  });

  it('finds text that differs in a few words', async () => {
    const index = await indexTrainingTexts(TRAINING);
    const found = index.compare('Two dogs were playing with a yellow ball in the deep snow.');
    expect(found).toMatchObject({ kind: 'near-verbatim', example: 1, runWords: 7 });
    expect(found.similarity).toBeCloseTo(10 / 12, 5);
  });

  it('calls other text new, and counts what it shares', async () => {
    const index = await indexTrainingTexts(TRAINING);
    expect(index.compare('A woman reads the newspaper')).toMatchObject({ kind: 'new' });
    expect(index.compare('')).toEqual({ numWords: 0, kind: 'new', runWords: 0, similarity: 0 });
  });

  it('takes thresholds, and refuses those without meaning', async () => {
    const index = await indexTrainingTexts(TRAINING, { verbatimWords: 4 });
    expect(index.compare('they were playing with a yellow duck')).toMatchObject({ kind: 'verbatim' });
    await expect(indexTrainingTexts(TRAINING, { nearSimilarity: 0 })).rejects.toThrow('nearSimilarity');
    await expect(indexTrainingTexts(TRAINING, { verbatimWords: 1.5 })).rejects.toThrow('verbatimWords');
  });
});

describe('canaryExposure', () => {
  it('is log2 of all over the rank', () => {
    const candidates = Array.from({ length: 1023 }, (_, at) => at + 1);
    expect(canaryExposure(0.5, candidates)).toEqual({ rank: 1, numCandidates: 1023, exposure: 10 });
    expect(canaryExposure(512.5, candidates)).toMatchObject({ rank: 513 });
    expect(canaryExposure(5000, candidates).exposure).toBe(0);
  });

  it('needs candidates', () => {
    expect(() => canaryExposure(1, [])).toThrow('candidates');
  });
});
