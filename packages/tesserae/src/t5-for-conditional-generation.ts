import type {
  GenerateOptions,
  GenerateResult,
  RankedTargets,
  SourceBatch,
  StreamedIds,
  T5Config,
  T5Generator,
  T5Params,
  T5Scorer,
  TaskDefaults,
} from '@tesserae/t5-model';
import {
  createT5Generator,
  createT5Scorer,
  generationDefaults,
  rankTargets,
  taskDefaults,
} from '@tesserae/t5-model';
import type { Backend, HostTensor } from '@tesserae/tensor';
import { OptionError, hostTensor } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { ModelFolder } from '@tesserae/weights';
import { t5ForConditionalGeneration } from './architectures/t5.js';
import type { FromPretrainedOptions } from './model-facade.js';
import { ModelFacade, onBackend, openOnBackend } from './model-facade.js';
import type { PretrainedModel } from './pretrained.js';
import { createModel } from './pretrained.js';
import type { ScoreTextsOptions, ScoredInput, TextScore } from './t5-scoring.js';
import { scoreTexts } from './t5-scoring.js';
import { T5TextStream } from './t5-text-stream.js';
import type { StreamedText } from './t5-text-stream.js';

/** How texts are generated: the options of generation, and a task that the model's config names. */
export interface T5GenerateOptions extends GenerateOptions {
  /** A name in config.json's `task_specific_params`: its prefix is put before each text, its options are defaults. */
  readonly task?: string;
}

/** What generation gives, with the texts of the sequences. */
export interface T5GenerateResult extends GenerateResult {
  /** Texts of the sequences, without special tokens. */
  readonly texts: readonly string[];
}

/** T5 that writes text: load, generate, save. */
export class T5ForConditionalGeneration extends ModelFacade<T5Config> {
  private generator: Promise<T5Generator> | undefined;
  private scorer: Promise<T5Scorer> | undefined;

  /**
   * Loads a model from a folder, a path or a hub id; generation_config.json says what `generate` does by default.
   * @throws ConfigError · FormatError · FolderError · HubError, each naming the file and the remedy
   */
  static async fromPretrained(
    source: string | ModelFolder,
    options: FromPretrainedOptions = {},
  ): Promise<T5ForConditionalGeneration> {
    return new T5ForConditionalGeneration(
      await openOnBackend(source, t5ForConditionalGeneration.name, options),
    );
  }

  /** The name Python users know. */
  static from_pretrained(
    source: string | ModelFolder,
    options: FromPretrainedOptions = {},
  ): Promise<T5ForConditionalGeneration> {
    return T5ForConditionalGeneration.fromPretrained(source, options);
  }

  /** A new model with random weights. */
  static async create(
    config: T5Config,
    options: { readonly seed: number; readonly tokenizer?: Tokenizer; readonly backend?: Backend },
  ): Promise<T5ForConditionalGeneration> {
    const model = await createModel(t5ForConditionalGeneration, config, options);
    return T5ForConditionalGeneration.fromModel(model, options);
  }

  /** Wraps a model that is in memory already, such as one just trained. */
  static async fromModel(
    model: PretrainedModel<T5Config>,
    { backend }: { readonly backend?: Backend } = {},
  ): Promise<T5ForConditionalGeneration> {
    return new T5ForConditionalGeneration(await onBackend(model, backend));
  }

  /**
   * Texts that the model answers with, in the order of the inputs; `numReturnSequences` of each, best first.
   * @throws OptionError for options that are unknown, out of range, contradictory or unsupported
   */
  async generate(texts: string | readonly string[], options: T5GenerateOptions = {}): Promise<string[]> {
    const { texts: answers } = await this.generateDetailed(texts, { outputScores: false, ...options });
    return [...answers];
  }

  /** The same with ids, scores, log-probabilities of the tokens and why each sequence ended. */
  async generateDetailed(
    texts: string | readonly string[],
    options: T5GenerateOptions = {},
  ): Promise<T5GenerateResult> {
    const { inputs, settings } = this.withTask([texts].flat(), options);
    if (inputs.length === 0) {
      return { rows: [], sequences: [], texts: [], scores: [], tokenLogProbs: [], finishReasons: [] };
    }
    const result = await this.generateIds(this.encodeTexts(inputs), settings);
    const decode = (ids: Int32Array): string => this.tokenizer.decode(ids, { skipSpecialTokens: true });
    return { ...result, texts: result.sequences.map(decode) };
  }

