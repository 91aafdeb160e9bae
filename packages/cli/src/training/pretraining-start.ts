import type { ElectraConfig } from '@tesserae/electra-model';
import type { T5Config } from '@tesserae/t5-model';
import { OptionError } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import { hubFolder } from '@tesserae/weights/node';
import type { ElectraStart, PretrainedModel, Json } from 'tesserae';
import { loadPretrained, readConfigFile, requireTokenizer } from 'tesserae';
import { tokenizerFor } from './learned-tokenizer.js';
import { configOf, newModel } from './new-model.js';
import type { PretrainConfig } from './pretrain-schema.js';
import { OBJECTIVE_KEYS } from './pretrain-schema.js';
import type { TextSource } from './pretraining-texts.js';
import { sampleOf } from './pretraining-texts.js';
import { classPrefixOf } from './starting-model.js';

/** What a pre-training begins with. */
export type PretrainingStart =
  | {
      readonly family: 'electra';
      readonly tokenizer: Tokenizer;
      readonly config: ElectraConfig;
      readonly start?: ElectraStart;
    }
  | { readonly family: 't5'; readonly tokenizer: Tokenizer; readonly model: PretrainedModel<T5Config> };

interface StartOptions {
  readonly train: TextSource;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Characters of the texts that a vocabulary is learned from. */
const SAMPLE = 20_000_000;

/** The model and tokenizer of a config: loaded, or new. */
export async function pretrainingStart(
  config: PretrainConfig,
  { train, seed, signal }: StartOptions,
): Promise<PretrainingStart> {
  const { model, tokenizer: wanted } = config;
  if (typeof model === 'string' || !('architecture' in model)) return loadedStart(config, signal);
  if (config.generator !== undefined)
    throw refused('generator is given, and model begins with random weights', 'generator');
  const family = model.architecture;
  const texts = (): Promise<readonly string[]> => sampleOf(train, SAMPLE);
  const tokenizer = await tokenizerFor(family, { tokenizer: wanted, texts, signal });
  if (family === 'electra') return { family, tokenizer, config: configOf(model, tokenizer) as ElectraConfig };
  const options = { className: 'T5ForConditionalGeneration', tokenizer, seed };
  return { family, tokenizer, model: (await newModel(model, options)) as PretrainedModel<T5Config> };
}

async function loadedStart(
  { model, generator, tokenizer }: PretrainConfig,
  signal: AbortSignal,
): Promise<PretrainingStart> {
  if (tokenizer !== undefined)
    throw refused(
      'tokenizer is given, and the model is loaded from a folder, which has its own',
      'tokenizer',
    );
  const { from, revision } = (typeof model === 'string' ? { from: model } : model) as {
    readonly from: string;
    readonly revision?: string;
  };
  const folder = await hubFolder(from, { revision, signal });
  const json = (await readConfigFile(folder)) as Json;
  const prefix = classPrefixOf(json);
  if (prefix !== 'Electra') {
    if (generator !== undefined) throw refused('generator is given, and the model is a T5', 'generator');
    const t5 = await loadPretrained(folder, { className: `${prefix}ForConditionalGeneration`, signal });
    return { family: 't5', tokenizer: requireTokenizer(t5), model: t5 as PretrainedModel<T5Config> };
  }
  const main = (await loadPretrained(folder, { signal })) as PretrainedModel<ElectraConfig>;
  const other =
    generator === undefined
      ? {}
      : {
          generator: (await loadPretrained(await hubFolder(generator, { signal }), {
            className: 'ElectraForMaskedLM',
            signal,
          })) as PretrainedModel<ElectraConfig>,
        };
  const start = { main, ...other };
  return { family: 'electra', tokenizer: requireTokenizer(main), config: main.config, start };
}

/** The objective of a family. @throws OptionError (training-config) for keys that belong to the other */
export function objectiveFor(
  { objective = {} }: PretrainConfig,
  family: keyof typeof OBJECTIVE_KEYS,
): NonNullable<PretrainConfig['objective']> {
  const wrong = Object.keys(objective).find((key) => !OBJECTIVE_KEYS[family].includes(key));
  if (wrong === undefined) return objective;
  throw refused(
    `objective.${wrong} has no meaning for ${family}; known are ${OBJECTIVE_KEYS[family].join(', ')}`,
    wrong,
  );
}

function refused(problem: string, got: string): OptionError {
  return new OptionError({
    op: 'config',
    problem,
    likely: 'Leave it out, or change the model.',
    page: 'training-config',
    got,
  });
}
