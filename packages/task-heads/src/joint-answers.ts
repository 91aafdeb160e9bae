import type { Tensor } from '@tesserae/tensor';
import {
  add,
  cast,
  concat,
  equal,
  expandDims,
  iota,
  logSoftmax,
  matmul,
  mul,
  not,
  oneHot,
  reshape,
  sliceAxis,
  softmax,
  sub,
  topK,
} from '@tesserae/tensor';
import type { LinearParams } from '@tesserae/nn';
import { activation, linear, project } from '@tesserae/nn';
import type { ParamSpec } from '@tesserae/weights';
import type { GoogleHeadSizes } from './google-heads.js';
import { glorotLinearSpec, googleLayerName } from './google-heads.js';
import { firstToken } from './sequence-classification.js';

// The SQuAD head of google-research/electra (finetune/qa): ends are scored given their start, and a classifier says
// whether there is an answer at all.

/** How the head is built. The same options go to the spec, the head and the losses. */
export interface JointAnswerOptions {
  /** Ends depend on their start; false: two independent dense layers. Default true. */
  readonly isJoint?: boolean;
  /** Starts that are tried, and ends for each. Default 20. */
  readonly beamSize?: number;
  /** Says whether the question has an answer. Default true. */
  readonly hasAnswerability?: boolean;
  /** The classifier also reads the tokens, weighted by their start probability. Default true. */
  readonly answerabilityReadsStarts?: boolean;
}

/** Parameters; what the options leave out is absent. */
export interface JointAnswerParams<Leaf = Tensor> {
  readonly start: LinearParams<Leaf>;
  /** `[512, 2 * hiddenSize]`: the start's vector beside the token's. */
  readonly endHidden?: LinearParams<Leaf>;
  readonly end: LinearParams<Leaf>;
  readonly answerabilityHidden?: LinearParams<Leaf>;
  readonly answerability?: LinearParams<Leaf>;
}

const HIDDEN_FEATURES = 512;

/** Parameters of the head: shapes, initialisers, names. */
export function jointAnswerSpec(
  { hiddenSize, taskName }: GoogleHeadSizes,
  options: JointAnswerOptions = {},
): JointAnswerParams<ParamSpec> {
  const { isJoint = true, hasAnswerability = true, answerabilityReadsStarts = true } = options;
  let numDense = 0; // TensorFlow numbers the layers that have no name of their own
  const layer = (inputs: number, outputs: number, own: string): LinearParams<ParamSpec> => {
    const googles = numDense === 0 ? 'dense' : `dense_${numDense}`;
    numDense += 1;
    return glorotLinearSpec(inputs, outputs, googleLayerName(taskName, own, googles));
  };
  const start = layer(hiddenSize, 1, 'qa_start');
  const endHidden = glorotLinearSpec(
    2 * hiddenSize,
    HIDDEN_FEATURES,
    googleLayerName(taskName, 'qa_hidden', 'qa_hidden'),
  );
  const end = layer(isJoint ? HIDDEN_FEATURES : hiddenSize, 1, 'qa_end');
  const ends = { start, ...(isJoint ? { endHidden } : {}), end };
  if (!hasAnswerability) return ends;
  if (!answerabilityReadsStarts) return { ...ends, answerability: layer(hiddenSize, 1, 'qa_answerability') };
  return {
    ...ends,
    answerabilityHidden: layer(2 * hiddenSize, HIDDEN_FEATURES, 'qa_answerability_hidden'),
    answerability: layer(HIDDEN_FEATURES, 1, 'qa_answerability'),
  };
}

/** What the head reads beside the hidden states. */
interface JointAnswerInputs {
  /** 1 for tokens that an answer may begin or end at, the no-answer slot 0 among them: `answerMask`. */
  readonly mask: Tensor; // [batch, seqLen]
  /** i32[batch]; given in training, where ends are scored for these starts. */
  readonly startPositions?: Tensor | undefined;
}

/** Logits of the starts, of the ends for the given starts, and of there being no answer. */
export interface GivenStarts {
  readonly startLogits: Tensor; // [batch, seqLen]
  readonly endLogits: Tensor; // [batch, seqLen]
  /** float[batch], large where there is no answer. */
  readonly answerableLogit?: Tensor;
}

/** The best starts, and for each the best ends: log-probabilities and places. */
export interface AnswerBeams {
  readonly startTopLogProbs: Tensor; // [batch, beamSize]
  readonly startTopIndices: Tensor; // i32[batch, beamSize]
  readonly endTopLogProbs: Tensor; // [batch, beamSize, beamSize]
  readonly endTopIndices: Tensor; // i32[batch, beamSize, beamSize]
  readonly answerableLogit?: Tensor; // [batch]
}

