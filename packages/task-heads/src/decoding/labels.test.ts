import { describe, expect, it } from 'vitest';
import { decodeLabels } from './labels.js';

const labels = ['bad', 'fair', 'good'];

describe('decodeLabels', () => {
  it('classes that exclude each other: softmax, best first', () => {
    const scored = decodeLabels([0, Math.log(3), Math.log(4)], { labels });
    expect(scored.map(({ label, id }) => [label, id])).toEqual([
      ['good', 2],
      ['fair', 1],
      ['bad', 0],
    ]);
    [4 / 8, 3 / 8, 1 / 8].forEach((score, index) => expect(scored[index]!.score).toBeCloseTo(score, 12));
    expect(decodeLabels([1, 2, 3], { labels, topK: 1 })).toHaveLength(1);
  });

  it('several labels at once: a sigmoid each, those above the threshold', () => {
    const problemType = 'multi_label_classification';
    const scored = decodeLabels([2, -1, 0.5], { labels, problemType, threshold: 0.5 });
    expect(scored.map(({ label }) => label)).toEqual(['bad', 'good']);
    expect(scored[0]!.score).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
    expect(decodeLabels([2, -1, 0.5], { labels, problemType })).toHaveLength(3);
  });

  it('a regression gives its value, which no threshold can cut', () => {
    const options = { labels: ['similarity'], problemType: 'regression' } as const;
    expect(decodeLabels([3.25], options)).toEqual([{ label: 'similarity', id: 0, score: 3.25 }]);
    expect(() => decodeLabels([3.25], { ...options, threshold: 0.5 })).toThrow(/regression/);
  });

  it('one label without a problem type is a yes or no, as Hugging Face has it', () => {
    expect(decodeLabels([0], { labels: ['spam'] })[0]!.score).toBe(0.5);
  });

  it('survives large logits and refuses what is none', () => {
    expect(decodeLabels([1000, 0, -1000], { labels })[0]!.score).toBe(1);
    expect(() => decodeLabels([NaN, 0, 0], { labels })).toThrow(
      expect.objectContaining({ code: 'logits-finite' }),
    );
  });

  it('names the remedy when labels and head do not fit', () => {
    expect(() => decodeLabels([1, 2], { labels })).toThrow(
      expect.objectContaining({ code: 'labels-number', message: expect.stringContaining('id2label') }),
    );
    expect(() => decodeLabels([1, 2, 3], { labels, topK: 0 })).toThrow(/topK is 0/);
    expect(() => decodeLabels([1, 2, 3], { labels, top: 1 } as never)).toThrow(/unknown option 'top'/);
  });
});
