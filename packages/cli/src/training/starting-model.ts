import { ConfigError, OptionError } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import { hubFolder } from '@tesserae/weights/node';
import type { PretrainedModel, TaskName, TrainableConfig } from 'tesserae';
import { classSuffixOf, labelNames, labelsIn, loadPretrained } from 'tesserae';
import type { FinetuneConfig } from './config-schema.js';
import { tokenizerFor } from './learned-tokenizer.js';
import { newModel } from './new-model.js';
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
  const className = `${model.architecture === 'electra' ? 'Electra' : 'T5'}${classSuffixOf(task)}`;
  return newModel(model, { className, tokenizer: tokenizer!, seed, extra: labels ?? {} });
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
  return tokenizerFor(model.architecture, { tokenizer, texts: () => textsIn(rows), signal });
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
  const className = `${classPrefixOf(json)}${classSuffixOf(task)}`;
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

/** How the names of Hugging Face's classes begin for a config.json. @throws ConfigError (unknown-architecture) */
export function classPrefixOf(json: Readonly<Record<string, unknown>>): string {
  const prefixes: Readonly<Record<string, string>> = {
    electra: 'Electra',
    t5: 'T5',
    mt5: 'MT5',
    umt5: 'UMT5',
  };
  const type = String(json['model_type']);
  if (Object.hasOwn(prefixes, type)) return prefixes[type]!;
  throw new ConfigError({
    op: 'train',
    problem: `model_type is '${type}', needed electra, t5, mt5 or umt5`,
    likely: 'A model of another family.',
    page: 'unknown-architecture',
    got: type,
  });
}

function surplusTokenizer(): OptionError {
  return new OptionError({
    op: 'config',
    problem: 'tokenizer is given, and the model is loaded from a folder',
    likely: 'A folder has its own tokenizer; another one would not know its ids.',
    page: 'training-config',
  });
}
