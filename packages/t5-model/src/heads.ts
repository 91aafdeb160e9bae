import type { HostTensor, Rng, Tensor } from '@tesserae/tensor';
import {
  OptionError,
  cast,
  equal,
  expandDims,
  iota,
  matmul,
  reduceMax,
  reshape,
  tanh,
  where,
} from '@tesserae/tensor';
import type { LinearParams } from '@tesserae/nn';
import { linear, maybeDropout, subRng } from '@tesserae/nn';
import type { ParamSpec } from '@tesserae/weights';
import { linearSpec } from '@tesserae/weights';
import type { T5Config } from './config.js';

// What T5 has of its own to decide about texts; heads per token are those of any encoder.

/** Dense, tanh, then one logit a class. */
export interface T5ClassificationParams<Leaf = Tensor> {
  /** dModel to dModel. */
  readonly dense: LinearParams<Leaf>;
  /** dModel to the classes. */
  readonly output: LinearParams<Leaf>;
}

/** Parameters of the classification head, by Hugging Face's names and initialisers. */
export function t5ClassificationSpec(config: T5Config): T5ClassificationParams<ParamSpec> {
  const { dModel, initializerFactor, labels } = config;
  const std = initializerFactor * dModel ** -0.5;
  return {
    dense: linearSpec(dModel, dModel, { std, name: 'classification_head.dense' }),
    output: linearSpec(dModel, labels.length, { std, name: 'classification_head.out_proj' }),
  };
}

/**
 * Logits of each class.
 * @param sentence  float[batch, dModel]
 * @param options.rng  of dropout; undefined outside training
 * @returns float[batch, numLabels]
 */
export function t5ClassificationHead(
  params: T5ClassificationParams,
  sentence: Tensor,
  { config, rng }: { readonly config: T5Config; readonly rng: Rng | undefined },
): Tensor {
  const drop = (x: Tensor, name: string): Tensor =>
    maybeDropout(x, { rate: config.classifierDropout, rng: subRng(rng, name) });
  const dense = tanh(linear(drop(sentence, 'sentence'), params.dense));
  return linear(drop(dense, 'dense'), params.output);
}

/**
 * The hidden state at each row's last end token, which stands for the sentence.
 * @param hidden  float[batch, len, dModel]
 * @param inputIds  i32[batch, len]; every row needs an end token, see `checkEndTokens`
 * @returns float[batch, dModel]
 */
export function lastEndTokenState(hidden: Tensor, inputIds: Tensor, config: T5Config): Tensor {
  const [batch, len] = inputIds.spec.shape;
  const positions = iota('i32', [len!], { axis: 0 });
  const isEnd = equal(inputIds, config.eosTokenId);
  const last = reduceMax(where(isEnd, positions, -1), { axes: [1], keepDims: true }); // [batch, 1]
  const picked = cast(equal(positions, last), hidden.spec.dtype); // one-hot [batch, len]
  return reshape(matmul(expandDims(picked, { axis: 1 }), hidden), [batch!, config.dModel]);
}

/**
 * Checks what `lastEndTokenState` takes for granted; rows with unequal numbers are refused as Hugging Face does,
 * since one of them has probably lost its end.
 * @param inputIds  i32[batch, len]
 * @throws OptionError when a row has no end token, or rows have unequal numbers of them
 */
export function checkEndTokens(inputIds: HostTensor, { eosTokenId }: T5Config): void {
  const { shape, data } = inputIds;
  const len = shape.at(-1)!;
  const counts = Array.from({ length: len === 0 ? 0 : data.length / len }, () => 0);
  data.forEach((id, index) => {
    if (id === eosTokenId) counts[Math.floor(index / len)]! += 1;
  });
  if (counts.every((count) => count > 0 && count === counts[0])) return;
  const row = counts.findIndex((count) => count === 0 || count !== counts[0]);
  throw new OptionError({
    op: 'T5ForSequenceClassification',
    problem: `row ${row} has ${counts[row]} end tokens (id ${eosTokenId}), row 0 has ${counts[0]}`,
    likely:
      'Encode every text with its end token, and cut long ones before it is added: all rows must have equally ' +
      'many, and at least one.',
    page: 'unequal-end-tokens',
    got: counts,
    needed: 'equally many end tokens in every row',
  });
}
