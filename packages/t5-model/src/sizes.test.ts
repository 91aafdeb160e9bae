import type { ParamSpec } from '@tesserae/weights';
import { flattenTree, sizeOf } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import type { T5Config, T5ModelType } from './config.js';
import { t5EncoderParamSpec, t5ParamSpec } from './params.js';
import { T5_SIZES } from './sizes.js';

const specsOf = (config: T5Config): object => t5ParamSpec(config, { hasLmHead: !config.tiesEmbeddings });

const countOf = (specs: object): number =>
  flattenTree<ParamSpec>(specs).reduce((sum, { leaf }) => sum + sizeOf(leaf.shape), 0);

const v11 = [76_961_152, 247_577_856, 783_150_080, 2_849_757_184, 11_135_332_352];

/** Parameters of the released models, as Hugging Face's classes have them: small, base, … */
const COUNTS: Readonly<Record<string, readonly number[]>> = {
  't5-{small,base,large,3b,11b}': [60_506_624, 222_903_552, 737_668_096, 2_851_598_336, 11_307_321_344],
  't5-v1_1-{small,base,large,xl,xxl}': v11,
  't5-v1_1-{tiny}': [2_179_584],
  't5-{small,base,large,xl,xxl}-lm-adapt': v11,
  'flan-t5-{small,base,large,xl,xxl}': v11,
  'mt5-{small,base,large,xl,xxl}': [300_176_768, 582_401_280, 1_229_581_312, 3_742_619_648, 12_921_057_280],
  'umt5-{small,base,xl,xxl}': [306_601_984, 592_043_520, 3_768_356_864, 12_972_531_712],
  'byt5-{small,base,large,xl,xxl}': [299_637_760, 581_653_248, 1_228_183_552, 3_737_801_728, 12_906_899_328],
};

/** `a-{b,c}-d` with two counts: `[['a-b-d', 1], ['a-c-d', 2]]`. */
const NAMED_COUNTS = Object.entries(COUNTS).flatMap(([pattern, counts]) => {
  const [before, sizes, after] = pattern.split(/[{}]/) as [string, string, string];
  return sizes.split(',').map((size, index): [string, number] => [before + size + after, counts[index]!]);
});

describe('T5_SIZES', () => {
  it('are the released ones', () =>
    expect(Object.keys(T5_SIZES)).toEqual(NAMED_COUNTS.map(([name]) => name)));

  it.each(NAMED_COUNTS)('%s has %i parameters', (name, count) => {
    expect(countOf(specsOf(T5_SIZES[name]!))).toBe(count);
  });
});

describe('t5ParamSpec', () => {
  const config = T5_SIZES['t5-small']!;
  const byName = new Map(flattenTree<ParamSpec>(specsOf(config)).map(({ leaf }) => [leaf.name, leaf]));
  const stdOf = (name: string): number | undefined => {
    const init = byName.get(name)?.init;
    return init?.kind === 'normal' ? init.std : undefined;
  };

  it.each([
    ['shared.weight', 1],
    ['encoder.block.0.layer.0.SelfAttention.q.weight', (512 * 64) ** -0.5], // 1/√headDim is folded in
    ['encoder.block.5.layer.0.SelfAttention.k.weight', 512 ** -0.5],
    ['decoder.block.0.layer.1.EncDecAttention.v.weight', 512 ** -0.5],
    ['decoder.block.0.layer.1.EncDecAttention.o.weight', (8 * 64) ** -0.5],
    ['decoder.block.3.layer.2.DenseReluDense.wi.weight', 512 ** -0.5],
    ['decoder.block.3.layer.2.DenseReluDense.wo.weight', 2048 ** -0.5],
    ['decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight', 512 ** -0.5],
  ])('%s is drawn with deviation %f', (name, std) => expect(stdOf(name)).toBeCloseTo(std, 12));

  it('initializerFactor scales all of them, norms included', () => {
    const leaves = flattenTree<ParamSpec>(specsOf({ ...config, initializerFactor: 0.5 }));
    const init = (name: string) => leaves.find(({ leaf }) => leaf.name === name)?.leaf.init;
    expect(init('shared.weight')).toEqual({ kind: 'normal', std: 0.5 });
    expect(init('encoder.final_layer_norm.weight')).toEqual({ kind: 'uniform', low: 0.5, high: 0.5 });
  });

  it('has a bias table in block 0 of each stack, in every block of UMT5', () => {
    const tables = (modelType: T5ModelType): number =>
      flattenTree<ParamSpec>(specsOf({ ...config, modelType })).filter(({ leaf }) =>
        leaf.name?.includes('relative'),
      ).length;
    expect(tables('t5')).toBe(2);
    expect(tables('umt5')).toBe(12);
  });

  it('the encoder alone is the encoder of the whole', () => {
    const names = (specs: object): readonly unknown[] =>
      flattenTree<ParamSpec>(specs).map(({ leaf }) => leaf.name);
    const encoder = names(specsOf(config)).filter((name) => /^(shared|encoder)\./.test(String(name)));
    expect(names(t5EncoderParamSpec(config))).toEqual(encoder);
  });
});
