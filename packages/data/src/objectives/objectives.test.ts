import { describe, expect, it } from 'vitest';
import { chiSquare, collect } from '../../test/collect.js';
import { createRandom, type Random } from '../random/random.js';
import { roundHalfEven } from './half-even.js';
import { drawObjective, mixtureOfDenoisers } from './mixture-of-denoisers.js';
import { namedObjective, spanCorruption, T5_OBJECTIVES, T5_SENTINELS } from './named-objectives.js';
import { noiseFunctions, type NoiseContext } from './noise-functions.js';
import {
  iidNoiseMask,
  randomPrefixNoiseMask,
  randomSpansNoiseMask,
  regularNoiseMask,
} from './noise-masks.js';
import { denoise, rawLength } from './objective.js';
import { pretrainingExamples, type PretrainingOptions } from './pretraining-examples.js';
import { randomSpansHelper } from './span-lengths.js';

const {
  noiseSpanToUniqueSentinel,
  noiseTokenToGatheredToken,
  noiseTokenToRandomToken,
  noiseTokenToRandomTokenOrSentinel,
  permuteNoiseTokens,
} = noiseFunctions;
const context = (random: Random, facts: Partial<NoiseContext> = {}): NoiseContext => ({
  sentinels: T5_SENTINELS,
  random,
  vocabSize: 32100,
  ...facts,
});
const range = (length: number, first = 0): Int32Array => Int32Array.from({ length }, (_, at) => first + at);

/** How often each key occurs in `draws` calls. */
function countsOf(draws: number, draw: () => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at < draws; at++) {
    const key = draw();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

describe('roundHalfEven', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [2.4999, 2],
    [2.5001, 3],
  ])('rounds %d to %d', (value, rounded) => expect(roundHalfEven(value) + 0).toBe(rounded + 0));
});

describe('randomSpansHelper', () => {
  it.each([
    [128, 0.15, 3, 141, 29],
    [256, 0.15, 3, 284, 58],
    [512, 0.15, 3, 568, 114],
    [1024, 0.15, 3, 1137, 229],
    [2048, 0.15, 3, 2274, 456],
    [512, 0.15, 2, 552, 126],
    [512, 0.15, 5, 581, 105],
    [512, 0.15, 10, 591, 99],
    [512, 0.15, 20, 597, 95],
    [1024, 0.15, 20, 1193, 189],
    [512, 0.5, 3, 766, 512],
  ])(
    '%i inputs at %d and spans of %i: %i tokens, %i targets',
    (inputsLength, noiseDensity, mean, raw, targets) => {
      const lengths = randomSpansHelper({ inputsLength, noiseDensity, meanSpanLength: mean });
      expect(lengths).toEqual({ tokensLength: raw, targetsLength: targets });
    },
  );

  it('refuses densities of 0 and 1, and unknown options', () => {
    expect(() => randomSpansHelper({ inputsLength: 512, noiseDensity: 1 })).toThrow(/between 0 and 1/);
    expect(() => randomSpansHelper({ inputsLength: 512, density: 0.2 } as never)).toThrow(/unknown option/);
  });
});