/** Tokens of the context, which are segment 1, and the no-answer slot: float[batch, seqLen] of 0 and 1. */
export function answerMask(inputs: {
  readonly attentionMask: Tensor;
  readonly tokenTypeIds: Tensor;
}): Tensor {
  const { attentionMask, tokenTypeIds } = inputs;
  const isContext = mul(cast(not(equal(attentionMask, 0)), 'f32'), cast(equal(tokenTypeIds, 1), 'f32'));
  const places = iota('i32', [1, attentionMask.spec.shape[1]!], { axis: 1 });
  return add(isContext, cast(equal(places, 0), 'f32'));
}

/** Ends for starts that are known: training, and independent ends. */
export function answersGivenStarts(
  params: JointAnswerParams,
  hidden: Tensor,
  { mask, startPositions }: JointAnswerInputs,
): GivenStarts {
  const startLogits = masked(columnOf(hidden, params.start), mask);
  const starts = params.endHidden === undefined ? undefined : expandDims(startPositions!, { axis: 1 });
  const endLogits =
    starts === undefined
      ? columnOf(hidden, params.end)
      : reshape(conditionalEnds(params, hidden, starts), startLogits.spec.shape);
  return { startLogits, endLogits: masked(endLogits, mask), ...answerability(params, hidden, startLogits) };
}

/** The likeliest starts, and the likeliest ends for each of them; of a joint head. */
export function answerBeams(
  params: JointAnswerParams,
  hidden: Tensor,
  { mask, beamSize }: { readonly mask: Tensor; readonly beamSize: number },
): AnswerBeams {
  const [, seqLen] = hidden.spec.shape;
  const k = typeof seqLen === 'number' ? Math.min(beamSize, seqLen) : beamSize;
  const startLogits = masked(columnOf(hidden, params.start), mask);
  const starts = topK(logSoftmax(startLogits), { k }); // [batch, beamSize]
  const endLogits = conditionalEnds(params, hidden, starts.indices); // [batch, beamSize, seqLen]
  const ends = topK(logSoftmax(masked(endLogits, expandDims(mask, { axis: 1 }))), { k });
  return {
    startTopLogProbs: starts.values,
    startTopIndices: starts.indices,
    endTopLogProbs: ends.values,
    endTopIndices: ends.indices,
    ...answerability(params, hidden, startLogits),
  };
}

/**
 * End logits for each of some starts: float[batch, starts, seqLen].
 * The first layer reads start and token side by side; its two halves are applied apart and added, so that no pair of
 * vectors is ever built.
 */
function conditionalEnds(params: JointAnswerParams, hidden: Tensor, starts: Tensor): Tensor {
  const [batch, seqLen, features] = hidden.spec.shape;
  const { weight, bias } = params.endHidden!;
  const half = (start: number): Tensor =>
    sliceAxis(weight, { axis: 1, start, limit: start + (features as number) });
  const startStates = matmul(oneHot(starts, { depth: seqLen!, dtype: hidden.spec.dtype }), hidden);
  const ofStarts = expandDims(project(startStates, half(0)), { axis: 2 }); // [batch, starts, 1, 512]
  const ofTokens = expandDims(project(hidden, half(features as number)), { axis: 1 }); // [batch, 1, seqLen, 512]
  const inner = activation('gelu')(add(add(ofStarts, ofTokens), bias));
  return reshape(linear(inner, params.end), [batch!, starts.spec.shape[1]!, seqLen!]);
}

function answerability(
  params: JointAnswerParams,
  hidden: Tensor,
  startLogits: Tensor,
): { readonly answerableLogit?: Tensor } {
  if (params.answerability === undefined) return {};
  const first = firstToken(hidden); // [batch, hiddenSize]
  if (params.answerabilityHidden === undefined) {
    return { answerableLogit: reshape(linear(first, params.answerability), [-1]) };
  }
  const weights = expandDims(softmax(startLogits), { axis: 1 }); // [batch, 1, seqLen]
  const weighted = reshape(matmul(weights, hidden), first.spec.shape);
  const inner = activation('gelu')(
    linear(concat([first, weighted], { axis: 1 }), params.answerabilityHidden),
  );
  return { answerableLogit: reshape(linear(inner, params.answerability), [-1]) };
}

/** One number a token: [batch, seqLen]. */
function columnOf(hidden: Tensor, params: LinearParams): Tensor {
  return reshape(linear(hidden, params), hidden.spec.shape.slice(0, 2));
}

/** Logits far below the others where the mask is 0. */
const masked = (logits: Tensor, mask: Tensor): Tensor =>
  add(logits, mul(sub(cast(mask, logits.spec.dtype), 1), 1000));
