import { OptionError, checkOptions } from '@tesserae/tensor';
import type { ParamRule } from './optimizer.js';

/** How learning rates fall from the head down to the embeddings. */
export interface LayerWiseDecayOptions {
  /** Factor from one layer to the one below; in (0, 1]. ELECTRA: 0.8, large 0.9. */
  readonly decay: number;
  readonly numLayers: number;
  /** Layer of a path, from 0; 'embeddings'; or 'head'. Default reads ELECTRA's paths: `layers.3.…`, `embeddings.…`. */
  readonly depthOf?: (path: string) => number | 'embeddings' | 'head';
  /**
   * 'google' (default): decay^(numLayers + 2 - depth), as ELECTRA was fine-tuned, where the top layer already has decay²
   * because a pooler that no longer exists is counted; 'corrected': the top layer has decay¹.
   */
  readonly exponents?: 'google' | 'corrected';
}

/**
 * Learning-rate scales that fall from the head (1) to the embeddings, for `learningRateScale` of an optimiser.
 * @throws OptionError for unknown options or a decay outside (0, 1]
 * @see google-research/electra, model/optimization.py and issues 51 and 64
 */
export function layerWiseDecay(options: LayerWiseDecayOptions): ParamRule<number> {
  checkOptions('layerWiseDecay', options, ['decay', 'numLayers', 'depthOf', 'exponents']);
  const { decay, numLayers, depthOf = electraDepth, exponents = 'google' } = options;
  const isSound = decay > 0 && decay <= 1 && Number.isSafeInteger(numLayers) && numLayers >= 0;
  if (!isSound || !['google', 'corrected'].includes(exponents)) {
    throw new OptionError({
      op: 'layerWiseDecay',
      problem: `decay ${decay}, numLayers ${numLayers}, exponents ${exponents}`,
      likely: "Needed: a decay above 0 and up to 1, a whole number of layers, 'google' or 'corrected'.",
      page: 'option-value',
      got: options,
    });
  }
  const poolers = exponents === 'google' ? 1 : 0;
  return (path) => {
    const depth = depthOf(path);
    if (depth === 'head') return 1;
    return decay ** (numLayers + 1 + poolers - (depth === 'embeddings' ? 0 : depth + 1));
  };
}

function electraDepth(path: string): number | 'embeddings' | 'head' {
  const layer = /(?:^|\.)layers\.(\d+)\./.exec(path);
  if (layer !== null) return Number(layer[1]);
  return /(?:^|\.)(embeddings|projection)\./.test(path) ? 'embeddings' : 'head';
}
