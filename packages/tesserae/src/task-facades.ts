import type { ProblemType } from '@tesserae/nn';
import type {
  AggregationStrategy,
  Answers,
  Classification,
  Entity,
  Pooling,
  ReplacedWord,
} from '@tesserae/task-heads';
import {
  decodeAnswers,
  decodeClassification,
  decodeEntities,
  decodeReplacedTokens,
  pool,
} from '@tesserae/task-heads';
import type { Tensor } from '@tesserae/tensor';
import type { PredictOptions, TextOrPair } from './encoder-facade.js';
import { EncoderFacade } from './encoder-facade.js';
import type { EncoderRunner } from './encoder-runner.js';

type Outputs = Readonly<Record<string, Tensor>>;

/** Config of a class with labels. */
interface Labelled {
  readonly labels: readonly string[];
  readonly problemType?: ProblemType | undefined;
}

/** Classes that decide about whole texts or pairs. */
export abstract class SequenceClassificationFacade<Config extends Labelled> extends EncoderFacade<Config> {
  /** Classifies texts, or pairs of texts, in their order. */
  async predict(texts: readonly TextOrPair[], options: PredictOptions = {}): Promise<Classification[]> {
    this.checkPredictOptions(options);
    const { labels, problemType } = this.config;
    const found = await this.run(this.encodeRows(texts, options), options);
    return found.map(({ logits }) =>
      decodeClassification(logits!, { labels, ...(problemType === undefined ? {} : { problemType }) }),
    );
  }
}

/** How entities are found. */
export interface EntityPredictOptions extends Omit<PredictOptions, 'truncation'> {
  /** Default 'simple'. */
  readonly aggregationStrategy?: AggregationStrategy;
  /** Tags that are no entities; default ['O']. */
  readonly ignoreLabels?: readonly string[];
  /** Tokens that the windows of a long text share; default a third of a window, at most 128. */
  readonly stride?: number;
}

/** Classes that tag tokens. */
export abstract class TokenClassificationFacade<Config extends Labelled> extends EncoderFacade<Config> {
  /** Entities of each text; long texts are read in windows. */
  async predict(texts: readonly string[], options: EntityPredictOptions = {}): Promise<Entity[][]> {
    this.checkPredictOptions(options, ['aggregationStrategy', 'ignoreLabels', 'stride']);
    const { aggregationStrategy, ignoreLabels } = options;
    const windows = this.windowsOf(
      texts.map((text) => [text]),
      options,
    );
    const found = await this.run(windows.flat(), options);
    let next = 0;
    return windows.map((parts, index) =>
      decodeEntities(
        parts.map((tokens) => ({ tokens, logits: found[next++]!['logits']! })),
        {
          text: texts[index]!,
          labels: this.config.labels,
          ...(aggregationStrategy === undefined ? {} : { strategy: aggregationStrategy }),
          ...(ignoreLabels === undefined ? {} : { ignoreLabels }),
        },
      ),
    );
  }
}

/** A question about a context. */
export interface Question {
  readonly question: string;
  readonly context: string;
}

/** How answers are found. */
export interface AnswerPredictOptions extends Omit<PredictOptions, 'truncation'> {
  readonly topK?: number;
  readonly maxAnswerLength?: number;
  readonly handleImpossibleAnswer?: boolean;
  readonly alignToWords?: boolean;
  /** Tokens that the windows of a long context share; default a third of a window, at most 128. */
  readonly stride?: number;
}

/** Classes that find answers in a context. */
export abstract class QuestionAnsweringFacade<Config> extends EncoderFacade<Config> {
  /** Answers of each question, best first, and what speaks for there being none. */
  async predict(questions: readonly Question[], options: AnswerPredictOptions = {}): Promise<Answers[]> {
    const choice = ['topK', 'maxAnswerLength', 'handleImpossibleAnswer', 'alignToWords'] as const;
    this.checkPredictOptions(options, [...choice, 'stride']);
    const chosen = Object.fromEntries(
      choice.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])),
    );
    const windows = this.windowsOf(
      questions.map(({ question, context }) => [question, context]),
      {
        maxLength: options.maxLength ?? Math.min(384, this.longest),
        ...(options.stride === undefined ? {} : { stride: options.stride }),
      },
    );
    const found = await this.run(windows.flat(), options);
    let next = 0;
    return windows.map((parts, index) =>
      decodeAnswers(
        parts.map((tokens) => {
          const { startLogits, endLogits } = found[next++]!;
          return { tokens, startLogits: startLogits!, endLogits: endLogits! };
        }),
        { context: questions[index]!.context, ...chosen },
      ),
    );
  }

  protected override outputsOf({ start_logits: startLogits, end_logits: endLogits }: Outputs): Outputs {
    return { startLogits: startLogits!, endLogits: endLogits! };
  }
}

/** How replaced tokens are told. */
export interface ReplacedTokenOptions extends PredictOptions {
  /** Probability from which a word counts as replaced; default 0.5. */
  readonly threshold?: number;
  /** What of a word's tokens is its score; default 'max'. */
  readonly of?: 'max' | 'mean';
}

/** Classes that tell which tokens were replaced. */
export abstract class ReplacedTokenFacade<Config> extends EncoderFacade<Config> {
  /** For each text its words, each with the probability that another stood there. */
  async predict(texts: readonly string[], options: ReplacedTokenOptions = {}): Promise<ReplacedWord[][]> {
    this.checkPredictOptions(options, ['threshold', 'of']);
    const { threshold, of } = options;
    const rows = this.encodeRows(texts, options);
    const found = await this.run(rows, options);
    return rows.map((tokens, index) =>
      decodeReplacedTokens(
        { tokens, logits: found[index]!['logits']! },
        {
          text: texts[index]!,
          ...(threshold === undefined ? {} : { threshold }),
          ...(of === undefined ? {} : { of }),
        },
      ),
    );
  }
}

/** How texts become vectors. */
export interface EmbedOptions extends PredictOptions {
  /** Default 'mean'. */
  readonly pooling?: Pooling;
  /** To length 1; default false. */
  readonly normalize?: boolean;
}

/** Bare encoders: hidden states and vectors of texts. */
export abstract class EmbeddingFacade<Config> extends EncoderFacade<Config> {
  private readonly embedders = new Map<string, EncoderRunner>();

  /** Hidden states of each text, [tokens, features] one row after another. */
  async predict(texts: readonly TextOrPair[], options: PredictOptions = {}): Promise<Float32Array[]> {
    this.checkPredictOptions(options);
    const found = await this.run(this.encodeRows(texts, options), options);
    return found.map(({ hidden }) => hidden!);
  }

  /** One vector a text. */
  async embed(texts: readonly TextOrPair[], options: EmbedOptions = {}): Promise<Float32Array[]> {
    this.checkPredictOptions(options, ['pooling', 'normalize']);
    const { pooling = 'mean', normalize = false } = options;
    const key = `${pooling} ${String(normalize)}`;
    const runner =
      this.embedders.get(key) ??
      this.newRunner(({ last_hidden_state: hidden }, { attention_mask: attentionMask }) => ({
        vector: pool(hidden!, { pooling, normalize, attentionMask: attentionMask! }),
      }));
    this.embedders.set(key, runner);
    const found = await runner.run(this.encodeRows(texts, options), options);
    return found.map(({ vector }) => vector!);
  }

  protected override outputsOf({ last_hidden_state: hidden }: Outputs): Outputs {
    return { hidden: hidden! };
  }

  protected override async releaseGraphs(): Promise<void> {
    for (const runner of this.embedders.values()) await runner.release();
    this.embedders.clear();
    await super.releaseGraphs();
  }
}
