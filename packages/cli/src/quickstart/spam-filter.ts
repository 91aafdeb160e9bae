import { ELECTRA_DEFAULTS } from '@tesserae/electra-model';
import type { ElectraConfig } from '@tesserae/electra-model';
import type { Backend, HostTensor, Tensor } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import { trainWordPiece } from '@tesserae/tokenizer/training';
import type { TrainingBatch } from '@tesserae/training';
import { adamW } from '@tesserae/training';
import { ElectraForSequenceClassification, createModel, electraForSequenceClassification } from 'tesserae';
import { indexBatches } from './batches.js';
import type { Mail } from './mail.js';
import { mailText } from './mail.js';
import { binaryScores } from './scores.js';
import type { BinaryScores } from './scores.js';
import type { SpamData } from './spam-data.js';
import { timedTraining } from './timed-training.js';
import type { TimedTrainingResult } from './timed-training.js';

/** How large the spam filter is and how long it learns. */
export interface SpamFilterPlan {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  /** Tokens of a mail that are read. */
  readonly seqLen: number;
  readonly batchSize: number;
  readonly totalSteps: number;
  readonly learningRate: number;
}

/** A trained spam filter and how it did on held-out mails. */
export interface SpamFilterRun {
  readonly model: ElectraForSequenceClassification;
  readonly training: TimedTrainingResult;
  readonly scores: BinaryScores;
  readonly predictions: readonly boolean[];
}

/** The two classes. */
const LABELS = ['ham', 'spam'] as const;

/** A WordPiece vocabulary from the training mails. */
export function trainMailTokenizer(
  mails: readonly Mail[],
  { vocabSize, signal }: { readonly vocabSize: number; readonly signal: AbortSignal },
): Promise<Tokenizer> {
  return trainWordPiece(mails.map(mailText), { vocabSize, tokenizerClass: 'ElectraTokenizer', signal });
}

function spamConfig(plan: SpamFilterPlan, tokenizer: Tokenizer): ElectraConfig {
  return {
    ...ELECTRA_DEFAULTS,
    vocabSize: tokenizer.vocabSize,
    embeddingSize: plan.hiddenSize,
    hiddenSize: plan.hiddenSize,
    numLayers: plan.numLayers,
    numHeads: Math.max(1, plan.hiddenSize / 64),
    intermediateSize: 4 * plan.hiddenSize,
    maxPositions: plan.seqLen,
    labels: LABELS,
  };
}

/** Trains an ELECTRA classifier from scratch and scores it on the held-out mails. */
export async function trainSpamFilter(
  data: SpamData,
  plan: SpamFilterPlan,
  options: {
    readonly tokenizer: Tokenizer;
    readonly backend: Backend;
    readonly seed: number;
    readonly budgetMs: number;
    readonly isQuiet: boolean;
    readonly signal: AbortSignal;
  },
): Promise<SpamFilterRun> {
  const { tokenizer, backend, seed, signal } = options;
  const config = spamConfig(plan, tokenizer);
  const model = await createModel(electraForSequenceClassification, config, { seed, tokenizer });
  const training = await timedTraining({
    ...options,
    label: 'spam filter (ELECTRA)',
    optimizer: adamW({ weightDecay: 0.01, epsilon: 1e-6 }),
    lossFn: (params: never, batch: Readonly<Record<string, Tensor>>, rng) => {
      const outputs = electraForSequenceClassification.forward(params, batch, { config, rng });
      return { loss: outputs['loss']! };
    },
    params: model.params,
    batches: mailBatches(data.train, { tokenizer, plan, seed }),
    totalSteps: plan.totalSteps,
    learningRate: plan.learningRate,
    warmupSteps: 20,
  });
  const trained = await ElectraForSequenceClassification.fromModel(
    { ...model, params: training.params },
    { backend },
  );
  const predictions = await classifyMails(trained, data.heldOut, signal);
  const scores = binaryScores(
    predictions,
    data.heldOut.map(({ isSpam }) => isSpam),
  );
  return { model: trained, training, scores, predictions };
}

/** Whether each mail is spam, by the model. */
export async function classifyMails(
  model: ElectraForSequenceClassification,
  mails: readonly Mail[],
  signal: AbortSignal,
): Promise<boolean[]> {
  const results = await model.predict(mails.map(mailText), { truncation: true, signal });
  return results.map(({ label }) => label === 'spam');
}

/** Endless training batches of one shape, [batchSize, seqLen]. */
function* mailBatches(
  mails: readonly Mail[],
  {
    tokenizer,
    plan,
    seed,
  }: { readonly tokenizer: Tokenizer; readonly plan: SpamFilterPlan; readonly seed: number },
): Generator<TrainingBatch> {
  const { seqLen, batchSize } = plan;
  const shape = [batchSize, seqLen] as const;
  const texts = mails.map(mailText);
  for (const { indices } of indexBatches(new Int32Array(mails.length), { batchSize, seed })) {
    const batch = tokenizer.encodeBatch(
      indices.map((index) => texts[index]!),
      { maxLength: seqLen, padding: { length: seqLen } },
    );
    const ids = (data: Int32Array): HostTensor => hostTensor('i32', shape, data as Int32Array<ArrayBuffer>);
    yield {
      inputs: {
        input_ids: ids(batch.inputIds),
        attention_mask: ids(batch.attentionMask),
        labels: hostTensor(
          'i32',
          [batchSize],
          indices.map((index) => (mails[index]!.isSpam ? 1 : 0)),
        ),
      },
      numExamples: batchSize,
      numTokens: batch.attentionMask.reduce((sum, bit) => sum + bit, 0),
    };
  }
}
