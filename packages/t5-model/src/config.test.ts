import { ConfigError } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { T5_DEFAULTS, t5ConfigFromHuggingFace, t5ConfigToHuggingFace } from './config.js';
import { T5_SIZES } from './sizes.js';

describe('t5ConfigFromHuggingFace', () => {
  it("takes Hugging Face's defaults for absent keys", () => {
    expect(t5ConfigFromHuggingFace({})).toMatchObject({
      vocabSize: 32128,
      dModel: 512,
      headDim: 64,
      dFf: 2048,
      numLayers: 6,
      numDecoderLayers: 6,
      numHeads: 8,
      numBuckets: 32,
      maxDistance: 128,
      dropoutRate: 0.1,
      layerNormEpsilon: 1e-6,
      activationName: 'relu',
      isGated: false,
      tiesEmbeddings: true,
      scalesDecoderOutputs: true,
      padTokenId: 0,
      eosTokenId: 1,
      decoderStartTokenId: 0,
    });
  });

  it('reads a file of the first releases: no feed_forward_proj, decoder depth or maximal distance', () => {
    const old = {
      d_ff: 2048,
      d_kv: 64,
      d_model: 512,
      n_positions: 512,
      num_heads: 8,
      num_layers: 6,
      output_past: true,
    };
    expect(t5ConfigFromHuggingFace({ ...old, model_type: 't5', vocab_size: 32128 })).toEqual(T5_DEFAULTS);
  });

  it('reads 1.1: gated tanh GELU, own head, no scaling', () => {
    const config = t5ConfigFromHuggingFace({ feed_forward_proj: 'gated-gelu', tie_word_embeddings: false });
    expect(config).toMatchObject({
      activationName: 'gelu_new',
      isGated: true,
      tiesEmbeddings: false,
      scalesDecoderOutputs: false,
    });
  });

  it('reads 1.1 as transformers 5 saves it: tied by name, but not scaled', () => {
    const config = t5ConfigFromHuggingFace({ tie_word_embeddings: true, scale_decoder_outputs: false });
    expect(config).toMatchObject({ tiesEmbeddings: false, scalesDecoderOutputs: false });
  });

  it('reads a ByT5: the family is T5, the depths differ', () => {
    const byt5 = {
      d_ff: 3584,
      d_kv: 64,
      d_model: 1472,
      decoder_start_token_id: 0,
      feed_forward_proj: 'gated-gelu',
      gradient_checkpointing: false,
      model_type: 't5',
      num_decoder_layers: 4,
      num_heads: 6,
      num_layers: 12,
      tie_word_embeddings: false,
      tokenizer_class: 'ByT5Tokenizer',
      vocab_size: 384,
    };
    expect(t5ConfigFromHuggingFace(byt5)).toEqual(T5_SIZES['byt5-small']);
  });

  it.each(['mt5', 'umt5'])('an %s has other defaults: its vocabulary, sizes and gate', (modelType) => {
    const config = t5ConfigFromHuggingFace({ model_type: modelType });
    expect(config).toMatchObject({
      vocabSize: 250112,
      dFf: 1024,
      numLayers: 8,
      numDecoderLayers: 8,
      numHeads: 6,
      activationName: 'gelu_new',
      isGated: true,
      tiesEmbeddings: false,
      scalesDecoderOutputs: false,
    });
  });

  it.each([
    // as published, as transformers 5 saves it, and as we do
    ['mt5', { tie_word_embeddings: false }, false, false],
    ['mt5', { tie_word_embeddings: true }, true, false],
    ['mt5', { tie_word_embeddings: true, scale_decoder_outputs: true }, true, true],
    ['umt5', { tie_word_embeddings: false }, false, false],
    ['umt5', { tie_word_embeddings: true }, true, true],
    ['umt5', { tie_word_embeddings: true, scale_decoder_outputs: false }, true, false],
  ])('%s %j: tied %s, scaled %s', (modelType, json, tiesEmbeddings, scalesDecoderOutputs) => {
    expect(t5ConfigFromHuggingFace({ model_type: modelType, ...json })).toMatchObject({
      tiesEmbeddings,
      scalesDecoderOutputs,
    });
  });

  it('reads the classes and what they mean', () => {
    const config = t5ConfigFromHuggingFace({
      id2label: { 0: 'ham', 1: 'spam' },
      problem_type: 'multi_label_classification',
      classifier_dropout: 0.25,
    });
    expect(config).toMatchObject({
      labels: ['ham', 'spam'],
      problemType: 'multi_label_classification',
      classifierDropout: 0.25,
    });
    expect(t5ConfigFromHuggingFace({ num_labels: 3 }).labels).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2']);
  });

  it('decoder blocks are as many as encoder blocks unless said', () => {
    expect(t5ConfigFromHuggingFace({ num_layers: 12 }).numDecoderLayers).toBe(12);
    expect(t5ConfigFromHuggingFace({ num_layers: 12, num_decoder_layers: 4 }).numDecoderLayers).toBe(4);
  });

  it('the decoder starts with padding unless said; of several end tokens the first counts', () => {
    const config = t5ConfigFromHuggingFace({ pad_token_id: 3, eos_token_id: [7, 9] });
    expect(config).toMatchObject({ padTokenId: 3, decoderStartTokenId: 3, eosTokenId: 7 });
  });

  it.each([
    ['relu', 'relu', false],
    ['gelu', 'gelu', false],
    ['gated-gelu', 'gelu_new', true],
    ['gated-silu', 'silu', true],
    ['gated-gelu_python', 'gelu_python', true],
  ])('feed_forward_proj %s', (kind, activationName, isGated) => {
    expect(t5ConfigFromHuggingFace({ feed_forward_proj: kind })).toMatchObject({ activationName, isGated });
  });

  it.each([
    ['d_model', 0],
    ['d_model', '512'],
    ['d_kv', 1.5],
    ['num_layers', -1],
    ['num_layers', 1e9],
    ['relative_attention_max_distance', 1e9],
    ['vocab_size', NaN],
    ['dropout_rate', '0.1'],
    ['dropout_rate', 2],
    ['layer_norm_epsilon', Infinity],
    ['feed_forward_proj', 'gated-gleu'],
    ['feed_forward_proj', 'gated'],
    ['feed_forward_proj', 'a-b-c'],
    ['feed_forward_proj', 1],
    ['tie_word_embeddings', 'false'],
    ['pad_token_id', -1],
    ['eos_token_id', ['</s>']],
    ['model_type', 'longt5'],
    ['problem_type', 'ranking'],
    ['id2label', { 1: 'spam' }],
  ])('refuses %s: %j, naming the key and the file', (key, value) => {
    const read = () => t5ConfigFromHuggingFace({ [key]: value }, { file: 'models/x/config.json' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(new RegExp(`'${key}`));
    expect(read).toThrow(/models\/x\/config\.json/);
  });
});

describe('t5ConfigToHuggingFace', () => {
  it.each(Object.keys(T5_SIZES))('%s reads back as it was', (name) => {
    const json = t5ConfigToHuggingFace(T5_SIZES[name]!, 'T5ForConditionalGeneration');
    expect(t5ConfigFromHuggingFace(JSON.parse(JSON.stringify(json)))).toEqual(T5_SIZES[name]);
    expect(json['architectures']).toEqual(['T5ForConditionalGeneration']);
  });

  it('keeps the exact GELU of a gated model apart from the tanh form', () => {
    const config = { ...T5_DEFAULTS, isGated: true, activationName: 'gelu' };
    const json = t5ConfigToHuggingFace(config, 'T5ForConditionalGeneration');
    // Hugging Face's other name for it.
    expect(t5ConfigFromHuggingFace(json).activationName).toBe('gelu_python');
  });
});
