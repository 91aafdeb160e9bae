import type { Tensor } from '@tesserae/tensor';
import {
  abs,
  add,
  cast,
  crossEntropy,
  equal,
  exp,
  log,
  maximum,
  minimum,
  multiplyDims,
  neg,
  reshape,
  sub,
  where,
} from '@tesserae/tensor';
import { linear } from '@tesserae/nn';
import type { ElectraConfig } from '../config.js';
import { maskedLanguageModelHead } from '../network.js';
import type { MaskedBatch } from './masking.js';
import { gatherPositions } from './masking.js';
import { weightedMean } from './weighted-mean.js';
import type { PretrainingParams } from './params.js';

// The masked-LM ablations of section 3.4 of the paper: the kept encoder names tokens instead of detecting fakes.

/** The kept encoder's states and what its head needs. */
interface MainStates {
  readonly hidden: Tensor; // float[batch, seqLen, hiddenSize]
  readonly params: PretrainingParams;
  readonly config: ElectraConfig;
}

/** Logits of every piece for states of any rank. */
function pieceLogits({ params, config }: MainStates, states: Tensor): Tensor {
  return maskedLanguageModelHead(params.mainPredictions!, states, {
    config,
    word: params.electra.embeddings.word,
  });
}

/** Replace MLM: cross-entropy of the originals at the chosen positions, where the input holds samples. */
export function replacedTokensLoss(states: MainStates, batch: MaskedBatch): Tensor {
  const logits = pieceLogits(states, gatherPositions(states.hidden, batch.positions));
  return weightedMean(crossEntropy(logits, batch.originalIds), reshape(batch.weights, [-1]));
}

/**
 * All-Tokens MLM: -log of D·1[input is the original] + (1 - D)·softmax(logits)[original] at every real token, where
 * D is the sigmoid of the copy logit.
 */
export function allTokensLoss(
  states: MainStates,
  { batch, corruptedIds }: { readonly batch: MaskedBatch; readonly corruptedIds: Tensor },
): Tensor {
  const { hidden, params } = states;
  const [rows, seqLen, features] = hidden.spec.shape;
  const flat = reshape(hidden, [multiplyDims(rows!, seqLen!), features!]);
  const logits = pieceLogits(states, flat);
  const copyLogit = reshape(linear(flat, params.copy!), [-1]);
  const named = sub(logSigmoid(neg(copyLogit)), crossEntropy(logits, reshape(batch.inputIds, [-1])));
  const isSame = reshape(equal(corruptedIds, batch.inputIds), [-1]);
  const logLikelihood = where(isSame, logAddExp(logSigmoid(copyLogit), named), named);
  return weightedMean(neg(logLikelihood), reshape(cast(batch.isReal, 'f32'), [-1]));
}

/** log σ(x), finite for large |x|; halves of max and min keep the gradient right at 0. */
function logSigmoid(x: Tensor): Tensor {
  return sub(minimum(x, 0), log(add(exp(neg(abs(x))), 1)));
}

/** log(eᵃ + eᵇ). */
function logAddExp(a: Tensor, b: Tensor): Tensor {
  return add(maximum(a, b), log(add(exp(neg(abs(sub(a, b)))), 1)));
}
