import { ConfigError } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import {
  ELECTRA_DEFAULTS,
  ELECTRA_SIZES,
  electraConfigFromHuggingFace,
  electraConfigToHuggingFace,
} from './config.js';

const modern = { transformers_version: '4.57.6' };

describe('electraConfigFromHuggingFace', () => {
  it("takes Hugging Face's defaults for absent keys", () => {
    expect(electraConfigFromHuggingFace({})).toEqual({
      vocabSize: 30522,
      embeddingSize: 128,
      hiddenSize: 256,
      numLayers: 12,
      numHeads: 4,
      intermediateSize: 1024,
      activationName: 'gelu',
      hiddenDropout: 0.1,
      attentionDropout: 0.1,
      classifierDropout: undefined,
      maxPositions: 512,
      typeVocabSize: 2,
      initializerRange: 0.02,
      layerNormEpsilon: 1e-12,
      generatorNormEpsilon: 1e-12,
      padTokenId: 0,
      summaryActivation: 'gelu',
      summaryUsesProjection: true,
      summaryLastDropout: 0.1,
      tiesEmbeddings: true,
      labels: ['LABEL_0', 'LABEL_1'],
      problemType: undefined,
    });
  });

  it('reads class names in the order of their ids, however they are listed', () => {
    const { labels } = electraConfigFromHuggingFace({ ...modern, id2label: { 2: 'c', 0: 'a', 1: 'b' } });
    expect(labels).toEqual(['a', 'b', 'c']);
  });

  it('names as many classes as num_labels says when there are no names', () => {
    expect(electraConfigFromHuggingFace({ num_labels: 3 }).labels).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2']);
  });

  it('tells a summary without activation (null) from one that is not said', () => {
    expect(electraConfigFromHuggingFace({ summary_activation: null }).summaryActivation).toBeUndefined();
    expect(electraConfigFromHuggingFace({ summary_activation: 'tanh' }).summaryActivation).toBe('tanh');
  });

  it("keeps the generator's norm of the first releases, known by the absence of transformers_version", () => {
    expect(electraConfigFromHuggingFace({ vocab_size: 120 }).generatorNormEpsilon).toBe(1e-5);
    expect(electraConfigFromHuggingFace({ ...modern, vocab_size: 120 }).generatorNormEpsilon).toBe(1e-12);
  });

  it.each([
    ['hidden_size', 0],
    ['hidden_size', '256'],
    ['num_attention_heads', 3],
    ['num_hidden_layers', 1e9],
    ['num_labels', 1e9],
    ['num_labels', 0],
    ['hidden_act', 'gleu'],
    ['hidden_act', 7],
    ['hidden_dropout_prob', -0.5],
    ['classifier_dropout', '0.1'],
    ['summary_use_proj', 'yes'],
    ['summary_type', 'cls_index'],
    ['position_embedding_type', 'relative_key'],
    ['is_decoder', true],
    ['tie_word_embeddings', 0],
    ['problem_type', 'ranking'],
    ['id2label', ['a', 7]],
    ['id2label', {}],
    ['id2label', 'a'],
    ['id2label', { 0: 'a', 5: 'b' }],
    ['id2label', { 0: 'a', '00': 'b' }],
  ])('refuses %s: %j, naming the key and the file', (key, value) => {
    const read = () => electraConfigFromHuggingFace({ [key]: value }, { file: 'models/x/config.json' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(new RegExp(`'${key}`));
    expect(read).toThrow(/models\/x\/config\.json/);
  });
});

describe('electraConfigToHuggingFace', () => {
  it.each(Object.keys(ELECTRA_SIZES))('%s reads back as it was', (name) => {
    const json = electraConfigToHuggingFace(ELECTRA_SIZES[name]!, 'ElectraForPreTraining');
    expect(electraConfigFromHuggingFace(JSON.parse(JSON.stringify(json)))).toEqual(ELECTRA_SIZES[name]);
    expect(json).toMatchObject({ architectures: ['ElectraForPreTraining'], model_type: 'electra' });
  });

  it('what differs from the defaults reads back too', () => {
    const config = {
      ...ELECTRA_DEFAULTS,
      labels: ['ham', 'spam', 'eggs'],
      problemType: 'multi_label_classification' as const,
      classifierDropout: 0,
      summaryActivation: undefined,
      generatorNormEpsilon: 1e-5,
      tiesEmbeddings: false,
    };
    const json = JSON.parse(JSON.stringify(electraConfigToHuggingFace(config, 'ElectraModel')));
    expect(electraConfigFromHuggingFace(json)).toEqual(config);
    expect(json.label2id).toEqual({ ham: 0, spam: 1, eggs: 2 });
  });
});
