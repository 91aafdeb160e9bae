import { describe, expect, it } from 'vitest';
import { insertedSpans } from './inserted-spans.js';

const TEXTS = ['what is the name of it', 'who wrote this', 'when did they come'];

describe('insertedSpans', () => {
  it('keeps the words of the text, in their order, among those of others', () => {
    const pairs = [...insertedSpans(TEXTS, { seed: 1, copies: 40 })];
    expect(pairs).toHaveLength(120);
    const all = new Set(TEXTS.flatMap((text) => text.split(' ')));
    let longer = 0;
    for (const [at, { inputs, targets }] of pairs.entries()) {
      expect(targets).toBe(TEXTS[at % 3]);
      const words = inputs.split(' ');
      expect(words.every((word) => all.has(word))).toBe(true);
      let next = 0;
      for (const word of words) if (word === targets.split(' ')[next]) next++;
      expect(next).toBe(targets.split(' ').length); // the text is a subsequence of it
      expect(words.length - targets.split(' ').length).toBeLessThanOrEqual(12);
      longer += words.length > targets.split(' ').length ? 1 : 0;
    }
    expect(longer).toBeGreaterThan(100);
  });

  it('gives the same for the same seed, and other noise in each copy', () => {
    const inputs = (seed: number): string[] =>
      [...insertedSpans(TEXTS, { seed, copies: 8 })].map((pair) => pair.inputs);
    expect(inputs(3)).toEqual(inputs(3));
    expect(inputs(3)).not.toEqual(inputs(4));
    expect(new Set(inputs(3).filter((_, at) => at % 3 === 0)).size).toBeGreaterThan(5);
  });

  it.each([{ copies: 0 }, { repeatShare: 2 }, { spans: 3 }])('refuses %j', (options) => {
    expect(() => [...insertedSpans(TEXTS, { seed: 1, ...options } as never)]).toThrow();
  });
});
