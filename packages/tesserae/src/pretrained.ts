import { configText } from '@tesserae/nn';
import { FormatError, checkOptions, flattenTree } from '@tesserae/tensor';
import type { DType, HostTensor } from '@tesserae/tensor';
import type { Tokenizer, TokenizerFiles } from '@tesserae/tokenizer';
import { tokenizerFileNames, tokenizerFromFiles } from '@tesserae/tokenizer';
import { moreStages } from '@tesserae/tokenizer/stages';
import type { ModelFolder, WeightsFormat } from '@tesserae/weights';
import { initParams, loadParams, nameMap, openWeights, saveParams, weightFiles } from '@tesserae/weights';
import type { Architecture, Json } from './architectures/architecture.js';
import type { GenerationSettings } from './generation-settings.js';
import { GENERATION_FILE, readGenerationSettings } from './generation-settings.js';
import type { WeightsReport } from './model-source.js';
import { readModelSource } from './model-source.js';

/** A model in host memory: its class, config, parameters and, when its folder has one, tokenizer. */
export interface PretrainedModel<Config = unknown> extends GenerationSettings {
  readonly architecture: Architecture<Config>;
  readonly config: Config;
  readonly specs: object;
  /** Tree of host tensors in the form of `specs`. */
  readonly params: unknown;
  readonly tokenizer: Tokenizer | undefined;
  /** Names of parameters the file lacked, which were initialised. */
  readonly initialized: readonly string[];
  /** Names of tensors in the file that the class has no use for, such as another head. */
  readonly unused: readonly string[];
  /** What its weights were read from; absent in a new model. */
  readonly source?: WeightsReport;
}

/** How a folder is loaded. */
export interface LoadPretrainedOptions {
  /** Overrides the class that config.json names. */
  readonly className?: string;
  /** Parameters of a head the file lacks are initialised from this seed, and other heads in it left out; else both are errors. */
  readonly newHeadSeed?: number;
  /** Which weights are read where a folder has several; default: safetensors, PyTorch, TensorFlow, T5X, in this order. */
  readonly format?: WeightsFormat;
  /** Keys that override config.json's, e.g. `{ id2label: { 0: 'ham', 1: 'spam' } }` for a new head. */
  readonly config?: Json;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly loadedBytes: number; readonly totalBytes: number }) => void;
}

const KNOWN = ['className', 'newHeadSeed', 'format', 'config', 'signal', 'onProgress'];

/**
 * Loads a folder: of Hugging Face, with weights as safetensors or PyTorch, or a checkpoint of TensorFlow or T5X.
 * Without a config.json the config is made from the shapes, and `source.guessed` says how.
 * @throws ConfigError for the config · FormatError for damaged or misfitting weights, listing all names that do not fit
 */
export async function loadPretrained(
  folder: ModelFolder,
  options: LoadPretrainedOptions = {},
): Promise<PretrainedModel> {
  checkOptions('loadPretrained', options, KNOWN);
  const { className, newHeadSeed, format, signal, onProgress } = options;
  const source = await readModelSource(folder, { className, format, config: options.config, signal });
  const { architecture, config, specs, report } = source;
  const weights = source.weights ?? (await openWeights(folder, { format, signal })); // says what there is instead
  const isIgnored = (name: string): boolean =>
    architecture.ignoredNames.some((pattern) => pattern.test(name));
  const loaded = await loadParams(specs, weights, {
    nameMap: nameMap({}, { aliases: architecture.aliases }),
    basePrefix: architecture.basePrefix,
    allowMissing: (path) => newHeadSeed !== undefined && path.startsWith('head.'),
    allowUnexpected: (name) => newHeadSeed !== undefined || isIgnored(name),
    seed: newHeadSeed,
    signal,
    onProgress,
  });
  const tokenizer = await readTokenizer(folder, { signal });
  const { params, missing: initialized } = loaded;
  const unused = loaded.unexpected.filter((name) => !isIgnored(name));
  const settings = await readGenerationSettings(folder, { config: source.json, signal });
  return { architecture, config, specs, params, tokenizer, initialized, unused, source: report, ...settings };
}

/** A new model of a class, initialised as its paper says. */
export async function createModel<Config, Params>(
  architecture: Architecture<Config, Params>,
  config: Config,
  { seed, tokenizer }: { readonly seed: number; readonly tokenizer?: Tokenizer },
): Promise<PretrainedModel<Config>> {
  const specs = await architecture.paramSpec(config, undefined);
  const params = initParams(specs, { seed });
  const initialized = flattenTree(specs).map(({ path }) => path);
  return {
    architecture: architecture as unknown as Architecture<Config>,
    config,
    specs,
    params,
    tokenizer,
    initialized,
    unused: [],
  };
}

/** The tokenizer of a folder; undefined when it has no file of one. */
async function readTokenizer(
  folder: ModelFolder,
  options: { readonly signal?: AbortSignal },
): Promise<Tokenizer | undefined> {
  const files: Record<string, string | Uint8Array> = {};
  for (const name of tokenizerFileNames) {
    if (!(await folder.has(name))) continue;
    if (name === 'spiece.model') {
      const source = await folder.open(name, options);
      files[name] = await source.read(0, source.sizeBytes, options);
    } else files[name] = await folder.readText(name, options);
  }
  if (Object.keys(files).length === 0) return undefined;
  return tokenizerFromFiles(files as TokenizerFiles, { stages: moreStages });
}

/** What a model folder is written from: file names and their contents. */
export type ModelFiles = ReadonlyMap<string, string | Iterable<Uint8Array>>;

/**
 * The files of a Hugging Face folder: config.json, model.safetensors (sharded when large), tokenizer files.
 * @param options.dtype  of the weights in the file; default: as they are in memory
 */
export function modelFiles(model: PretrainedModel, options: { readonly dtype?: DType } = {}): ModelFiles {
  const { architecture, config, specs, params, tokenizer } = model;
  const files = new Map<string, string | Iterable<Uint8Array>>();
  const json = architecture.writeConfig(config, specs);
  const tasks = model.taskParams === undefined ? {} : { task_specific_params: model.taskParams };
  files.set('config.json', configText({ ...json, ...tasks }));
  if (model.generationConfig !== undefined) {
    files.set(GENERATION_FILE, `${JSON.stringify(model.generationConfig, null, 2)}\n`);
  }
  const entries = saveParams(specs, params as never, options) as [string, HostTensor][];
  for (const [name, chunks] of weightFiles(entries)) files.set(name, chunks);
  const tokenizerFiles: Readonly<Record<string, string | Uint8Array>> = { ...tokenizer?.toFiles() };
  for (const [name, content] of Object.entries(tokenizerFiles)) {
    files.set(name, typeof content === 'string' ? content : [content]);
  }
  return files;
}

/** The tokenizer of a model. @throws FormatError when its folder had none */
export function requireTokenizer(model: Pick<PretrainedModel, 'tokenizer'>): Tokenizer {
  if (model.tokenizer !== undefined) return model.tokenizer;
  throw new FormatError({
    op: 'requireTokenizer',
    problem: 'the model has no tokenizer',
    likely: 'Its folder has none of the tokenizer files; add tokenizer.json, or pass ids.',
    page: 'tokenizer-missing',
  });
}
