import type { AggregationStrategy, Answer, LabelScore, Pooling, ReplacedWord } from '@tesserae/task-heads';
import { topLabels } from '@tesserae/task-heads';
import type { ModelFolder } from '@tesserae/weights';
import {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForPreTraining,
  AutoModelForQuestionAnswering,
  AutoModelForSeq2SeqLM,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
} from './auto.js';
import type { ElectraForPreTraining } from './electra-classes.js';
import type { PredictOptions, TextOrPair } from './encoder-facade.js';
import type { FromPretrainedOptions, ModelFacade } from './model-facade.js';
import type { FillMaskOptions } from './masked-lm-facade.js';
import type { T5ForConditionalGeneration, T5GenerateOptions } from './t5-for-conditional-generation.js';
import type {
  AnswerPredictOptions,
  EmbedOptions,
  EntityPredictOptions,
  Question,
  ReplacedTokenOptions,
} from './task-facades.js';

/** A task: which class it needs, and what it makes of inputs. */
export interface PipelineTask<Input, Options, Result> {
  open(source: ModelFolder, options: FromPretrainedOptions): Promise<ModelFacade<unknown>>;
  call(model: never, inputs: readonly Input[], options: Options): Promise<Result[]>;
}

/** An entity as Hugging Face's pipeline gives it: `entity` without aggregation, else `entity_group`. */
export interface PipelineEntity {
  readonly entity?: string;
  readonly entity_group?: string;
  readonly score: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
  readonly index?: number;
}

/** A filled mask as Hugging Face's pipeline gives it. */
export interface PipelineFill {
  readonly score: number;
  /** Id of the piece. */
  readonly token: number;
  readonly token_str: string;
  readonly sequence: string;
}

/** Options of text generation; they are those of `generate`. */
export type GenerationPipelineOptions = T5GenerateOptions;

function task<Model, Input, Options, Result>(
  loader: { fromPretrained(source: ModelFolder, options?: FromPretrainedOptions): Promise<unknown> },
  call: (model: Model, inputs: readonly Input[], options: Options) => Promise<Result[]>,
): PipelineTask<Input, Options, Result> {
  return {
    open: (source, options) => loader.fromPretrained(source, options) as Promise<ModelFacade<unknown>>,
    call: call as PipelineTask<Input, Options, Result>['call'],
  };
}

type Facade<Loader extends { fromPretrained(...args: never[]): Promise<unknown> }> = Awaited<
  ReturnType<Loader['fromPretrained']>
>;

const textClassification = task(
  AutoModelForSequenceClassification,
  async (
    model: Facade<typeof AutoModelForSequenceClassification>,
    texts: readonly TextOrPair[],
    { topK = 1, ...options }: PredictOptions & { readonly topK?: number | null },
  ): Promise<LabelScore[][]> => {
    const found = await model.predict(texts, options);
    return found.map((decision) => topLabels(decision, model.config.labels, topK));
  },
);

const tokenClassification = task(
  AutoModelForTokenClassification,
  async (
    model: Facade<typeof AutoModelForTokenClassification>,
    texts: readonly string[],
    options: EntityPredictOptions,
  ): Promise<PipelineEntity[][]> => {
    const { aggregationStrategy = 'none' as AggregationStrategy } = options;
    const found = await model.predict(texts, { ...options, aggregationStrategy });
    const name = aggregationStrategy === 'none' ? 'entity' : 'entity_group';
    return found.map((entities) => entities.map(({ label, ...rest }) => ({ [name]: label, ...rest })));
  },
);

const questionAnswering = task(
  AutoModelForQuestionAnswering,
  async (
    model: Facade<typeof AutoModelForQuestionAnswering>,
    questions: readonly Question[],
    options: AnswerPredictOptions,
  ): Promise<(readonly Answer[])[]> =>
    (await model.predict(questions, options)).map(({ answers }) => answers),
);

const fillMask = task(
  AutoModelForMaskedLM,
  async (
    model: Facade<typeof AutoModelForMaskedLM>,
    texts: readonly string[],
    options: FillMaskOptions,
  ): Promise<PipelineFill[][][]> => {
    const found = await model.predict(texts, options);
    return found.map((masks) =>
      masks.map((fills) =>
        fills.map(({ score, id, token, text }) => ({ score, token: id, token_str: token, sequence: text })),
      ),
    );
  },
);

const featureExtraction = task(
  AutoModel,
  (
    model: Facade<typeof AutoModel>,
    texts: readonly TextOrPair[],
    options: EmbedOptions & { readonly pooling?: Pooling },
  ) => model.embed(texts, options),
);

const replacedToken = task(
  AutoModelForPreTraining,
  (
    model: ElectraForPreTraining,
    texts: readonly string[],
    options: ReplacedTokenOptions,
  ): Promise<ReplacedWord[][]> => model.predict(texts, options),
);

/** Texts under the key that the task's results have in Hugging Face's pipelines. */
function generation<Key extends string>(
  key: Key,
  named?: (model: T5ForConditionalGeneration) => string | undefined,
) {
  return task(
    AutoModelForSeq2SeqLM,
    async (
      model: T5ForConditionalGeneration,
      texts: readonly string[],
      options: GenerationPipelineOptions,
    ): Promise<Record<Key, string>[][]> => {
      const own = options.task ?? named?.(model);
      const { rows, texts: written } = await model.generateDetailed(texts, {
        outputScores: false,
        ...options,
        ...(own === undefined ? {} : { task: own }),
      });
      return texts.map((_, row) =>
        written.filter((__, at) => rows[at] === row).map((text) => ({ [key]: text }) as Record<Key, string>),
      );
    },
  );
}

/** The one task of a kind that the model's config names, such as its summarization. */
const taskNamed =
  (pattern: RegExp) =>
  ({ model }: T5ForConditionalGeneration): string | undefined => {
    const names = Object.keys((model.taskParams ?? {}) as object).filter((name) => pattern.test(name));
    return names.length === 1 ? names[0] : undefined;
  };

/** Every task, by Hugging Face's names. `translation_en_to_de` and the like are 'translation' with that task. */
export const PIPELINE_TASKS = {
  'text-classification': textClassification,
  'sentiment-analysis': textClassification,
  'token-classification': tokenClassification,
  ner: tokenClassification,
  'question-answering': questionAnswering,
  'fill-mask': fillMask,
  'feature-extraction': featureExtraction,
  'replaced-token': replacedToken,
  'text2text-generation': generation('generated_text'),
  summarization: generation('summary_text', taskNamed(/^summarization$/)),
  translation: generation('translation_text', taskNamed(/^translation_/)),
} as const;
