import type { ElectraConfig } from '@tesserae/electra-model';
import { ELECTRA_DEFAULTS, ELECTRA_SIZES } from '@tesserae/electra-model';
import type { T5Config } from '@tesserae/t5-model';
import { T5_DEFAULTS, T5_SIZES } from '@tesserae/t5-model';
import { ConfigError } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { PretrainedModel, TrainableConfig } from 'tesserae';
import { ARCHITECTURES, createModel } from 'tesserae';
import type { z } from 'zod';
import { nearest } from './config-error.js';
import type { modelSchema } from './config-parts.js';
import { defined } from './defined.js';

/** A model of a config that begins with random weights. */
type NewModel = Extract<z.infer<typeof modelSchema>, { readonly architecture: string }>;

/** A model with random weights, of a config's sizes. */
export async function newModel(
  model: NewModel,
  {
    className,
    tokenizer,
    seed,
    extra = {},
  }: {
    readonly className: string;
    readonly tokenizer: Tokenizer;
    readonly seed: number;
    /** Further fields of the config, such as the labels of a head. */
    readonly extra?: object;
  },
): Promise<PretrainedModel<TrainableConfig>> {
  const architecture = ARCHITECTURES[className]!;
  const wanted = { ...configOf(model, tokenizer), ...extra };
  const config = architecture.readConfig(architecture.writeConfig(wanted, {}), {}) as TrainableConfig;
  return createModel(architecture, config, { seed, tokenizer }) as Promise<PretrainedModel<TrainableConfig>>;
}

/** Sizes of a config over those of a released size, and what they take from the tokenizer. */
export function configOf(model: NewModel, tokenizer: Tokenizer): ElectraConfig | T5Config {
  const { architecture: family, size, ...sizes } = model;
  const base =
    family === 'electra'
      ? sizeNamed(size, ELECTRA_SIZES, ELECTRA_DEFAULTS)
      : sizeNamed(size, T5_SIZES, T5_DEFAULTS);
  return {
    ...base,
    ...defined(sizes),
    vocabSize: tokenizer.vocabSize,
    ...specialIds(family, tokenizer),
  } as ElectraConfig | T5Config;
}

function sizeNamed<Config>(
  name: string | undefined,
  sizes: Readonly<Record<string, Config>>,
  otherwise: Config,
): Config {
  if (name === undefined) return otherwise;
  const found = Object.hasOwn(sizes, name) ? sizes[name] : undefined;
  if (found !== undefined) return found;
  const near = nearest(name, Object.keys(sizes));
  throw new ConfigError({
    op: 'config',
    problem: `model.size '${name}' is unknown; known are ${Object.keys(sizes).join(', ')}`,
    likely: near === undefined ? 'Give the sizes themselves.' : `Did you mean '${near}'?`,
    page: 'training-config',
    got: name,
  });
}

/** Ids that a config takes from the tokenizer. */
function specialIds(family: 'electra' | 't5', { specialTokens }: Tokenizer): object {
  const padTokenId = specialTokens.pad?.id ?? 0;
  if (family === 'electra') return { padTokenId };
  return { padTokenId, decoderStartTokenId: padTokenId, eosTokenId: specialTokens.eos?.id ?? 1 };
}
