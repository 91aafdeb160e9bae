import { encoderIds } from '@tesserae/data';
import type {
  ElectraConfig,
  ElectraPretraining,
  PretrainedHalf,
  PretrainingOptions,
  PretrainingParams,
  PretrainingScores,
} from '@tesserae/electra-model';
import { PRETRAINING_ADAM, electraPretraining, pretrainedHalves } from '@tesserae/electra-model';
import type { Backend, HostTensor } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { TrainerEvent, TrainingResult } from '@tesserae/training';
import { initParams } from '@tesserae/weights';
import { ARCHITECTURES } from '../architectures/table.js';
import type { PretrainedModel } from '../pretrained.js';
import { requireLength } from '../training/tasks/task-context.js';
import { readElectraExamples } from './electra-examples.js';
import type { ElectraStart } from './electra-start.js';
import { startedParams } from './electra-start.js';
import { createElectraScorer } from './electra-scorer.js';
import { firstBatches } from './example-set.js';
import { runPretraining } from './run-pretraining.js';
import type { PretrainData, PretrainSettings } from './settings.js';
import { resolvePretrainSettings } from './settings.js';

/** An ELECTRA, texts and how it learns from them. */
export interface PretrainElectraOptions extends PretrainData {
  /** The encoder that is kept; `vocabSize` is the tokenizer's. */
  readonly config: ElectraConfig;
  readonly tokenizer: Tokenizer;
  readonly backend: Backend;
  readonly settings: PretrainSettings;
  /** What is learned, and how the generator is made; default Google's. */
  readonly objective?: PretrainingOptions;
  /** Models to go on from; default random weights. */
  readonly start?: ElectraStart;
}

/** What a pre-training leaves behind. */
export interface PretrainedElectra extends Omit<TrainingResult, 'params' | 'best'> {
  /** ElectraForPreTraining; ElectraForMaskedLM where the objective names tokens. */
  readonly main: PretrainedModel<ElectraConfig>;
  /** ElectraForMaskedLM; absent where there is no generator of its own. */
  readonly generator?: PretrainedModel<ElectraConfig>;
  /** On the held-out texts, after the last step. */
  readonly scores?: PretrainingScores;
}

/** Google's small model. @see configure_pretraining.py */
export const ELECTRA_PRETRAINING = {
  optimizer: { name: 'adamw', ...PRETRAINING_ADAM },
  learningRate: 5e-4,
  schedule: 'electra',
  warmup: 10_000,
  maxGradNorm: 1,
  batchSize: 128,
  seqLen: 128,
} as const;

/**
 * Pre-trains an ELECTRA on texts: generator and discriminator in one step, masks and samples drawn anew each time. Texts are
 * tokenised first and kept in memory. Yields what happens; returns both models.
 * @throws OptionError for settings and objectives out of range · TrainingDataError for texts without an example ·
 *   ShapeError when a model to go on from is of another size
 * @see Clark et al. 2020
 */
export async function* pretrainElectra({
  config: sizes,
  tokenizer,
  backend,
  objective,
  start,
  ...options
}: PretrainElectraOptions): AsyncGenerator<TrainerEvent, PretrainedElectra, void> {
  const settings = resolvePretrainSettings(options.settings, ELECTRA_PRETRAINING);
  const { seqLen, seed } = settings;
  requireLength(seqLen, sizes.maxPositions);
  const config = withDropout({ ...sizes, vocabSize: tokenizer.vocabSize }, settings.dropout);
  const { cls, sep, mask } = encoderIds(tokenizer);
  const pretraining = electraPretraining({ config, ids: { cls, sep, mask }, options: objective });
  const params = startedParams(initParams(pretraining.specs, { seed }), start);
  const { train, heldOut, onProgress, signal } = options;
  const reading = { tokenizer, seqLen, seed, onProgress, signal };
  const examples = await readElectraExamples(train, { ...reading, name: 'training' });
  const held =
    heldOut === undefined ? undefined : await readElectraExamples(heldOut, { ...reading, name: 'held-out' });
  const batches = held && (await firstBatches(held, { ...settings, most: settings.evalBatches }));
  const scorer = batches && (await createElectraScorer(pretraining, batches, { backend, seed }));
  try {
    const { params: learned, ...result } = yield* runPretraining(
      {
        ...{ name: 'electra', backend, config, params, examples, settings },
        lossFn: pretraining.lossFn,
        evaluate: scorer && ((tree, aborted) => scorer.metrics(tree, aborted)),
        record: { objective: pretraining.settings, sizes },
      },
      options,
    );
    const models = modelsOf(learned as PretrainingParams<HostTensor>, pretraining, { tokenizer, sizes });
    return { ...result, ...models, ...(scorer?.last === undefined ? {} : { scores: scorer.last }) };
  } finally {
    scorer?.release();
  }
}

function withDropout(config: ElectraConfig, dropout: number | undefined): ElectraConfig {
  return dropout === undefined ? config : { ...config, hiddenDropout: dropout, attentionDropout: dropout };
}

function modelsOf(
  params: PretrainingParams<HostTensor>,
  { config, settings }: ElectraPretraining,
  { tokenizer, sizes }: Pick<PretrainElectraOptions, 'tokenizer'> & { readonly sizes: ElectraConfig },
): Pick<PretrainedElectra, 'main' | 'generator'> {
  const { hiddenDropout, attentionDropout } = sizes; // what the run was told holds for the run alone
  const halves = pretrainedHalves(params, {
    config: { ...config, hiddenDropout, attentionDropout },
    settings,
  });
  const model = ({ className, config: own, specs, params: tree }: PretrainedHalf) =>
    ({
      architecture: ARCHITECTURES[className],
      config: own,
      specs,
      params: tree,
      tokenizer,
      initialized: [],
      unused: [],
    }) as unknown as PretrainedModel<ElectraConfig>;
  return {
    main: model(halves.main),
    ...(halves.generator === undefined ? {} : { generator: model(halves.generator) }),
  };
}
