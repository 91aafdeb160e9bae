export { ACTIVATION_NAMES, activation } from './activations.js';
export type { ConfigFields } from './config-fields.js';
export { configFields } from './config-fields.js';
export { mergeHeads, splitHeads } from './attention.js';
export { maybeDropout, subRng } from './dropout.js';
export type { LinearParams } from './linear.js';
export { linear, project } from './linear.js';
export { IGNORE_INDEX, binaryCrossEntropy, meanCrossEntropy, meanSquaredError } from './losses.js';
export { MASKED_SCORE, causalMask, combineMasks, maskBias, paddingMask, queryPositions } from './masks.js';
