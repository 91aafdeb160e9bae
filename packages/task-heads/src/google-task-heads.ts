import type { Tensor } from '@tesserae/tensor';
import { OptionError, checkOptions, mean, reduceSum } from '@tesserae/tensor';
import { answerLosses } from './answer-losses.js';
import type { Head, TaskInputs } from './encoder.js';
import type { OneLayerParams } from './google-heads.js';
import {
  oneLayerSequenceHead,
  oneLayerSpec,
  oneLayerTokenHead,
  regressionLosses,
  sequenceLosses,
  tokenLosses,
} from './google-heads.js';
import { withLoss } from './heads.js';
import type { JointAnswerOptions, JointAnswerParams } from './joint-answers.js';
import { answerBeams, answerMask, answersGivenStarts, jointAnswerSpec } from './joint-answers.js';

// The heads of google-research/electra as values, for `withHead`.

/** What the heads of Google's code share. */
export interface GoogleHeadOptions {
  /** Name of the task in a checkpoint of google-research/electra; absent: names of our own. */
  readonly taskName?: string;
  /** How the losses of a batch make one: Google's code sums them. Default 'mean', as Hugging Face's. */
  readonly reduction?: 'mean' | 'sum';
}

/** How classes or a value are read off a text. */
export interface GoogleSequenceOptions extends GoogleHeadOptions {
  readonly numLabels: number;
  /** One output that is a value, learned by squared error. Default false. */
  readonly isRegression?: boolean;
}

/** How answers are scored and learned. */
export interface GoogleAnswerOptions extends GoogleHeadOptions, JointAnswerOptions {
  /** What the loss of answerability counts beside that of the ends. Default 0.5. */
  readonly answerabilityWeight?: number;
}

const SHARED = ['taskName', 'reduction'];
const ANSWERS = [
  'isJoint',
  'beamSize',
  'hasAnswerability',
  'answerabilityReadsStarts',
  'answerabilityWeight',
];

function reduced(losses: Tensor, { reduction = 'mean' }: GoogleHeadOptions): Tensor {
  return reduction === 'sum' ? reduceSum(losses) : mean(losses);
}

/** A checked set of options. @throws OptionError */
function checked<Options extends GoogleHeadOptions>(
  op: string,
  options: Options,
  own: readonly string[],
): Options {
  checkOptions(op, options, [...SHARED, ...own]);
  const { reduction } = options;
  if (reduction === undefined || reduction === 'mean' || reduction === 'sum') return options;
  throw new OptionError({
    op,
    problem: `reduction is '${String(reduction)}'; known are mean, sum`,
    page: 'option-value',
    got: reduction,
  });
}

/** One dense layer on the first token. */
export function googleSequenceHead(options: GoogleSequenceOptions): Head<OneLayerParams> {
  const {
    numLabels,
    isRegression = false,
    taskName,
  } = checked('googleSequenceHead', options, ['numLabels', 'isRegression']);
  if (isRegression && numLabels !== 1) {
    throw new OptionError({
      op: 'googleSequenceHead',
      problem: `a regression has 1 output, not ${numLabels}`,
      page: 'option-conflict',
      got: numLabels,
    });
  }
  return {
    tokens: 'first',
    labels: ['labels'],
    specs: ({ hiddenSize }) => oneLayerSpec({ hiddenSize, numLabels, ...named(taskName) }),
    forward: (params, hidden, { inputs: { labels }, dropoutRate, rng }) => {
      const logits = oneLayerSequenceHead(params, hidden, { dropoutRate, rng });
      if (labels === undefined) return { logits };
      const losses = isRegression ? regressionLosses(logits, labels) : sequenceLosses(logits, labels);
      return withLoss({ logits }, reduced(losses, options));
    },
  };
}

/** One dense layer on every token; labels stand at the first token of each word, -100 elsewhere. */
export function googleTokenHead(
  options: GoogleHeadOptions & { readonly numLabels: number },
): Head<OneLayerParams> {
  const { numLabels, taskName } = checked('googleTokenHead', options, ['numLabels']);
  return {
    tokens: 'all',
    labels: ['labels'],
    specs: ({ hiddenSize }) => oneLayerSpec({ hiddenSize, numLabels, ...named(taskName) }),
    forward: (params, hidden, { inputs: { labels } }) => {
      const logits = oneLayerTokenHead(params, hidden);
      return withLoss({ logits }, labels && reduced(tokenLosses(logits, labels), options));
    },
  };
}

/**
 * Ends that depend on their start, and whether there is an answer. Answers lie in the tokens of segment 1, or where
 * `answerMask` (i32[batch, seqLen]) is 1, for encoders without segments. A joint head gives, without labels, the best starts
 * and the best ends for each: what `rankAnswers` reads.
 */
export function googleAnswerHead(options: GoogleAnswerOptions = {}): Head<JointAnswerParams> {
  const { taskName, isJoint = true, beamSize = 20 } = checked('googleAnswerHead', options, ANSWERS);
  const { hasAnswerability = true, answerabilityWeight = 0.5 } = options;
  return {
    tokens: 'all',
    labels: ['startPositions', 'endPositions', ...(hasAnswerability ? ['isImpossible'] : [])],
    specs: ({ hiddenSize }) => jointAnswerSpec({ hiddenSize, ...named(taskName) }, options),
    forward: (params, hidden, { inputs }) => {
      const mask = maskOf(inputs);
      const { startPositions, endPositions, isImpossible } = inputs;
      const isLabelled =
        startPositions !== undefined &&
        endPositions !== undefined &&
        (isImpossible !== undefined || !hasAnswerability);
      if (isJoint && !isLabelled) return { ...answerBeams(params, hidden, { mask, beamSize }) };
      const given = answersGivenStarts(params, hidden, { mask, startPositions });
      if (!isLabelled) return { ...given };
      const labels = { startPositions, endPositions, isImpossible };
      return withLoss({ ...given }, reduced(answerLosses(given, labels, { answerabilityWeight }), options));
    },
  };
}

const named = (taskName: string | undefined): { readonly taskName?: string } =>
  taskName === undefined ? {} : { taskName };

function maskOf({ answerMask: given, attentionMask, tokenTypeIds }: TaskInputs): Tensor {
  if (given !== undefined) return given;
  if (attentionMask !== undefined && tokenTypeIds !== undefined) {
    return answerMask({ attentionMask, tokenTypeIds });
  }
  throw new OptionError({
    op: 'googleAnswerHead',
    problem: 'neither answerMask nor both attentionMask and tokenTypeIds are given',
    likely: 'Answers lie in segment 1: pass both; or an answerMask of 1 at the context and at token 0.',
    page: 'missing-input',
  });
}
