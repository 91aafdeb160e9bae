import { describe, expect, it } from 'vitest';
import { noiseFunctions, type NoiseFunctionName } from '../src/objectives/noise-functions.js';
import { randomSpansNoiseMask } from '../src/objectives/noise-masks.js';
import { randomSpansHelper } from '../src/objectives/span-lengths.js';
import { createRandom } from '../src/random/random.js';
import { readGolden } from './read-fixture.js';

const golden = readGolden('objectives');
const of = (name: string) => golden.get(name)!;

const deterministic: readonly NoiseFunctionName[] = [
  'noiseTokenToSentinel',
  'noiseSpanToSentinel',
  'nonnoiseSpanToSentinel',
  'noiseSpanToUniqueSentinel',
  'nonnoiseSpanToUniqueSentinel',
  'dropNoiseTokens',
  'dropNonnoiseTokens',
];

describe('objectives beside their definitions in NumPy', () => {
  it('agrees on the lengths of span corruption', () => {
    const { shape, data } = of('helper/rows');
    expect(shape[0]).toBe(131);
    for (let row = 0; row < shape[0]!; row++) {
      const [inputsLength, percent, meanSpanLength, tokensLength, targetsLength] = data.subarray(5 * row);
      const setting = { inputsLength: inputsLength!, noiseDensity: percent! / 100, meanSpanLength };
      expect([setting, randomSpansHelper(setting)]).toEqual([setting, { tokensLength, targetsLength }]);
    }
  });

  it('has as many noise tokens and spans as single precision gives, up to a length of 1200', () => {
    const settings = of('counts/settings').data;
    const { shape, data } = of('counts/values');
    const random = createRandom(11);
    for (let setting = 0; setting < shape[0]!; setting++) {
      const [percent, meanSpanLength] = settings.subarray(2 * setting);
      for (let length = 2; length <= shape[1]!; length++) {
        const mask = randomSpansNoiseMask(length, { noiseDensity: percent! / 100, meanSpanLength, random });
        const starts = mask.filter((noise, at) => noise === 1 && mask[at - 1] !== 1).length;
        const noise = mask.reduce((sum, one) => sum + one, 0);
        const at = 2 * (setting * shape[1]! + length - 1);
        if (noise === data[at] && starts === data[at + 1]) continue;
        expect([percent, meanSpanLength, length, noise, starts]).toEqual([
          percent,
          meanSpanLength,
          length,
          data[at],
          data[at + 1],
        ]);
      }
    }
  });

  it.each(deterministic)('%s makes the same ids', (name) => {
    for (let number = 0; number < 6; number++) {
      const tokens = of(`case/${number}/tokens`).data;
      const mask = Uint8Array.from(of(`case/${number}/mask`).data);
      const context = { sentinels: { first: 32099, count: 100 }, random: createRandom(0), vocabSize: 32100 };
      expect(noiseFunctions[name](tokens, mask, context)).toEqual(of(`case/${number}/${name}`).data);
    }
  });
});
