import { ConfigError } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { ModelFolder } from '@tesserae/weights';
import type { Json } from './architectures/architecture.js';
import { findArchitecture } from './architectures/table.js';
import {
  ElectraForMaskedLM,
  ElectraForMultipleChoice,
  ElectraForPreTraining,
  ElectraForQuestionAnswering,
  ElectraForSequenceClassification,
  ElectraForTokenClassification,
  ElectraModel,
} from './electra-classes.js';
import type { FromPretrainedOptions } from './model-facade.js';
import type { OpenModelOptions } from './platform/platform.js';
import { readModelTokenizer, requireTokenizer } from './pretrained.js';
import { readConfigFile } from './model-source.js';
import {
  T5EncoderModel,
  T5ForQuestionAnswering,
  T5ForSequenceClassification,
  T5ForTokenClassification,
} from './t5-classes.js';
import { T5ForConditionalGeneration } from './t5-for-conditional-generation.js';

/** Something that loads a model. */
interface Loader<Facade> {
  fromPretrained(source: string | ModelFolder, options?: FromPretrainedOptions): Promise<Facade>;
}

/** A class that is chosen by what a folder holds. */
export interface AutoClass<Facade> extends Loader<Facade> {
  /** The name Python users know. */
  from_pretrained(source: string | ModelFolder, options?: FromPretrainedOptions): Promise<Facade>;
}

const FAMILIES: Readonly<Record<string, 'electra' | 't5'>> = {
  electra: 'electra',
  t5: 't5',
  mt5: 't5',
  umt5: 't5',
};

/** A class for each family that has one. */
function autoClass<Electra, T5>(
  name: string,
  classes: { readonly electra?: Loader<Electra>; readonly t5?: Loader<T5> },
): AutoClass<Electra | T5> {
  const load = async (
    source: string | ModelFolder,
    options: FromPretrainedOptions = {},
  ): Promise<Electra | T5> => {
    const folder = await openModelFolder(source, options);
    const type = await modelTypeOf(folder, options);
    const chosen = Object.hasOwn(FAMILIES, type) ? classes[FAMILIES[type]!] : undefined;
    if (chosen !== undefined) return chosen.fromPretrained(folder, options);
    const known = Object.keys(FAMILIES).filter((family) => classes[FAMILIES[family]!] !== undefined);
    throw new ConfigError({
      op: `${name}.fromPretrained`,
      problem: `${folder.name} is of the type '${type}'; ${name} knows ${known.join(', ')}`,
      likely: 'Use the class for what the model does, or a model of a known type.',
      page: 'unknown-architecture',
      got: type,
      needed: known,
    });
  };
  return { fromPretrained: load, from_pretrained: load };
}

/** The folder of a model: itself, or by path or hub id. */
export async function openModelFolder(
  source: string | ModelFolder,
  options: OpenModelOptions,
): Promise<ModelFolder> {
  if (typeof source !== 'string') return source;
  const { platform } = await import('#platform');
  const { revision, cacheDir, localFilesOnly, signal } = options;
  return platform.openModel(source, { revision, cacheDir, localFilesOnly, signal });
}

async function modelTypeOf(
  folder: ModelFolder,
  { signal }: { readonly signal?: AbortSignal },
): Promise<string> {
  const json = await readConfigFile(folder, { signal });
  if (typeof json['model_type'] === 'string') return json['model_type'];
  const [name] = Array.isArray(json['architectures']) ? (json['architectures'] as unknown[]) : [];
  return typeof name === 'string'
    ? (/^(electra|umt5|mt5|t5)/i.exec(name)?.[0].toLowerCase() ?? name)
    : 'unknown';
}

/** The bare encoder: hidden states, and vectors of texts. Of a T5 it is the encoder alone. */
export const AutoModel = autoClass<ElectraModel, T5EncoderModel>('AutoModel', {
  electra: ElectraModel,
  t5: T5EncoderModel,
});
/** What decides about whole texts or pairs. */
export const AutoModelForSequenceClassification = autoClass<
  ElectraForSequenceClassification,
  T5ForSequenceClassification
>('AutoModelForSequenceClassification', {
  electra: ElectraForSequenceClassification,
  t5: T5ForSequenceClassification,
});
/** What finds entities. */
export const AutoModelForTokenClassification = autoClass<
  ElectraForTokenClassification,
  T5ForTokenClassification
>('AutoModelForTokenClassification', {
  electra: ElectraForTokenClassification,
  t5: T5ForTokenClassification,
});
/** What finds answers in a context. */
export const AutoModelForQuestionAnswering = autoClass<ElectraForQuestionAnswering, T5ForQuestionAnswering>(
  'AutoModelForQuestionAnswering',
  {
    electra: ElectraForQuestionAnswering,
    t5: T5ForQuestionAnswering,
  },
);
/** What fills in masks. */
export const AutoModelForMaskedLM = autoClass<ElectraForMaskedLM, never>('AutoModelForMaskedLM', {
  electra: ElectraForMaskedLM,
});
/** ELECTRA's discriminator; a T5 as it was pre-trained. */
export const AutoModelForPreTraining = autoClass<ElectraForPreTraining, T5ForConditionalGeneration>(
  'AutoModelForPreTraining',
  {
    electra: ElectraForPreTraining,
    t5: T5ForConditionalGeneration,
  },
);
/** What chooses among continuations. */
export const AutoModelForMultipleChoice = autoClass<ElectraForMultipleChoice, never>(
  'AutoModelForMultipleChoice',
  {
    electra: ElectraForMultipleChoice,
  },
);
/** What writes text from text. */
export const AutoModelForSeq2SeqLM = autoClass<never, T5ForConditionalGeneration>('AutoModelForSeq2SeqLM', {
  t5: T5ForConditionalGeneration,
});

/** The tokenizer of a model's folder. */
export const AutoTokenizer = {
  async fromPretrained(source: string | ModelFolder, options: OpenModelOptions = {}): Promise<Tokenizer> {
    const folder = await openModelFolder(source, options);
    return requireTokenizer({ tokenizer: await readModelTokenizer(folder, { signal: options.signal }) });
  },
  from_pretrained(source: string | ModelFolder, options: OpenModelOptions = {}): Promise<Tokenizer> {
    return AutoTokenizer.fromPretrained(source, options);
  },
};

/** The config of a model's folder, read and checked, and the class it names. */
export const AutoConfig = {
  async fromPretrained(
    source: string | ModelFolder,
    options: OpenModelOptions & { readonly className?: string } = {},
  ): Promise<{ readonly className: string; readonly config: unknown; readonly json: Json }> {
    const folder = await openModelFolder(source, options);
    const json = await readConfigFile(folder, { signal: options.signal });
    const file = `${folder.name}/config.json`;
    const architecture = findArchitecture(json, { className: options.className, file });
    return { className: architecture.name, config: architecture.readConfig(json, { file }), json };
  },
  from_pretrained(
    source: string | ModelFolder,
    options: OpenModelOptions & { readonly className?: string } = {},
  ): Promise<{ readonly className: string; readonly config: unknown; readonly json: Json }> {
    return AutoConfig.fromPretrained(source, options);
  },
};
