import type { T5Config } from '@tesserae/t5-model';
import { T5_DEFAULTS } from '@tesserae/t5-model';
import type { Backend, HostTensor, Tensor } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import { createByt5Tokenizer } from '@tesserae/tokenizer';
import type { TrainingBatch } from '@tesserae/training';
import { adamW } from '@tesserae/training';
import { T5ForConditionalGeneration, createModel, t5ForConditionalGeneration } from 'tesserae';
import { indexBatches } from './batches.js';
import type { Pronunciation, PronunciationData } from './pronunciation-data.js';
import { pronunciationScores } from './scores.js';
import type { PronunciationScores } from './scores.js';
import { timedTraining } from './timed-training.js';
import type { TimedTrainingResult } from './timed-training.js';

/** How large the pronouncer is and how long it learns. */
export interface PronouncerPlan {
  readonly dModel: number;
  readonly dFf: number;
  readonly numHeads: number;
  readonly numLayers: number;
  readonly numDecoderLayers: number;
  readonly batchSize: number;
  readonly totalSteps: number;
  readonly learningRate: number;
  /** Held-out words that are scored. */
  readonly scoredWords: number;
}

/** A trained pronouncer and how it did on held-out words. */
export interface PronouncerRun {
  readonly model: T5ForConditionalGeneration;
  readonly training: TimedTrainingResult;
  readonly scores: PronunciationScores;
  readonly scored: readonly Pronunciation[];
  readonly predictions: readonly string[];
}

/** Lengths, in tokens with </s>, that a batch is padded to. */
const BUCKETS = [
  { srcLen: 8, tgtLen: 16 },
  { srcLen: 10, tgtLen: 22 },
  { srcLen: 12, tgtLen: 30 },
  { srcLen: 17, tgtLen: 48 },
] as const;

const MAX_NEW_TOKENS = 48;

/** A byte-level T5 1.1 with an encoder deeper than its decoder, as ByT5 has. */
function pronouncerConfig(plan: PronouncerPlan, tokenizer: Tokenizer): T5Config {
  const { dModel, dFf, numHeads, numLayers, numDecoderLayers } = plan;
  return {
    ...T5_DEFAULTS,
    vocabSize: tokenizer.vocabSize,
    dModel,
    dFf,
    numHeads,
    headDim: dModel / numHeads,
    numLayers,
    numDecoderLayers,
    dropoutRate: 0,
    activationName: 'gelu_new',
    isGated: true,
    tiesEmbeddings: false,
    scalesDecoderOutputs: false,
  };
}

/** Trains a T5 from spelling to phonemes from scratch and scores it on held-out words. */
export async function trainPronouncer(
  data: PronunciationData,
  plan: PronouncerPlan,
  options: {
    readonly backend: Backend;
    readonly seed: number;
    readonly budgetMs: number;
    readonly isQuiet: boolean;
    readonly signal: AbortSignal;
  },
): Promise<PronouncerRun> {
  const { backend, seed, signal } = options;
  const tokenizer = createByt5Tokenizer();
  const config = pronouncerConfig(plan, tokenizer);
  const model = await createModel(t5ForConditionalGeneration, config, { seed, tokenizer });
  const training = await timedTraining({
    ...options,
    label: 'pronouncer (T5)',
    optimizer: adamW({ scalesByRms: true, weightDecay: 0, epsilon: 1e-6 }),
    lossFn: (params: never, batch: Readonly<Record<string, Tensor>>, rng) => {
      const outputs = t5ForConditionalGeneration.forward(params, batch, { config, rng });
      return { loss: outputs['loss']! };
    },
    params: model.params,
    batches: pronunciationBatches(data.train, { tokenizer, batchSize: plan.batchSize, seed }),
    totalSteps: plan.totalSteps,
    learningRate: plan.learningRate,
    warmupSteps: 40,
  });
  const trained = await T5ForConditionalGeneration.fromModel(
    { ...model, params: training.params },
    { backend },
  );
  return { model: trained, training, ...(await scorePronouncer(trained, data, { plan, signal })) };
}

/** Pronounces held-out words and scores the answers. */
async function scorePronouncer(
  model: T5ForConditionalGeneration,
  data: PronunciationData,
  { plan, signal }: { readonly plan: PronouncerPlan; readonly signal: AbortSignal },
): Promise<Pick<PronouncerRun, 'scores' | 'scored' | 'predictions'>> {
  const scored = data.heldOut.slice(0, plan.scoredWords);
  const words = scored.map(({ word }) => word);
  const truth = scored.map(({ phonemes }) => phonemes);
  const predictions = await pronounce(model, words, signal);
  return { scored, predictions, scores: pronunciationScores(predictions, truth) };
}

/** Phonemes of words, by the model. */
export async function pronounce(
  model: T5ForConditionalGeneration,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const results: string[] = [];
  for (let start = 0; start < words.length; start += 256) {
    results.push(
      ...(await model.generate(words.slice(start, start + 256), { maxNewTokens: MAX_NEW_TOKENS, signal })),
    );
  }
  return results;
}

/** Endless training batches in a few shapes. */
function* pronunciationBatches(
  entries: readonly Pronunciation[],
  {
    tokenizer,
    batchSize,
    seed,
  }: { readonly tokenizer: Tokenizer; readonly batchSize: number; readonly seed: number },
): Generator<TrainingBatch> {
  const fitting = entries.filter((entry) => bucketOf(entry) >= 0);
  const buckets = Int32Array.from(fitting, bucketOf);
  for (const { bucket, indices } of indexBatches(buckets, { batchSize, seed })) {
    const rows = indices.map((index) => fitting[index]!);
    const { srcLen, tgtLen } = BUCKETS[bucket]!;
    const source = tokenizer.encodeBatch(
      rows.map(({ word }) => word),
      { padding: { length: srcLen } },
    );
    const target = tokenizer.encodeBatch(
      rows.map(({ phonemes }) => phonemes),
      { padding: { length: tgtLen } },
    );
    const ids = (data: Int32Array, length: number): HostTensor =>
      hostTensor('i32', [batchSize, length], data as Int32Array<ArrayBuffer>);
    const labels = target.inputIds.map((id, index) => (target.attentionMask[index] === 0 ? -100 : id));
    yield {
      inputs: {
        input_ids: ids(source.inputIds, srcLen),
        attention_mask: ids(source.attentionMask, srcLen),
        labels: ids(labels, tgtLen),
      },
      numExamples: batchSize,
      numTokens:
        source.attentionMask.reduce((sum, bit) => sum + bit, 0) +
        target.attentionMask.reduce((sum, bit) => sum + bit, 0),
    };
  }
}

/** The first bucket a word and its phonemes fit into; -1 when none does. All of them are ASCII: a byte is a token. */
function bucketOf({ word, phonemes }: Pronunciation): number {
  return BUCKETS.findIndex(({ srcLen, tgtLen }) => word.length < srcLen && phonemes.length < tgtLen);
}
