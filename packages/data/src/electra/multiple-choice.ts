import { DataError } from '../errors.js';
import { classificationFeatures, type TextFeatureOptions } from './classification.js';
import type { EncoderFeatures } from './encoder-ids.js';

/** A prompt with several continuations. */
export interface Choices {
  readonly prompt: string;
  readonly choices: readonly string[];
  /** Number of the right choice; undefined in test data. */
  readonly label?: number;
}

/** One input per choice. */
export interface MultipleChoiceFeatures {
  readonly choices: readonly EncoderFeatures[];
  readonly label: number | undefined;
}

/**
 * `[CLS] prompt [SEP] choice [SEP]` for each choice.
 * @throws DataError (data-record) when the label is none of the choices
 */
export function multipleChoiceFeatures(
  { prompt, choices, label }: Choices,
  options: TextFeatureOptions,
): MultipleChoiceFeatures {
  if (label !== undefined && choices[label] === undefined) {
    throw new DataError({
      op: 'multipleChoiceFeatures',
      field: 'label',
      problem: `the label is ${label}, but there are ${choices.length} choices`,
      page: 'data-record',
      remedy: 'labels count from 0.',
    });
  }
  const features = choices.map((pair) => classificationFeatures({ text: prompt, pair }, options));
  return { choices: features.map(({ inputIds, typeIds }) => ({ inputIds, typeIds })), label };
}
