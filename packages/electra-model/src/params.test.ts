import { flattenTree, sizeOf } from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import type { ElectraConfig } from './config.js';
import { ELECTRA_SIZES } from './config.js';
import { discriminatorSpec, electraParamSpec, maskedLanguageModelSpec } from './params.js';

const countOf = (specs: object): number =>
  flattenTree<ParamSpec>(specs).reduce((sum, { leaf }) => sum + sizeOf(leaf.shape), 0);
const namesOf = (specs: object): readonly unknown[] =>
  flattenTree<ParamSpec>(specs).map(({ leaf }) => leaf.name);
const backbone = (config: ElectraConfig): object => electraParamSpec(config, { prefix: 'electra.' });

describe('parameter counts', () => {
  it.each([
    ['electra-small', 13_483_008, 13_549_057],
    ['electra-base', 108_891_648, 109_483_009],
    ['electra-large', 334_092_288, 335_142_913],
  ])('%s: %i in the encoder, %i in ElectraForPreTraining', (name, encoder, whole) => {
    const config = ELECTRA_SIZES[name]!;
    expect(countOf(backbone(config))).toBe(encoder);
    expect(countOf([backbone(config), discriminatorSpec(config)])).toBe(whole);
  });

  it.each([
    ['electra-small', 64, 1, 256, 4_620_026],
    ['electra-base', 256, 4, 1024, 33_740_602],
    ['electra-large', 256, 4, 1024, 51_295_290],
  ])("%s's generator (%i wide, %i heads, %i): %i", (name, hiddenSize, numHeads, intermediateSize, whole) => {
    const config = { ...ELECTRA_SIZES[name]!, hiddenSize, numHeads, intermediateSize };
    expect(countOf([backbone(config), maskedLanguageModelSpec(config, { hasDecoder: false })])).toBe(whole);
  });
});

describe('electraParamSpec', () => {
  const config = ELECTRA_SIZES['electra-small']!;

  it('names parameters as checkpoints do, with and without the prefix', () => {
    expect(namesOf(backbone(config)).slice(0, 7)).toEqual([
      'electra.embeddings.word_embeddings.weight',
      'electra.embeddings.position_embeddings.weight',
      'electra.embeddings.token_type_embeddings.weight',
      'electra.embeddings.LayerNorm.weight',
      'electra.embeddings.LayerNorm.bias',
      'electra.embeddings_project.weight',
      'electra.embeddings_project.bias',
    ]);
    const bare = namesOf(electraParamSpec(config, { prefix: '' }));
    expect(bare).toEqual(namesOf(backbone(config)).map((name) => String(name).replace('electra.', '')));
    expect(bare).toContain('encoder.layer.11.attention.output.LayerNorm.bias');
  });

  it('projects embeddings only when the sizes differ', () => {
    expect(
      namesOf(backbone(ELECTRA_SIZES['electra-base']!)).some((name) => String(name).includes('project')),
    ).toBe(false);
  });

  it('begins with zeros in the padding row of the word embeddings', () => {
    const word = flattenTree<ParamSpec>(backbone({ ...config, padTokenId: 3 }))[0]!.leaf;
    expect(word.init).toEqual({ kind: 'normal', std: 0.02, zeroRow: 3 });
  });

  it('the generator has a table of its own only when asked', () => {
    const has = (hasDecoder: boolean): boolean =>
      namesOf(maskedLanguageModelSpec(config, { hasDecoder })).includes('generator_lm_head.weight');
    expect(has(true)).toBe(true);
    expect(has(false)).toBe(false);
  });
});
