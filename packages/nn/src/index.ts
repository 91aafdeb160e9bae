export { ACTIVATION_NAMES, activation } from './activations.js';
export type { ProblemType } from './class-labels.js';
export { classLabels, problemTypeField } from './class-labels.js';
export type { ConfigFields } from './config-fields.js';
export { configFields } from './config-fields.js';
export { configText } from './config-text.js';
export { mergeHeads, splitHeads } from './attention.js';
export { maybeDropout, subRng } from './dropout.js';
export type { LinearParams } from './linear.js';
export { linear, project } from './linear.js';
export type { AdaptedMatrixOptions } from './adapted-matrix.js';
export { adaptedMatrix } from './adapted-matrix.js';
export type { AdaptedOutputOptions } from './adapted-output.js';
export { adaptedOutput } from './adapted-output.js';
export { IGNORE_INDEX, binaryCrossEntropy, meanCrossEntropy, meanSquaredError, widened } from './losses.js';
export { MASKED_SCORE, causalMask, combineMasks, maskBias, paddingMask, queryPositions } from './masks.js';
export type {
  DistillationOptions,
  LossNormalization,
  TokenLossOptions,
  WeightedLoss,
} from './token-losses.js';
export { distillationLoss, tokenCrossEntropy } from './token-losses.js';