describe('noise masks', () => {
  it('randomSpansNoiseMask gives each mask of 9 tokens, 4 of noise in 2 spans alike (chi-square, seed 1, p > 0.001)', () => {
    const random = createRandom(1);
    // 3 ways to part 4 noise tokens times 4 ways to part 5 others
    const counts = countsOf(12000, () =>
      randomSpansNoiseMask(9, { noiseDensity: 0.44, meanSpanLength: 2, random }).join(''),
    );
    expect(counts.size).toBe(12);
    expect(chiSquare([...counts.values()])).toBeLessThan(31.3); // 11 degrees
    for (const mask of counts.keys()) expect(mask).toMatch(/^0+1+0+1+$/);
  });

  it('randomSpansNoiseMask rotates evenly when asked (chi-square, seed 2, 9 degrees, p > 0.001)', () => {
    const random = createRandom(2);
    const options = { noiseDensity: 0.3, meanSpanLength: 3, randomRoll: true, random };
    const counts = countsOf(5000, () => randomSpansNoiseMask(10, options).join(''));
    expect(counts.size).toBe(10);
    expect(chiSquare([...counts.values()])).toBeLessThan(27.9);
  });

  it('randomSpansNoiseMask masks something and leaves something from 2 tokens on', () => {
    const random = createRandom(3);
    for (const noiseDensity of [0.01, 0.5, 0.99]) {
      expect(randomSpansNoiseMask(2, { noiseDensity, random }).join('')).toBe('01');
    }
    expect(randomSpansNoiseMask(1, { noiseDensity: 0.5, random })).toEqual(Uint8Array.of(0));
    expect(randomSpansNoiseMask(6, { noiseDensity: 0, random }).join('')).toBe('000000');
  });

  it('iidNoiseMask gives each mask of 3 tokens its probability (chi-square, seed 4, 7 degrees, p > 0.001)', () => {
    const random = createRandom(4);
    const counts = countsOf(16000, () => iidNoiseMask(3, { noiseDensity: 0.25, random }).join(''));
    let statistic = 0;
    for (const [mask, count] of counts) {
      const noise = [...mask].filter((bit) => bit === '1').length;
      const expected = 16000 * 0.25 ** noise * 0.75 ** (3 - noise);
      statistic += (count - expected) ** 2 / expected;
    }
    expect(counts.size).toBe(8);
    expect(statistic).toBeLessThan(24.3);
  });

  it('regularNoiseMask draws span lengths and offsets evenly (chi-square, seed 5, p > 0.001)', () => {
    const random = createRandom(5);
    // density 0.5: a span of s has period 2s, so 2 masks of spans of 1 and 4 of spans of 2
    const options = { noiseDensity: 0.5, maxSpanLength: 2, random };
    const counts = countsOf(8000, () => regularNoiseMask(8, options).join(''));
    const expected = new Map([
      ['10101010', 2000],
      ['01010101', 2000],
      ['11001100', 1000],
      ['10011001', 1000],
      ['00110011', 1000],
      ['01100110', 1000],
    ]);
    expect([...counts.keys()].sort()).toEqual([...expected.keys()].sort());
    const statistic = [...expected].reduce((sum, [mask, e]) => sum + (counts.get(mask)! - e) ** 2 / e, 0);
    expect(statistic).toBeLessThan(20.5); // 5 degrees
  });

  it('regularNoiseMask rounds its period half to even', () => {
    const random = createRandom(6);
    // one token of noise at 0.4: a period of 2.5 becomes 2, not 3
    const mask = regularNoiseMask(8, { noiseDensity: 0.4, maxSpanLength: 1, random });
    expect(['10101010', '01010101']).toContain(mask.join(''));
  });

  it('randomPrefixNoiseMask gives every prefix alike (chi-square, seed 7, 6 degrees, p > 0.001)', () => {
    const random = createRandom(7);
    const counts = countsOf(7000, () => randomPrefixNoiseMask(8, { noiseDensity: 0.5, random }).join(''));
    expect([...counts.keys()].every((mask) => /^1+0+$/.test(mask))).toBe(true);
    expect(counts.size).toBe(7);
    expect(chiSquare([...counts.values()])).toBeLessThan(22.5);
    const shorter = countsOf(500, () => randomPrefixNoiseMask(9, { noiseDensity: 0.25, random }).join(''));
    expect(Math.min(...[...shorter.keys()].map((mask) => mask.lastIndexOf('1') + 1))).toBe(4);
  });
});

