import { DataError, show } from '../errors.js';
import { ANSWER_FORMATS } from './answers.js';
import { GENERATION_FORMATS } from './generation.js';
import { GLUE_FORMATS } from './glue.js';
import { SUPER_GLUE_FORMATS } from './super-glue.js';
import { WINOGRAD_FORMATS } from './winograd.js';
import type { TextFormat } from './text-format.js';

const withSentinel = [
  ...SUPER_GLUE_FORMATS,
  ...WINOGRAD_FORMATS.filter(({ name }) => !name.includes('wnli')),
];

/** Every supervised task of T5, by its published name. */
export const T5_FORMATS: Readonly<Record<string, TextFormat>> = Object.freeze(
  Object.fromEntries(
    [
      ...GLUE_FORMATS,
      ...SUPER_GLUE_FORMATS,
      ...WINOGRAD_FORMATS,
      ...ANSWER_FORMATS,
      ...GENERATION_FORMATS,
      ...withSentinel.map((format) => sentinelFormat(format)),
    ].map((format) => [format.name, format]),
  ),
);

/**
 * A format of `T5_FORMATS`.
 * @throws DataError (data-task)
 */
export function t5Format(name: string): TextFormat {
  const format = T5_FORMATS[name];
  if (format !== undefined) return format;
  throw new DataError({
    op: 't5Format',
    problem: `there is no task ${show(name)}`,
    page: 'data-task',
    remedy: `one of ${Object.keys(T5_FORMATS).join(', ')}; or templateFormat for your own.`,
  });
}

/**
 * A format in the shape of span corruption: a sentinel ends the inputs and begins the targets, as an LM-adapted
 * or 1.1 model has seen it. The name gets `_1_sentinel`, before `_train` or `_eval`.
 */
export function sentinelFormat(format: TextFormat, numSentinels = 1): TextFormat {
  const sentinels = Array.from({ length: numSentinels }, (_, index) => `<extra_id_${index}>`).join(' ');
  const added = `_${numSentinels}_sentinel`;
  const suffix = /_(train|dev|test|eval|shot)/.exec(format.name);
  const at = suffix?.index ?? format.name.length;
  const withoutSentinels = (text: string): string =>
    text.startsWith(sentinels) ? text.slice(sentinels.length).trim() : text;
  const plain = <T extends { readonly targets: string }>(example: T): T => ({
    ...example,
    targets: withoutSentinels(example.targets),
  });
  return {
    ...format,
    name: format.name.slice(0, at) + added + format.name.slice(at),
    examples: (record, place) =>
      format.examples(record, place).map((example) => ({
        ...example,
        inputs: `${example.inputs} ${sentinels}`,
        targets: `${sentinels} ${example.targets}`,
      })),
    prediction: (text, example) => format.prediction(withoutSentinels(text), plain(example)),
    reference: (example) => format.reference(plain(example)),
  };
}
