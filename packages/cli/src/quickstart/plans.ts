import type { PronouncerPlan } from './pronouncer.js';
import type { SpamFilterPlan } from './spam-filter.js';

/** Sizes of the whole quickstart. */
export interface Plan {
  /** About how many mails are read; all of them when undefined. */
  readonly mails?: number;
  readonly spam: SpamFilterPlan;
  readonly pronouncer: PronouncerPlan;
}

/** Sizes for ONNX Runtime on two cores. */
export const FULL: Plan = {
  spam: {
    vocabSize: 8000,
    hiddenSize: 64,
    numLayers: 2,
    seqLen: 128,
    batchSize: 32,
    totalSteps: 450,
    learningRate: 1e-3,
  },
  pronouncer: {
    dModel: 128,
    dFf: 256,
    numHeads: 4,
    numLayers: 2,
    numDecoderLayers: 1,
    batchSize: 64,
    totalSteps: 900,
    learningRate: 0.08,
    scoredWords: 1000,
  },
};

/** A tiny slice for the reference backend, which is slow on purpose: it shows that everything runs, not that it learns. */
export const TINY: Plan = {
  mails: 300,
  spam: {
    vocabSize: 600,
    hiddenSize: 64,
    numLayers: 1,
    seqLen: 32,
    batchSize: 8,
    totalSteps: 30,
    learningRate: 1e-3,
  },
  pronouncer: {
    dModel: 32,
    dFf: 64,
    numHeads: 2,
    numLayers: 1,
    numDecoderLayers: 1,
    batchSize: 8,
    totalSteps: 30,
    learningRate: 0.05,
    scoredWords: 10,
  },
};