describe('noise functions', () => {
  const tokens = range(12, 100);
  const mask = Uint8Array.of(0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1);

  it('permuteNoiseTokens moves noise tokens among their places only', () => {
    const permuted = permuteNoiseTokens(tokens, mask, context(createRandom(1)));
    expect(permuted.filter((_, at) => mask[at] === 0)).toEqual(tokens.filter((_, at) => mask[at] === 0));
    expect([...permuted].sort()).toEqual([...tokens].sort());
    expect(permuted).not.toEqual(tokens);
  });

  it('noiseTokenToGatheredToken and noiseTokenToRandomToken replace noise only', () => {
    const gathered = noiseTokenToGatheredToken(tokens, mask, context(createRandom(2)));
    const drawn = noiseTokenToRandomToken(tokens, mask, context(createRandom(3), { vocabSize: 5 }));
    mask.forEach((noise, at) => {
      expect(tokens).toContain(gathered[at]);
      if (noise === 1)
        expect([3, 4]).toContain(drawn[at]); // 0, 1, 2 are reserved
      else expect([gathered[at], drawn[at]]).toEqual([tokens[at], tokens[at]]);
    });
  });

  it('noiseTokenToRandomTokenOrSentinel takes a random token in a tenth (seed 4, 4 standard errors)', () => {
    const all = new Uint8Array(10000).fill(1);
    const ids = noiseTokenToRandomTokenOrSentinel(range(10000, 5), all, context(createRandom(4)));
    const share = ids.filter((id) => id !== 32099).length / 10000;
    expect(Math.abs(share - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / 10000));
  });

  it('refuses the 101st span, or goes into ordinary ids when asked', () => {
    const many = new Uint8Array(202).map((_, at) => at % 2);
    expect(() => noiseSpanToUniqueSentinel(range(202), many, context(createRandom(5)))).toThrow(
      /span 101 needs a sentinel, but there are 100[^]*data-sentinels/,
    );
    const sentinels = { ...T5_SENTINELS, overflow: 'descend' as const };
    const ids = noiseSpanToUniqueSentinel(range(202), many, context(createRandom(5), { sentinels }));
    expect(ids.at(-1)).toBe(31999);
  });
});

describe('named objectives', () => {
  const denoised = (name: string, length: number) =>
    denoise(range(length, 1000), {
      objective: namedObjective(name),
      random: createRandom(1, [name]),
      sentinels: T5_SENTINELS,
      vocabSize: 32100,
      eosId: 1,
    });

  it('has the published lengths', () => {
    const lengths = Object.values(T5_OBJECTIVES).map((one) => [
      one.name,
      one.inputsLength,
      one.targetsLength,
    ]);
    expect(lengths).toEqual([
      ['span', 512, 114],
      ['span_2_15_u_u', 512, 126],
      ['span_3_15_u_u', 512, 114],
      ['span_5_15_u_u', 512, 105],
      ['span_10_15_u_u', 512, 99],
      ['iid_10_u_u', 512, 103],
      ['iid_15_u_u', 512, 192],
      ['iid_25_u_u', 512, 256],
      ['iid_50_u_u', 512, 512],
      ['iid_15_r10s90_f', 512, 512],
      ['iid_15_m_f', 512, 512],
      ['iid_15_d_d', 512, 104],
      ['all_permute', 512, 512],
      ['prefix_lm', 512, 512],
      ['lm', 0, 512],
      ['byt5', 1024, 189],
    ]);
  });

  it('span fills both lengths exactly: no closing sentinel, EOS at the end', () => {
    const { inputs, targets } = denoised('span', rawLength(namedObjective('span')));
    expect([inputs.length, targets.length]).toEqual([512, 114]);
    expect([inputs.at(-1), targets.at(-1)]).toEqual([1, 1]);
    expect([inputs.at(-2), targets[0]]).toEqual([32099 - 27, 32099]); // 28 spans; the text ends with noise
    expect(targets.filter((id) => id > 31999)).toEqual(
      Int32Array.from({ length: 28 }, (_, at) => 32099 - at),
    );
    const restored: number[] = [];
    for (const id of inputs.subarray(0, -1)) {
      if (id <= 31999) restored.push(id);
      else {
        const at = targets.indexOf(id) + 1;
        const end = targets.subarray(at).findIndex((target) => target > 31999 || target === 1);
        restored.push(...targets.subarray(at, at + end));
      }
    }
    expect(Int32Array.from(restored)).toEqual(range(568, 1000));
  });

  it('the others say what their names say', () => {
    const text = Int32Array.of(...range(511, 1000), 1);
    expect(denoised('iid_15_m_f', 511).targets).toEqual(text);
    expect(denoised('iid_15_r10s90_f', 511).targets).toEqual(text);
    const shuffled = denoised('all_permute', 511);
    expect(shuffled.targets).toEqual(text);
    expect([...shuffled.inputs].sort()).toEqual([...text].sort());
    const prefix = denoised('prefix_lm', 511);
    expect([...prefix.inputs.slice(0, -1), ...prefix.targets]).toEqual([...text]);
    const dropped = denoised('iid_15_d_d', 511);
    expect([...dropped.inputs, ...dropped.targets].sort()).toEqual([1, ...text].sort());
    expect(denoised('lm', 511)).toEqual({ inputs: new Int32Array(0), targets: text });
    expect(() => namedObjective('spam')).toThrow(/there is no objective "spam"[^]*data-objective/);
  });

  it('refuses targets that would be cut', () => {
    expect(() => rawLength(spanCorruption({ targetsLength: 100 }))).toThrow(/targets take 114 tokens/);
  });
});

