import type { ElectraConfig } from '@tesserae/electra-model';
import { ELECTRA_DEFAULTS } from '@tesserae/electra-model';

/** Sizes and rates of the experiment; what the command line may change. */
export interface Plan {
  /** Wall time of pre-training. */
  readonly minutes: number;
  /** How many of them are plain masked-LM, whose encoder the discriminator then begins with; 0 for none. */
  readonly mlmMinutes: number;
  readonly numLayers: number;
  readonly hiddenSize: number;
  /** Standard deviation of first weights. */
  readonly initializerRange: number;
  readonly vocabSize: number;
  /** Files of the corpus that the vocabulary is learned from. */
  readonly vocabFiles: number;
  readonly batchSize: number;
  readonly seqLen: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** Decay of the mean of squared gradients. */
  readonly beta2: number;
  /** Share of tokens that is masked. */
  readonly maskProb: number;
  /** Dropout of pre-training; 0 by default: no text is seen twice. */
  readonly pretrainDropout: number;
  /** Width of the generator, as a share. */
  readonly generatorHiddenSize: number;
  /** Weight of the discriminator's loss. */
  readonly discWeight: number;
  /** Batches of held-out text for the final scores. */
  readonly evalBatches: number;
  readonly seeds: number;
  readonly fineTuneEpochs: number;
  readonly fineTuneLearningRate: number;
  readonly fineTuneBatchSize: number;
  /** Training examples of a task that are used; Infinity for all. */
  readonly maxExamples: number;
  readonly threads: number;
}

/** The encoder that is pre-trained; heads of 32 or 64. */
export function encoderConfig(plan: Plan, vocabSize: number): ElectraConfig {
  const { hiddenSize, numLayers, seqLen, initializerRange } = plan;
  return {
    ...ELECTRA_DEFAULTS,
    vocabSize,
    embeddingSize: hiddenSize,
    hiddenSize,
    initializerRange,
    numLayers,
    numHeads: Math.max(1, hiddenSize / (hiddenSize < 256 ? 32 : 64)),
    intermediateSize: 4 * hiddenSize,
    maxPositions: Math.max(128, seqLen),
  };
}
