import type { Rng, Tensor } from '@tesserae/tensor';
import { crossEntropy, mul, reduceSum, reshape, sub } from '@tesserae/tensor';
import type { LinearParams } from '@tesserae/nn';
import { IGNORE_INDEX, linear, maybeDropout, widened } from '@tesserae/nn';
import type { ParamSpec } from '@tesserae/weights';
import { paramSpec } from '@tesserae/weights';
import { firstToken } from './sequence-classification.js';

// The heads of google-research/electra's own fine-tuning. Their losses are a value for each example; training sums them
// over the batch, and begins from glorot-uniform weights.

/** One dense layer on the first token, or on every token. */
export interface OneLayerParams<Leaf = Tensor> {
  readonly classifier: LinearParams<Leaf>;
}

/** Sizes of a head of Google's, and what its checkpoints call it. */
export interface GoogleHeadSizes {
  readonly hiddenSize: number;
  /**
   * Name of the task in a checkpoint of google-research/electra, whose tensors are then found: `sst`, `chunk`, `squad`, …;
   * absent: names of our own.
   */
  readonly taskName?: string;
}

/** A dense layer as TensorFlow begins it: weights from ±√(6 / (inputs + outputs)), biases 0. */
export function glorotLinearSpec(inputs: number, outputs: number, name: string): LinearParams<ParamSpec> {
  return {
    weight: paramSpec([outputs, inputs], {
      init: { kind: 'glorotUniform', fanIn: inputs, fanOut: outputs },
      name: `${name}.weight`,
    }),
    bias: paramSpec([outputs], { init: { kind: 'zeros' }, name: `${name}.bias` }),
  };
}

/** What a layer is called: in Google's checkpoints by its place among the dense layers of the task. */
export function googleLayerName(taskName: string | undefined, own: string, googles: string): string {
  return taskName === undefined ? own : `task_specific.${taskName}.${googles}`;
}

/** Parameters of a one-layer head, of sequences or of tokens. */
export function oneLayerSpec({
  hiddenSize,
  numLabels,
  taskName,
}: GoogleHeadSizes & { readonly numLabels: number }): OneLayerParams<ParamSpec> {
  return {
    classifier: glorotLinearSpec(hiddenSize, numLabels, googleLayerName(taskName, 'classifier', 'dense')),
  };
}

/**
 * The first token's vector straight to logits.
 * @param hidden  float[batch, seqLen, hiddenSize]
 * @param options.dropoutRate  0.1 in Google's code
 * @returns float[batch, numLabels]
 */
export function oneLayerSequenceHead(
  params: OneLayerParams,
  hidden: Tensor,
  { dropoutRate, rng }: { readonly dropoutRate: number; readonly rng: Rng | undefined },
): Tensor {
  return linear(maybeDropout(firstToken(hidden), { rate: dropoutRate, rng }), params.classifier);
}

/** Every token's vector straight to logits, without dropout: float[batch, seqLen, numLabels]. */
export function oneLayerTokenHead(params: OneLayerParams, hidden: Tensor): Tensor {
  return linear(hidden, params.classifier);
}

/** Cross-entropy of each sequence, float[batch]. @param labels  i32[batch] */
export function sequenceLosses(logits: Tensor, labels: Tensor): Tensor {
  return crossEntropy(widened(logits), labels, { ignoreIndex: IGNORE_INDEX });
}

/** Squared difference of each sequence, float[batch]. @param targets  float[batch], the score of STS-B over 5 */
export function regressionLosses(logits: Tensor, targets: Tensor): Tensor {
  const difference = sub(reshape(widened(logits), [-1]), reshape(targets, [-1]));
  return mul(difference, difference);
}

/**
 * Sum of the cross-entropies of each sequence's words, float[batch].
 * @param labels  i32[batch, seqLen]: the class at each word's first token, IGNORE_INDEX elsewhere
 */
export function tokenLosses(logits: Tensor, labels: Tensor): Tensor {
  return reduceSum(crossEntropy(widened(logits), labels, { ignoreIndex: IGNORE_INDEX }), { axes: [-1] });
}
