import { configText } from '@tesserae/nn';
import type { HostTensor } from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';
import { saveParams, weightFiles } from '@tesserae/weights';
import type { ElectraConfig } from '../config.js';
import { electraConfigToHuggingFace } from '../config.js';
import type { ElectraParams } from '../params.js';
import { discriminatorSpec, electraParamSpec, maskedLanguageModelSpec } from '../params.js';
import { generatorConfig } from './options.js';
import type { PretrainingParams } from './params.js';
import type { ElectraPretraining } from './pretraining.js';

/** One half of a pre-training as a model of Hugging Face's. */
export interface PretrainedHalf {
  readonly className: 'ElectraForPreTraining' | 'ElectraForMaskedLM';
  readonly config: ElectraConfig;
  /** `{ electra, head }`, as the class's parameters are. */
  readonly specs: { readonly electra: ElectraParams<ParamSpec>; readonly head: object };
  readonly params: { readonly electra: ElectraParams<HostTensor>; readonly head: object };
}

/** What a pre-training leaves behind. */
export interface PretrainedHalves {
  /** The encoder that is kept: ElectraForPreTraining, or ElectraForMaskedLM where it names tokens. */
  readonly main: PretrainedHalf;
  /**
   * ElectraForMaskedLM with the embeddings it reads. Absent when there is none of its own (uniform, frozen, plain
   * masked-LM) and for two towers, which are no class of Hugging Face's.
   */
  readonly generator?: PretrainedHalf;
}

/**
 * Learned parameters as the two models of Hugging Face's. The copy logit of All-Tokens MLM has no place there and is
 * left out.
 */
export function pretrainedHalves(
  params: PretrainingParams<HostTensor>,
  { config, settings }: Pick<ElectraPretraining, 'config' | 'settings'>,
): PretrainedHalves {
  const { electra, discriminator, generator, predictions, mainPredictions } = params;
  const named = mainPredictions ?? predictions;
  const main =
    discriminator === undefined
      ? maskedLm(config, { electra, head: named! })
      : half('ElectraForPreTraining', config, { electra, head: discriminator });
  if (predictions === undefined || (predictions === named && discriminator === undefined)) return { main };
  if (generator === undefined) return { main, generator: maskedLm(config, { electra, head: predictions }) };
  if (generator.towers.length !== 1) return { main };
  const { embeddings = electra.embeddings, towers } = generator;
  const own = generatorConfig(config, settings);
  return { main, generator: maskedLm(own, { electra: { embeddings, ...towers[0]! }, head: predictions }) };
}

const maskedLm = (config: ElectraConfig, params: PretrainedHalf['params']): PretrainedHalf =>
  half('ElectraForMaskedLM', { ...config, tiesEmbeddings: true }, params);

function half(
  className: PretrainedHalf['className'],
  config: ElectraConfig,
  params: PretrainedHalf['params'],
): PretrainedHalf {
  const head =
    className === 'ElectraForPreTraining'
      ? discriminatorSpec(config)
      : maskedLanguageModelSpec(config, { hasDecoder: false });
  return {
    className,
    config,
    specs: { electra: electraParamSpec(config, { prefix: 'electra.' }), head },
    params,
  };
}

/**
 * The files of a Hugging Face folder for one half: config.json and model.safetensors (sharded when large). A
 * tokenizer's files go beside them.
 * @throws ShapeError when parameters and config do not fit
 */
export function pretrainedFiles({
  className,
  config,
  specs,
  params,
}: PretrainedHalf): ReadonlyMap<string, string | Iterable<Uint8Array>> {
  const json = electraConfigToHuggingFace(config, className);
  const files = new Map<string, string | Iterable<Uint8Array>>();
  files.set('config.json', configText(json));
  const entries = saveParams(specs, params as never) as [string, HostTensor][];
  for (const [name, chunks] of weightFiles(entries)) files.set(name, chunks);
  return files;
}
