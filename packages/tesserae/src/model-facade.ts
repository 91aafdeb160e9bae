import { OptionError } from '@tesserae/tensor';
import type { Backend } from '@tesserae/tensor';
import type { MetricValues } from '@tesserae/training';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { ModelFolder } from '@tesserae/weights';
import type { OpenModelOptions } from './platform/platform.js';
import type { LoadPretrainedOptions, ModelFiles, PretrainedModel } from './pretrained.js';
import { loadPretrained, modelFiles, requireTokenizer } from './pretrained.js';
import type { Rows } from './training/dataset.js';
import type { EvaluateOptions, FitHistory, FitOptions } from './training/fit.js';
import { evaluateModel, fitModel, rowsOf } from './training/fit.js';
import type { TrainableConfig } from './training/tasks/task-context.js';

/** How a model is loaded: from where, and on what it runs. */
export interface FromPretrainedOptions extends LoadPretrainedOptions, OpenModelOptions {
  /** What the model runs on; default: the fastest that is installed, closed with the model. */
  readonly backend?: Backend;
}

/** A model and what it runs on. */
export interface ModelOnBackend<Config> {
  readonly model: PretrainedModel<Config>;
  readonly backend: Backend;
  /** True when the model made the backend itself and closes it. */
  readonly ownsBackend: boolean;
}

/** Loads what a façade wraps: a folder, a path or a hub id, as the class `className`. */
export async function openOnBackend<Config>(
  source: string | ModelFolder,
  className: string,
  options: FromPretrainedOptions,
): Promise<ModelOnBackend<Config>> {
  const { backend, revision, cacheDir, localFilesOnly, ...load } = options;
  if (load.className !== undefined && load.className !== className) {
    throw new OptionError({
      op: `${className}.fromPretrained`,
      problem: `className is '${load.className}'`,
      likely: `Call fromPretrained of that class, or leave className out.`,
      page: 'option-value',
      got: load.className,
    });
  }
  const { platform } = await import('#platform');
  const { signal } = load;
  const folder =
    typeof source === 'string'
      ? await platform.openModel(source, { revision, cacheDir, localFilesOnly, signal })
      : source;
  const model = (await loadPretrained(folder, { ...load, className })) as PretrainedModel<Config>;
  return onBackend(model, backend);
}

/** Puts a model on a backend, or on the platform's default. */
export async function onBackend<Config>(
  model: PretrainedModel<Config>,
  backend: Backend | undefined,
): Promise<ModelOnBackend<Config>> {
  if (backend !== undefined) return { model, backend, ownsBackend: false };
  const { platform } = await import('#platform');
  return { model, backend: await platform.createDefaultBackend(), ownsBackend: true };
}

/** What the model classes share: their parts, saving and closing. */
export abstract class ModelFacade<Config> {
  private current: PretrainedModel<Config>;
  readonly backend: Backend;
  private readonly ownsBackend: boolean;

  constructor({ model, backend, ownsBackend }: ModelOnBackend<Config>) {
    this.current = model;
    this.backend = backend;
    this.ownsBackend = ownsBackend;
  }

  /** Config, parameters and tokenizer; another object after training. */
  get model(): PretrainedModel<Config> {
    return this.current;
  }

  get config(): Config {
    return this.model.config;
  }

  /** @throws FormatError when the model has none */
  get tokenizer(): Tokenizer {
    return requireTokenizer(this.model);
  }

  /**
   * Trains on inputs and their targets: texts or pairs and labels, lists of words and of tags, texts and texts; texts alone
   * (`fit(texts, undefined, options)`) for a masked-LM. The model
   * then has the best parameters by the watched metric where there is validation, else the last ones.
   * @throws OptionError · TrainingDataError for examples and labels that do not fit · DivergenceError
   */
  async fit(x: readonly unknown[], y?: readonly unknown[], options: FitOptions = {}): Promise<FitHistory> {
    return this.train(rowsOf(this.trainable, [x, y]), options);
  }

  /** Trains on records of a data set: `{ text, label }`, `{ words, tags }`, `{ inputs, targets }`, `{ text }`. @see fit */
  async train(rows: Rows, options: FitOptions = {}): Promise<FitHistory> {
    const { model, history } = await fitModel(this.trainable, rows, { ...options, backend: this.backend });
    await this.releaseGraphs();
    this.current = model as unknown as PretrainedModel<Config>;
    return history;
  }

  /** Loss and metrics on inputs and what is right about them. */
  async evaluate(
    x: readonly unknown[],
    y?: readonly unknown[],
    options: EvaluateOptions = {},
  ): Promise<MetricValues> {
    const rows = rowsOf(this.trainable, [x, y]);
    return (await evaluateModel(this.trainable, rows, { ...options, backend: this.backend })).metrics;
  }

  private get trainable(): PretrainedModel<TrainableConfig> {
    return this.current as unknown as PretrainedModel<TrainableConfig>;
  }

  /** The files of a Hugging Face folder. */
  files(): ModelFiles {
    return modelFiles(this.model as PretrainedModel);
  }

  /** Writes a Hugging Face folder. @throws FolderError when a file exists and `overwrite` is not set */
  async savePretrained(
    path: string,
    { overwrite = false }: { readonly overwrite?: boolean } = {},
  ): Promise<void> {
    const { platform } = await import('#platform');
    await platform.saveModel(path, this.files(), { overwrite });
  }

  /** The name Python users know. */
  save_pretrained(path: string, options: { readonly overwrite?: boolean } = {}): Promise<void> {
    return this.savePretrained(path, options);
  }

  /** Frees compiled graphs, and the backend if the model made it. */
  async close(): Promise<void> {
    await this.releaseGraphs();
    if (this.ownsBackend) await this.backend.close();
  }

  protected abstract releaseGraphs(): Promise<void>;
}
