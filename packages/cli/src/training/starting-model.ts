import { ELECTRA_DEFAULTS, ELECTRA_SIZES } from '@tesserae/electra-model';
import { T5_DEFAULTS, T5_SIZES } from '@tesserae/t5-model';
import { ConfigError, OptionError } from '@tesserae/tensor';
import { createByt5Tokenizer } from '@tesserae/tokenizer';
import type { Tokenizer } from '@tesserae/tokenizer';
import { trainUnigram, trainWordPiece } from '@tesserae/tokenizer/training';
import { hubFolder } from '@tesserae/weights/node';
import type { PretrainedModel, TaskName, TrainableConfig } from 'tesserae';
import { ARCHITECTURES, classSuffixOf, createModel, labelNames, labelsIn, loadPretrained } from 'tesserae';
import { loadTokenizer } from '../tokenizer-file.js';
import { nearest } from './config-error.js';
import type { FinetuneConfig } from './config-schema.js';
import { textsIn } from './texts-of-rows.js';

type Row = Readonly<Record<string, unknown>>;

interface StartOptions {
  readonly config: Pick<FinetuneConfig, 'model' | 'tokenizer' | 'task'>;
  readonly rows: readonly Row[];
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** The model that a run begins with, from a folder or with random weights. */
export async function startingModel(
  options: StartOptions & { readonly tokenizer: Tokenizer | undefined },
): Promise<PretrainedModel<TrainableConfig>> {
  const { config, rows, seed, signal, tokenizer } = options;
  const { model, task } = config;
  const labels = headLabels(task, rows);
  if (typeof model === 'string') return loaded({ from: model }, { task, labels, seed, signal });
  if ('from' in model) return loaded(model, { task, labels, seed, signal });
  const { architecture: family, size, ...sizes } = model;
  const base =
    family === 'electra'
      ? sizeNamed(size, ELECTRA_SIZES, ELECTRA_DEFAULTS)
      : sizeNamed(size, T5_SIZES, T5_DEFAULTS);
  const fitted = {
    ...base,
    ...defined(sizes),
    ...(labels ?? {}),
    vocabSize: tokenizer!.vocabSize,
    ...specialIds(family, tokenizer!),
  };
  const className = `${family === 'electra' ? 'Electra' : 'T5'}${classSuffixOf(task)}`;
  const architecture = ARCHITECTURES[className]!;
  const checked = architecture.readConfig(architecture.writeConfig(fitted, {}), {}) as TrainableConfig;
  return createModel(architecture, checked, { seed, tokenizer }) as Promise<PretrainedModel<TrainableConfig>>;
}

/** The tokenizer of a new model; undefined for a folder, which has its own. */
export async function startingTokenizer({
  config,
  rows,
  signal,
}: StartOptions): Promise<Tokenizer | undefined> {
  const { model, tokenizer } = config;
  const isNew = typeof model !== 'string' && 'architecture' in model;
  if (!isNew) {
    if (tokenizer !== undefined) throw surplusTokenizer();
    return undefined;
  }
  if (typeof tokenizer === 'string') return loadTokenizer(tokenizer);
  const kind = tokenizer ?? {
    type: model.architecture === 'electra' ? ('wordpiece' as const) : ('unigram' as const),
  };
  return learnTokenizer(kind, textsIn(rows), signal);
}

type LearnedTokenizer = Extract<FinetuneConfig['tokenizer'], object>;

/** Sizes of vocabularies that are learned from a task's own texts. */
const VOCAB_SIZE = 8000;

async function learnTokenizer(
  { type, ...options }: LearnedTokenizer,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Tokenizer> {
  const {
    vocabSize = VOCAB_SIZE,
    cased,
    minFrequency,
    limitAlphabet,
    characterCoverage,
    byteFallback,
    extraIds,
  } = options;
  if (type === 'wordpiece') {
    refuse(type, { characterCoverage, byteFallback, extraIds });
    const normalizer = { lowercase: cased !== true };
    const tokenizerClass = 'ElectraTokenizer';
    return trainWordPiece(texts, {
      vocabSize,
      normalizer,
      tokenizerClass,
      signal,
      ...defined({ minFrequency, limitAlphabet }),
    });
  }
  if (type === 'byte') {
    const { vocabSize: size } = options;
    refuse(type, { vocabSize: size, cased, minFrequency, limitAlphabet, characterCoverage, byteFallback });
    return createByt5Tokenizer(defined({ extraIds }));
  }
  refuse(type, { cased, minFrequency });
  const given = defined({ limitAlphabet, characterCoverage, byteFallback, extraIds });
  return trainUnigram(texts, { vocabSize, hardVocabLimit: false, signal, ...given });
}

function refuse(type: string, options: Readonly<Record<string, unknown>>): void {
  const name = Object.keys(options).find((key) => options[key] !== undefined);
  if (name === undefined) return;
  throw new OptionError({
    op: 'tokenizer',
    problem: `${name} has no meaning for a ${type} tokenizer`,
    likely: 'Leave it out, or choose another type.',
    page: 'option-value',
    got: name,
  });
}

/** What a head is made for: names of classes, one value, or several classes a text; undefined where there is no such head. */
function headLabels(
  task: TaskName,
  rows: readonly Row[],
): Pick<TrainableConfig, 'labels' | 'problemType'> | undefined {
  const found = labelsIn(task, rows);
  if (found.length === 0) return undefined;
  const isMulti = task === 'text-classification' && Array.isArray(rows[0]?.['label']);
  const areScores =
    task === 'text-classification' &&
    found.every((label) => typeof label === 'number') &&
    !found.every(Number.isInteger);
  if (areScores) return { labels: ['LABEL_0'], problemType: 'regression' };
  return { labels: labelNames(found), problemType: isMulti ? 'multi_label_classification' : undefined };
}

interface LoadOptions {
  readonly task: TaskName;
  readonly labels: Pick<TrainableConfig, 'labels' | 'problemType'> | undefined;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** A model of a folder: with its own head where that knows the labels, else with a new one. */
async function loaded(
  { from, revision }: { readonly from: string; readonly revision?: string },
  { task, labels, seed, signal }: LoadOptions,
): Promise<PretrainedModel<TrainableConfig>> {
  const folder = await hubFolder(from, { revision, signal });
  const json = JSON.parse(await folder.readText('config.json', { signal })) as Readonly<
    Record<string, unknown>
  >;
  const family = json['model_type'] === 'electra' ? 'Electra' : prefixOf(json);
  const className = `${family}${classSuffixOf(task)}`;
  const [own] = (json['architectures'] ?? []) as readonly string[];
  const isSame = own === className;
  const id2label =
    labels === undefined ? {} : { id2label: Object.fromEntries(labels.labels.map((name, id) => [id, name])) };
  const problem = labels?.problemType === undefined ? {} : { problem_type: labels.problemType };
  const options = isSame
    ? { className, signal }
    : { className, newHeadSeed: seed, config: { ...id2label, ...problem }, signal };
  return (await loadPretrained(folder, options)) as PretrainedModel<TrainableConfig>;
}

function prefixOf(json: Readonly<Record<string, unknown>>): string {
  const prefixes: Readonly<Record<string, string>> = { t5: 'T5', mt5: 'MT5', umt5: 'UMT5' };
  const type = String(json['model_type']);
  if (Object.hasOwn(prefixes, type)) return prefixes[type]!;
  throw new ConfigError({
    op: 'finetune',
    problem: `model_type is '${type}', needed electra, t5, mt5 or umt5`,
    likely: 'A model of another family.',
    page: 'unknown-architecture',
    got: type,
  });
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

function surplusTokenizer(): OptionError {
  return new OptionError({
    op: 'config',
    problem: 'tokenizer is given, and the model is loaded from a folder',
    likely: 'A folder has its own tokenizer; another one would not know its ids.',
    page: 'training-config',
  });
}

const defined = <T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
