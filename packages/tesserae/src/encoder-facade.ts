import { OptionError, checkOptions } from '@tesserae/tensor';
import type { Backend, Tensor } from '@tesserae/tensor';
import type { Encoding, Tokenizer } from '@tesserae/tokenizer';
import type { ModelFolder } from '@tesserae/weights';
import type { Architecture } from './architectures/architecture.js';
import type { RowOutputs, RunRowsOptions, SelectOutputs } from './encoder-runner.js';
import { EncoderRunner } from './encoder-runner.js';
import type { FromPretrainedOptions, ModelOnBackend } from './model-facade.js';
import { ModelFacade, onBackend, openOnBackend } from './model-facade.js';
import type { PretrainedModel } from './pretrained.js';
import { createModel } from './pretrained.js';

/** A text, or a pair of texts. */
export type TextOrPair = string | readonly [string, string];

/** How texts are read. */
export interface PredictOptions extends RunRowsOptions {
  /** Longest input in tokens; default: what the model can read. */
  readonly maxLength?: number;
  /** Cuts texts that are longer; default false: they are an error. */
  readonly truncation?: boolean;
}

/** Names of the options of `PredictOptions`. */
const PREDICT_OPTIONS: readonly string[] = ['batchSize', 'signal', 'onProgress', 'maxLength', 'truncation'];

/** A class over one architecture. */
interface FacadeClass<Facade, Config> {
  new (opened: ModelOnBackend<Config>): Facade;
  readonly architecture: Architecture<Config, never>;
}

/** Tokens that a T5 reads at once by default: it has no positions that would end. */
const T5_LENGTH = 512;

/** What the classes share that read texts and decide about them. */
export abstract class EncoderFacade<Config> extends ModelFacade<Config> {
  private runner: EncoderRunner | undefined;

  /** A graph of its own over the model. */
  protected newRunner(select: SelectOutputs, model: PretrainedModel<Config> = this.model): EncoderRunner {
    const padId = model.tokenizer?.specialTokens.pad?.id ?? 0;
    return new EncoderRunner(model as PretrainedModel, { backend: this.backend, select, padId });
  }

  /**
   * Loads a model from a folder, a path or a hub id. A folder without the class's head needs `newHeadSeed` (and labels in
   * `config`) to begin one.
   * @throws ConfigError · FormatError · FolderError · HubError, each naming the file and the remedy
   */
  static async fromPretrained<Facade, Config>(
    this: FacadeClass<Facade, Config>,
    source: string | ModelFolder,
    options: FromPretrainedOptions = {},
  ): Promise<Facade> {
    return new this(await openOnBackend<Config>(source, this.architecture.name, options));
  }

  /** The name Python users know. */
  static from_pretrained<Facade, Config>(
    this: FacadeClass<Facade, Config>,
    source: string | ModelFolder,
    options: FromPretrainedOptions = {},
  ): Promise<Facade> {
    return EncoderFacade.fromPretrained.call(this as never, source, options) as Promise<Facade>;
  }

  /** A new model with random weights. */
  static async create<Facade, Config>(
    this: FacadeClass<Facade, Config>,
    config: Config,
    options: { readonly seed: number; readonly tokenizer?: Tokenizer; readonly backend?: Backend },
  ): Promise<Facade> {
    const { backend, ...making } = options;
    return new this(
      await onBackend(await createModel(this.architecture as Architecture<Config>, config, making), backend),
    );
  }

  /** Wraps a model that is in memory already, such as one just trained. */
  static async fromModel<Facade, Config>(
    this: FacadeClass<Facade, Config>,
    model: PretrainedModel<Config>,
    { backend }: { readonly backend?: Backend } = {},
  ): Promise<Facade> {
    return new this(await onBackend(model, backend));
  }

  /** What of the forward pass the class reads. */
  protected outputsOf(
    { logits }: Readonly<Record<string, Tensor>>,
    _inputs: Readonly<Record<string, Tensor>>,
  ): Readonly<Record<string, Tensor>> {
    return { logits: logits! };
  }

  protected run(rows: readonly Encoding[], options: RunRowsOptions): Promise<RowOutputs[]> {
    this.runner ??= this.newRunner((outputs, inputs) => this.outputsOf(outputs, inputs));
    return this.runner.run(rows, options);
  }

  /** Tokens that the model reads at once. */
  protected get longest(): number {
    const { maxPositions } = this.config as { readonly maxPositions?: number };
    return maxPositions ?? T5_LENGTH;
  }

  /** Texts or pairs as rows, one each. @throws OptionError when one is too long and is not to be cut */
  protected encodeRows(
    texts: readonly TextOrPair[],
    { maxLength, truncation = false }: PredictOptions,
  ): Encoding[] {
    const limit = this.limitOf(maxLength);
    return texts.map((input, index) => {
      const [text, pair] = typeof input === 'string' ? [input, undefined] : input;
      const encoding = this.tokenizer.encode(text, {
        ...(pair === undefined ? {} : { pair }),
        ...(truncation ? { maxLength: limit } : {}),
      });
      if (encoding.ids.length <= limit) return encoding;
      throw tooLong({ index, length: encoding.ids.length, limit });
    });
  }

  /** Each text as the windows that cover it, which share `stride` tokens. */
  protected windowsOf(
    texts: readonly (readonly [text: string, pair?: string])[],
    { maxLength, stride }: { readonly maxLength?: number; readonly stride?: number },
  ): Encoding[][] {
    const limit = this.limitOf(maxLength);
    const shared = stride ?? Math.min(128, Math.floor(limit / 3));
    return texts.map(([text, pair]) => {
      const first = this.tokenizer.encode(text, {
        maxLength: limit,
        stride: shared,
        returnOverflowing: true,
        ...(pair === undefined ? {} : { pair, truncation: 'onlySecond' }),
      });
      return [first, ...first.overflowing];
    });
  }

  protected limitOf(maxLength: number | undefined): number {
    const most = (this.config as { readonly maxPositions?: number }).maxPositions ?? Infinity;
    if (maxLength === undefined) return this.longest;
    if (Number.isSafeInteger(maxLength) && maxLength > 2 && maxLength <= most) return maxLength;
    throw new OptionError({
      op: 'predict',
      problem: `maxLength is ${maxLength}, needed a whole number from 3${most === Infinity ? '' : ` to the model's ${most} positions`}`,
      page: 'option-value',
      got: maxLength,
      needed: most,
    });
  }

  /** @throws OptionError for options that the class has not */
  protected checkPredictOptions(options: object, more: readonly string[] = []): void {
    checkOptions(`${this.model.architecture.name}.predict`, options, [...PREDICT_OPTIONS, ...more]);
  }

  protected async releaseGraphs(): Promise<void> {
    await this.runner?.release();
    this.runner = undefined; // the next one reads the model anew
  }
}

function tooLong({
  index,
  length,
  limit,
}: {
  readonly index: number;
  readonly length: number;
  readonly limit: number;
}): OptionError {
  return new OptionError({
    op: 'predict',
    problem: `text ${index} has ${length} tokens, the model reads ${limit} at once`,
    likely: 'Set truncation to cut it, or part it yourself.',
    page: 'text-too-long',
    got: length,
    needed: limit,
  });
}