  /** Sequences for sources that are ids already. */
  async generateIds(source: SourceBatch, options: GenerateOptions = {}): Promise<GenerateResult> {
    return (await this.openGenerator()).generate(source, this.withTokenizer(options));
  }

  /**
   * Text as it is written: pieces that will not change, never half a character. Beams come when their source has
   * finished. Leaving the loop stops the generation.
   */
  async *stream(
    texts: string | readonly string[],
    options: T5GenerateOptions = {},
  ): AsyncGenerator<StreamedText, void, undefined> {
    const { inputs, settings } = this.withTask([texts].flat(), options);
    if (inputs.length === 0) return;
    const generator = await this.openGenerator();
    const pieces = generator.stream(this.encodeTexts(inputs), {
      outputScores: false,
      ...this.withTokenizer(settings),
    });
    const streams = new Map<string, T5TextStream>();
    for await (const piece of pieces) yield this.textOf(piece, streams);
  }

  private textOf(piece: StreamedIds, streams: Map<string, T5TextStream>): StreamedText {
    const key = `${piece.row} ${piece.index}`;
    const stream = streams.get(key) ?? new T5TextStream(this.tokenizer);
    streams.set(key, stream);
    return stream.add(piece);
  }

  /** log P(target | input) of every target of every input, whole and by token; inputs are encoded once. */
  async score(inputs: readonly ScoredInput[], options: ScoreTextsOptions = {}): Promise<TextScore[][]> {
    this.scorer ??= createT5Scorer(this.model.params as T5Params<HostTensor>, this.config, this.backend);
    return scoreTexts({ scorer: await this.scorer, tokenizer: this.tokenizer }, inputs, options);
  }

  /** T5's rank classification: which of the targets the model holds for likeliest, for each input. */
  async rank(
    inputs: readonly ScoredInput[],
    options: ScoreTextsOptions & { readonly normalizesByLength?: boolean } = {},
  ): Promise<RankedTargets[]> {
    const { normalizesByLength = false, ...scoring } = options;
    const scores = await this.score(inputs, scoring);
    return scores.map((row) => rankTargets(row, { normalizesByLength }));
  }

  /** What generation runs on; made at the first call. A draft model for `assistantModel` of another. */
  openGenerator(): Promise<T5Generator> {
    this.generator ??= createT5Generator(this.model.params as T5Params<HostTensor>, {
      config: this.config,
      backend: this.backend,
      defaults: generationDefaults(this.model.generationConfig ?? {}),
    });
    return this.generator;
  }

  private encodeTexts(texts: readonly string[]): SourceBatch {
    const { inputIds, attentionMask, batch, seqLen } = this.tokenizer.encodeBatch(texts, {
      padding: 'longest',
    });
    const tensor = (ids: Int32Array): HostTensor =>
      hostTensor('i32', [batch, seqLen], ids as Int32Array<ArrayBuffer>);
    return { inputIds: tensor(inputIds), attentionMask: tensor(attentionMask) };
  }

  private withTokenizer(options: GenerateOptions): GenerateOptions {
    if (options.stopStrings === undefined || options.tokenizer !== undefined) return options;
    return { ...options, tokenizer: this.tokenizer };
  }

  private withTask(
    texts: readonly string[],
    { task, ...options }: T5GenerateOptions,
  ): { readonly inputs: readonly string[]; readonly settings: GenerateOptions } {
    if (task === undefined) return { inputs: texts, settings: options };
    const tasks = taskDefaults({ task_specific_params: this.model.taskParams });
    const { prefix, options: defaults } = tasks.get(task) ?? unknownTask(task, [...tasks.keys()]);
    return { inputs: texts.map((text) => prefix + text), settings: { ...defaults, ...options } };
  }

  protected async releaseGraphs(): Promise<void> {
    (await this.generator)?.release();
    (await this.scorer)?.release();
    this.generator = undefined;
    this.scorer = undefined;
  }
}

function unknownTask(task: string, known: readonly string[]): TaskDefaults {
  throw new OptionError({
    op: 'generate',
    problem: `the model's config has no task '${task}'`,
    likely:
      known.length === 0
        ? 'It names no tasks: put the prefix before the text yourself.'
        : `Its tasks are ${known.join(', ')}.`,
    page: 'option-value',
    got: task,
    needed: known,
  });
}
