import { ConfigError } from '@tesserae/tensor';
import type { Architecture, Json } from './architecture.js';
import {
  electraForMaskedLM,
  electraForMultipleChoice,
  electraForPreTraining,
  electraForQuestionAnswering,
  electraForSequenceClassification,
  electraForTokenClassification,
  electraModel,
} from './electra.js';
import { T5_ARCHITECTURES } from './t5-families.js';

/** Every class that can be loaded, by Hugging Face's name. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = Object.fromEntries(
  [
    electraForMaskedLM,
    electraForMultipleChoice,
    electraForPreTraining,
    electraForQuestionAnswering,
    electraForSequenceClassification,
    electraForTokenClassification,
    electraModel,
    ...T5_ARCHITECTURES,
  ].map((architecture) => [architecture.name, architecture as unknown as Architecture]),
);

/**
 * The class of a model: the one asked for, else the one its config names.
 * @throws ConfigError when neither names a known class
 */
export function findArchitecture(
  config: Json,
  { className, file }: { readonly className?: string; readonly file: string },
): Architecture {
  const named = Array.isArray(config['architectures'])
    ? (config['architectures'] as unknown[])[0]
    : undefined;
  const name = className ?? named;
  const found =
    typeof name === 'string' && Object.hasOwn(ARCHITECTURES, name) ? ARCHITECTURES[name] : undefined;
  if (found !== undefined) return found;
  throw new ConfigError({
    op: 'findArchitecture',
    problem:
      name === undefined
        ? "config.json names no class ('architectures' is absent)"
        : `unknown class ${JSON.stringify(name)}; known are ${Object.keys(ARCHITECTURES).join(', ')}`,
    likely: 'Say the class yourself (--class on the command line), or use a model of a known one.',
    page: 'unknown-architecture',
    file,
    got: name,
    needed: Object.keys(ARCHITECTURES),
  });
}
