import type { ParamSpec } from '@tesserae/weights';
import { flattenTree, sizeOf } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import type { T5Config } from './config.js';
import { t5EncoderParamSpec, t5ParamSpec } from './params.js';
import { T5_SIZES } from './sizes.js';

const specsOf = (config: T5Config): object => t5ParamSpec(config, { hasLmHead: !config.tiesEmbeddings });

const countOf = (specs: object): number =>
  flattenTree<ParamSpec>(specs).reduce((sum, { leaf }) => sum + sizeOf(leaf.shape), 0);

/** Parameters of the released models, as Hugging Face's classes have them. */
const COUNTS: Readonly<Record<string, number>> = {
  't5-small': 60_506_624,
  't5-base': 222_903_552,
  't5-large': 737_668_096,
  't5-3b': 2_851_598_336,
  't5-11b': 11_307_321_344,
  't5-v1_1-small': 76_961_152,
  't5-v1_1-base': 247_577_856,
  't5-v1_1-large': 783_150_080,
  't5-v1_1-xl': 2_849_757_184,
  't5-v1_1-xxl': 11_135_332_352,
};

describe('T5_SIZES', () => {
  it('are the released ones', () => expect(Object.keys(T5_SIZES)).toEqual(Object.keys(COUNTS)));

  it.each(Object.entries(COUNTS))('%s has %i parameters', (name, count) => {
    expect(countOf(specsOf(T5_SIZES[name]!))).toBe(count);
  });

  it('other vocabularies and depths count right too: mT5-small, ByT5-small', () => {
    const v11 = T5_SIZES['t5-v1_1-small']!;
    expect(countOf(specsOf({ ...v11, vocabSize: 250112 }))).toBe(300_176_768);
    const byt5 = { ...v11, vocabSize: 384, dModel: 1472, dFf: 3584, numLayers: 12, numDecoderLayers: 4 };
    expect(countOf(specsOf(byt5))).toBe(299_637_760);
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
    const tables = (modelType: string): number =>
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
