import type { Objective, SpanCorruptionOptions } from '@tesserae/data';
import { createRandom, spanCorruption } from '@tesserae/data';
import type { T5Config } from '@tesserae/t5-model';
import type { Backend, Tensor } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { TrainerEvent, TrainingResult } from '@tesserae/training';
import type { PretrainedModel } from '../pretrained.js';
import { requireTokenizer } from '../pretrained.js';
import { createEvaluator } from '../training/evaluator.js';
import type { BatchInputs, RowFeatures, TrainingTask } from '../training/task.js';
import { taskContext } from '../training/tasks/task-context.js';
import type { TextPair } from '../training/tasks/text-to-text.js';
import { textToText } from '../training/tasks/text-to-text.js';
import type { ExampleSet } from './example-set.js';
import { runPretraining } from './run-pretraining.js';
import type { PretrainData, PretrainSettings } from './settings.js';
import { resolvePretrainSettings } from './settings.js';
import type { TextWindows } from './t5-windows.js';
import { readTextWindows } from './t5-windows.js';

/** Span corruption: how much of a text is taken out, in how long pieces. */
export type T5Objective = Pick<SpanCorruptionOptions, 'noiseDensity' | 'meanSpanLength' | 'targetsLength'>;

/** A T5, texts and how it learns from them. */
export interface PretrainT5Options extends PretrainData {
  /** A T5ForConditionalGeneration (or mT5, UMT5) with a tokenizer: new, or one to go on from. */
  readonly model: PretrainedModel<T5Config>;
  readonly backend: Backend;
  readonly settings: PretrainSettings;
  readonly objective?: T5Objective;
}

/** A pre-trained T5. */
export interface PretrainedT5 extends Omit<TrainingResult, 'params' | 'best'> {
  readonly model: PretrainedModel<T5Config>;
}

/** @see Raffel et al. 2020, §3.1.2: Adafactor, 1/√max(step, 10,000), 2¹⁶ tokens a batch */
export const T5_PRETRAINING = {
  optimizer: { name: 'adafactor' },
  learningRate: 1,
  schedule: 'inverse-square-root',
  warmup: 10_000,
  maxGradNorm: null,
  batchSize: 128,
  seqLen: 512,
} as const;

/**
 * Pre-trains a T5 by span corruption. Texts are tokenised first and kept in memory; spans are drawn anew each time. Yields
 * what happens; returns the model.
 * @throws OptionError for settings out of range · TrainingDataError for too little text, or a tokenizer without sentinels
 * @see Raffel et al. 2020, §3.1.4
 */
export async function* pretrainT5({
  model,
  backend,
  objective: spans = {},
  ...options
}: PretrainT5Options): AsyncGenerator<TrainerEvent, PretrainedT5, void> {
  const settings = resolvePretrainSettings(options.settings, T5_PRETRAINING);
  const objective = spanCorruption({ ...spans, inputsLength: settings.seqLen });
  const { windows, held } = await readTexts(options, { tokenizer: requireTokenizer(model), objective });
  const { inputsLength: maxLength, targetsLength: maxTargetLength } = objective;
  const context = taskContext(model as never, { maxLength, maxTargetLength, dropout: settings.dropout });
  const task = textToText(context);
  const examples = denoisedExamples(windows, task, [maxLength, maxTargetLength]);
  const evaluator =
    held &&
    createEvaluator({ ...task, generate: undefined } as never, heldOutPairs(held, settings), {
      ...{ backend, batchSize: settings.batchSize, metrics: [] },
    });
  try {
    const { params, ...result } = yield* runPretraining(
      {
        ...{ name: 't5', backend, config: context.config, params: model.params, examples, settings },
        lossFn: (tree: never, batch: BatchInputs<Tensor>, rng) => ({
          ...task.loss(tree, batch, { labelSmoothing: 0, zLoss: 0, rng }),
        }),
        evaluate:
          evaluator &&
          (async (tree, aborted) => (await evaluator.evaluate(tree, { signal: aborted })).metrics),
        record: { objective, sizes: model.config },
      },
      options,
    );
    return { ...result, model: { ...model, params, initialized: [] } };
  } finally {
    evaluator?.release();
  }
}

async function readTexts(
  { train, heldOut, onProgress, signal }: PretrainData,
  { tokenizer, objective }: { readonly tokenizer: Tokenizer; readonly objective: Objective },
): Promise<{ readonly windows: TextWindows; readonly held: TextWindows | undefined }> {
  const reading = { tokenizer, objective, onProgress, signal };
  const windows = await readTextWindows(train, { ...reading, name: 'training' });
  const held =
    heldOut === undefined ? undefined : await readTextWindows(heldOut, { ...reading, name: 'held-out' });
  return { windows, held };
}

function denoisedExamples(
  windows: TextWindows,
  task: TrainingTask<TextPair, string>,
  lengths: readonly number[],
): ExampleSet {
  return {
    size: windows.size,
    batch(indices, random) {
      const pairs = indices.map((index) => pairOf(windows, index, { random }));
      const inputs = task.batch(pairs, { lengths, random });
      return { inputs, numTokens: pairs.reduce((sum, { numTokens }) => sum + numTokens, 0) };
    },
  };
}

type PairDraws = { readonly random: ReturnType<typeof createRandom> };

function pairOf(windows: TextWindows, index: number, { random }: PairDraws): TextPair {
  const { inputs, targets } = windows.denoised(index, random);
  return {
    inputs,
    targets,
    references: [],
    lengths: [inputs.length, targets.length],
    numTokens: inputs.length + targets.length,
    numLabels: targets.length,
  };
}

/** The first windows of the held-out text, each always with the same noise. */
function heldOutPairs(
  windows: TextWindows,
  {
    evalBatches,
    batchSize,
    seed,
  }: { readonly evalBatches: number; readonly batchSize: number; readonly seed: number },
): RowFeatures[] {
  const count = Math.min(windows.size, evalBatches * batchSize);
  return Array.from({ length: count }, (_, row) => ({
    row,
    features: pairOf(windows, row, { random: createRandom(seed, ['held-out', row]) }),
  }));
}
