import { FormatError } from '@tesserae/tensor';
import { listed } from './errors.js';
import type { TensorFile } from './tensor-file.js';

/** A config.json made from shapes, and where each value in it comes from. */
export interface GuessedConfig {
  readonly config: Readonly<Record<string, unknown>>;
  /** `hidden_size 256: features of electra.encoder.layer.0.output.dense.bias`, a line a value. */
  readonly reasons: readonly string[];
}

/** Google's rule: a head for every 64 features. @see google-research/electra, util/training_utils.py */
const FEATURES_PER_HEAD = 64;

/**
 * The config of an ELECTRA or T5 from its parameters under Hugging Face's names; what shapes do not say
 * (dropout, epsilon, the furthest distance of T5's bias) is as it was released.
 * @throws FormatError when the file is of neither, or lacks what must be known
 */
export function guessConfig(file: TensorFile): GuessedConfig {
  if (file.names.some((name) => /(^|\.)embeddings\.word_embeddings\.weight$/.test(name)))
    return guessElectra(file);
  if (file.has('shared.weight')) return guessT5(file);
  throw guessError(file, `neither an ELECTRA nor a T5 among ${listed(file.names, 4)}`);
}

function guessError(file: TensorFile, problem: string): FormatError {
  return new FormatError({
    op: 'guessConfig',
    problem,
    likely: 'Write a config.json beside the weights; that of the same model on the Hugging Face hub will do.',
    page: 'config-guess',
    file: file.name,
  });
}

/** Collects values with their reasons. */
class Guess {
  readonly config: Record<string, unknown> = {};
  readonly reasons: string[] = [];

  constructor(private readonly file: TensorFile) {}

  set(key: string, value: unknown, reason: string): void {
    this.config[key] = value;
    this.reasons.push(`${key} ${String(value)}: ${reason}`);
  }

  /** A size of a tensor that must be there. */
  size(key: string, name: string, axis: 0 | 1): number {
    const value = this.sizeOf(name, axis);
    this.set(key, value, `size ${axis} of ${name}`);
    return value;
  }

  sizeOf(name: string, axis: 0 | 1): number {
    const size = this.file.has(name) ? this.file.spec(name).shape[axis] : undefined;
    if (size === undefined)
      throw guessError(this.file, `${name} is needed to know the sizes, and is not there`);
    return size;
  }

  /** How many layers there are under a prefix, counted from the names. */
  layers(key: string, prefix: string): number {
    const indices = this.file.names
      .filter((name) => name.startsWith(prefix))
      .map((name) => Number(/^\d+/.exec(name.slice(prefix.length))?.[0] ?? -1));
    const count = indices.reduce((most, index) => Math.max(most, index + 1), 0);
    if (count === 0) throw guessError(this.file, `no layer under ${prefix}`);
    this.set(key, count, `layers under ${prefix}`);
    return count;
  }
}

function guessElectra(file: TensorFile): GuessedConfig {
  const guess = new Guess(file);
  const prefix = file.has('electra.embeddings.word_embeddings.weight') ? 'electra.' : '';
  const className = file.has('discriminator_predictions.dense.weight')
    ? 'ElectraForPreTraining'
    : file.has('generator_predictions.dense.weight')
      ? 'ElectraForMaskedLM'
      : 'ElectraModel';
  guess.set('model_type', 'electra', 'names of the parameters');
  guess.set('architectures', [className], 'the head among the parameters');
  guess.size('vocab_size', `${prefix}embeddings.word_embeddings.weight`, 0);
  guess.size('embedding_size', `${prefix}embeddings.word_embeddings.weight`, 1);
  guess.size('max_position_embeddings', `${prefix}embeddings.position_embeddings.weight`, 0);
  guess.size('type_vocab_size', `${prefix}embeddings.token_type_embeddings.weight`, 0);
  const layer = `${prefix}encoder.layer.0`;
  guess.layers('num_hidden_layers', `${prefix}encoder.layer.`);
  const hiddenSize = guess.size('hidden_size', `${layer}.output.dense.weight`, 0);
  guess.size('intermediate_size', `${layer}.intermediate.dense.weight`, 0);
  const heads = Math.max(1, Math.floor(hiddenSize / FEATURES_PER_HEAD));
  guess.set('num_attention_heads', heads, `Google's rule: hidden_size / ${FEATURES_PER_HEAD}, 1 at least`);
  guess.set('hidden_act', 'gelu', 'as released');
  guess.set('layer_norm_eps', 1e-12, 'as released');
  guess.set('generator_layer_norm_eps', 1e-12, 'as released');
  guess.set('pad_token_id', 0, 'as released');
  return guess;
}

/** The embedding table of the multilingual models. */
const MULTILINGUAL_ROWS = 250_000;

function guessT5(file: TensorFile): GuessedConfig {
  const guess = new Guess(file);
  const attention = 'encoder.block.0.layer.0.SelfAttention';
  const hasDecoder = file.has('decoder.final_layer_norm.weight');
  const hasOwnTables = file.has('encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight');
  const rows = guess.size('vocab_size', 'shared.weight', 0);
  const modelType = hasOwnTables ? 'umt5' : rows > MULTILINGUAL_ROWS ? 'mt5' : 't5';
  guess.set(
    'model_type',
    modelType,
    'position biases in every layer: umt5; a vocabulary beyond 250,000: mt5',
  );
  const className = hasDecoder ? 'T5ForConditionalGeneration' : 'T5EncoderModel';
  guess.set('architectures', [className], 'whether there is a decoder');
  guess.size('d_model', 'shared.weight', 1);
  guess.layers('num_layers', 'encoder.block.');
  if (hasDecoder) guess.layers('num_decoder_layers', 'decoder.block.');
  const heads = guess.size('num_heads', `${attention}.relative_attention_bias.weight`, 1);
  guess.size('relative_attention_num_buckets', `${attention}.relative_attention_bias.weight`, 0);
  const inner = guess.sizeOf(`${attention}.q.weight`, 0);
  if (heads === 0 || inner % heads !== 0) throw guessError(file, `${inner} features for ${heads} heads`);
  guess.set('d_kv', inner / heads, `size 0 of ${attention}.q.weight over num_heads`);
  guess.size('d_ff', 'encoder.block.0.layer.1.DenseReluDense.wo.weight', 1);
  const isGated = file.has('encoder.block.0.layer.1.DenseReluDense.wi_0.weight');
  guess.set('feed_forward_proj', isGated ? 'gated-gelu' : 'relu', 'gated when there are wi_0 and wi_1');
  const hasHead = file.has('lm_head.weight');
  guess.set('tie_word_embeddings', !hasHead, 'whether there is an output layer of its own');
  guess.set('relative_attention_max_distance', 128, 'as released');
  guess.set('layer_norm_epsilon', 1e-6, 'as released');
  return guess;
}