describe('mixtureOfDenoisers', () => {
  const mixture = mixtureOfDenoisers({ inputsLength: 128, targetsLength: 128 });

  it('takes its seven denoisers alike (chi-square, seed 1, 6 degrees, p > 0.001)', () => {
    const random = createRandom(1);
    const counts = countsOf(7000, () => drawObjective(mixture, random).name);
    expect(counts.size).toBe(7);
    expect(chiSquare([...counts.values()])).toBeLessThan(22.5);
  });

  it('begins with the mode token, and the sequential one hides the last quarter', () => {
    const { objective } = mixture.parts.find((part) => part.objective.mode === 'S')!;
    const length = rawLength(objective, { hasMode: true });
    const modeIds = { R: 31900, S: 31901, X: 31902 };
    const { inputs, targets } = denoise(range(length, 1000), {
      objective,
      random: createRandom(1),
      sentinels: T5_SENTINELS,
      vocabSize: 32100,
      eosId: 1,
      modeIds,
    });
    expect(length).toBe(126);
    expect([inputs[0], inputs.at(-2), inputs.at(-1)]).toEqual([31901, 32099, 1]);
    expect(targets).toEqual(Int32Array.of(32099, ...range(32, 1094), 1)); // round(126 / 4) = 32
  });
});

describe('pretrainingExamples', () => {
  const documents = (from: number) =>
    Array.from({ length: 40 }, (_, at) => range(10 + 7 * (at % 5), 1000 + 100 * at)).slice(from);
  const options: PretrainingOptions = {
    objective: spanCorruption({ inputsLength: 64 }),
    seed: 5,
    documentsPerGroup: 8,
    sentinels: T5_SENTINELS,
    vocabSize: 32100,
    eosId: 1,
  };

  it.each([
    ['span corruption', options],
    ['a prefix language model', { ...options, objective: namedObjective('prefix_lm') }],
    [
      'seven denoisers',
      { ...options, objective: mixtureOfDenoisers({ inputsLength: 64, targetsLength: 64 }) },
    ],
  ])('goes on from any cursor: %s', async (_, settings) => {
    const all = await collect(pretrainingExamples(documents, settings));
    expect(all.length).toBeGreaterThan(10);
    for (let at = 0; at < all.length; at++) {
      const from = JSON.parse(JSON.stringify(all[at]!.cursor)) as (typeof all)[number]['cursor'];
      const rest = await collect(pretrainingExamples(documents, { ...settings, from }));
      expect(rest).toEqual(all.slice(at + 1));
    }
  });

  it('leaves no padding but at the end of a group, and loses no token', async () => {
    const all = await collect(pretrainingExamples(documents, options));
    const full = all.filter(({ inputs }) => inputs.length === 64);
    expect(full.length).toBeGreaterThanOrEqual(all.length - 5); // five groups of eight documents
    const kept = all
      .flatMap(({ inputs, targets }) => [...inputs, ...targets])
      .filter((id) => id > 1 && id < 32000);
    expect(kept.sort((a, b) => a - b)).toEqual(documents(0).flatMap((ids) => [...ids]));
  });

  it('ends with the reason of its signal, and refuses what is no cursor', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const aborted = collect(pretrainingExamples(documents, { ...options, signal: stop.signal }));
    await expect(aborted).rejects.toThrow('enough');
    const from = { document: -1, segment: 0 };
    await expect(collect(pretrainingExamples(documents, { ...options, from }))).rejects.toThrow(
      /is no cursor/,
    );
  });
});
