import type { Architecture } from './architecture.js';
import { t5ForQuestionAnswering, t5ForSequenceClassification, t5ForTokenClassification } from './t5-heads.js';
import { T5_CLASS_PREFIXES, t5EncoderModel, t5ForConditionalGeneration, t5Model } from './t5.js';

const T5_CLASSES = [
  t5EncoderModel,
  t5ForConditionalGeneration,
  t5ForQuestionAnswering,
  t5ForSequenceClassification,
  t5ForTokenClassification,
  t5Model,
] as unknown as readonly Architecture[];

/**
 * Every T5 class under its names in each family: `T5EncoderModel`, `MT5EncoderModel`, `UMT5EncoderModel`, … The
 * config's `model_type` tells the families apart, not the name of the class.
 */
export const T5_ARCHITECTURES: readonly Architecture[] = Object.values(T5_CLASS_PREFIXES).flatMap((prefix) =>
  T5_CLASSES.map((architecture) => ({
    ...architecture,
    name: prefix + architecture.name.slice('T5'.length),
  })),
);
