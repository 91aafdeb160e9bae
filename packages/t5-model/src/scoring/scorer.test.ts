import { createCpuBackend } from '@tesserae/backend-cpu';
import { OptionError, hostTensor, logSoftmax, constant, mapTree } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TINY, randomIds, tinyParams, valuesOf } from '../../test/tiny-model.js';
import { conditionalGeneration } from '../network.js';
import type { T5Scorer } from './scorer.js';
import { createT5Scorer } from './scorer.js';
import { perplexityOf, rankTargets } from './target-scores.js';

const source = {
  inputIds: randomIds([2, 6], 3),
  attentionMask: hostTensor('i32', [2, 6], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
};
const targets = [
  [
    [7, 8, 9, 1],
    [5, 1],
  ],
  [[12, 13, 14, 15, 16, 17, 1]],
];

/** log P of each token by the whole network, one target at a time. */
async function logProbsOf(row: number, ids: readonly number[]): Promise<readonly number[]> {
  const sourceRow = ({ data }: HostTensor): HostTensor =>
    hostTensor('i32', [1, 6], Array.from(data.slice(6 * row, 6 * row + 6)));
  const params = mapTree(tinyParams(), (leaf: HostTensor) => constant(leaf)) as never;
  const { logits } = conditionalGeneration(
    params,
    {
      inputIds: constant(sourceRow(source.inputIds)),
      attentionMask: constant(sourceRow(source.attentionMask)),
      labels: constant(hostTensor('i32', [1, ids.length], ids)),
    },
    { config: TINY, rng: undefined },
  );
  const values = await valuesOf(logSoftmax(logits));
  return ids.map((id, at) => values[at * TINY.vocabSize + id]!);
}

describe('createT5Scorer', () => {
  const backend = createCpuBackend();
  let scorer: T5Scorer;
  beforeAll(async () => {
    scorer = await createT5Scorer(tinyParams(), TINY, backend);
  });
  afterAll(() => scorer.release());

  it('gives the log-probability of each token, whatever else is scored beside it', async () => {
    const scores = await scorer.score(source, targets);
    for (const [row, list] of targets.entries()) {
      for (const [index, ids] of list.entries()) {
        const needed = await logProbsOf(row, ids);
        const { logProb, tokenLogProbs } = scores[row]![index]!;
        expect(tokenLogProbs).toHaveLength(ids.length);
        needed.forEach((value, at) => expect(tokenLogProbs[at]).toBeCloseTo(value, 4));
        expect(logProb).toBeCloseTo(
          needed.reduce((a, b) => a + b),
          4,
        );
      }
    }
  });

  it('small runs give the same as one', async () => {
    const one = await scorer.score(source, targets);
    const many = await scorer.score(source, targets, { tokensPerRun: 1 });
    many.flat().forEach(({ logProb }, index) => expect(logProb).toBeCloseTo(one.flat()[index]!.logProb, 5));
  });

  it('encodes the sources once, however many targets and runs there are', async () => {
    const runs: number[] = []; // which compiled graph, in order of compilation
    let compiled = 0;
    const counting = {
      ...backend,
      upload: backend.upload.bind(backend),
      download: backend.download.bind(backend),
      compile: async (...args: Parameters<typeof backend.compile>) => {
        const index = compiled++;
        const executable = await backend.compile(...args);
        return {
          run: (inputs: Parameters<typeof executable.run>[0]) => {
            runs.push(index);
            return executable.run(inputs);
          },
          release: () => executable.release(),
        };
      },
    };
    const counted = await createT5Scorer(tinyParams(), TINY, counting);
    await counted.score(source, targets, { tokensPerRun: 4 });
    counted.release();
    expect(runs).toEqual([0, 1, 1, 1]);
  });

  it('sources without targets are allowed', async () => {
    expect(await scorer.score(source, [[], []])).toEqual([[], []]);
  });

  it.each([
    ['a target without tokens', [[[]], []], /no tokens/],
    ['an id outside the vocabulary', [[[40, 1]], []], /id 40/],
    ['a label to leave out', [[[-100, 1]], []], /id -100/],
    ['too few lists', [[[5, 1]]], /1 lists of targets for 2 sources/],
  ])('refuses %s', async (_, wrong, message) => {
    await expect(scorer.score(source, wrong)).rejects.toThrow(OptionError);
    await expect(scorer.score(source, wrong)).rejects.toThrow(message);
  });

  it('stops when aborted', async () => {
    const signal = AbortSignal.abort();
    await expect(scorer.score(source, targets, { signal })).rejects.toThrow(/abort/i);
  });
});

describe('of scores', () => {
  const score = (...logProbs: number[]) => ({
    logProb: logProbs.reduce((a, b) => a + b, 0),
    tokenLogProbs: Float32Array.from(logProbs),
  });

  it('perplexity is of the corpus, not a mean over texts', () => {
    expect(perplexityOf([score(-1), score(-2, -3, -4)])).toBeCloseTo(Math.exp(10 / 4), 12);
    expect(perplexityOf([])).toBeNaN();
  });

  it('a short target wins by its sum, a long one by its mean', () => {
    const list = [score(-2, -1), score(-1, -1, -1, -1)];
    expect(rankTargets(list, { normalizesByLength: false })).toEqual({ best: 0, scores: [-3, -4] });
    expect(rankTargets(list, { normalizesByLength: true })).toEqual({ best: 1, scores: [-1.5, -1] });
  });

  it('the first of equals is the best', () => {
    expect(rankTargets([score(-2), score(-1), score(-1)], { normalizesByLength: false }).best).toBe(1);
  });
});
