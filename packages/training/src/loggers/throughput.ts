import { OptionError } from '@tesserae/tensor';
import type { StepEvent } from '../trainer/events.js';

/** How fast a run is, smoothed. */
export interface Throughput {
  readonly tokensPerSecond: number;
  /** Seconds until the last step, at this speed. */
  readonly etaSeconds: number;
  /** Share of the machine's peak that the model's own arithmetic uses; undefined without a peak. */
  readonly mfu?: number;
}

/** What the share of the peak is reckoned from. */
export interface ThroughputOptions {
  /** Floating-point operations of a training step, a token; see `trainingFlopsPerToken`. */
  readonly flopsPerToken?: number;
  /** Operations a second that the machine can do at best. */
  readonly peakFlops?: number;
  /** Share of the old mean that a step leaves; default 0.95. */
  readonly smoothing?: number;
}

/**
 * Operations of forward and backward pass for a token: 6 for each parameter that is multiplied with, and
 * 12·layers·width·length for the products of attention. Embedding tables are looked up and do not count.
 * @see Chowdhery et al. 2022, "PaLM", appendix B
 */
export function trainingFlopsPerToken(model: {
  readonly numParameters: number;
  readonly numLayers: number;
  readonly width: number;
  readonly seqLen: number;
}): number {
  return 6 * model.numParameters + 12 * model.numLayers * model.width * model.seqLen;
}

/** Means of the last steps, for progress bars. The first step, which compiles, is left out. */
export function throughputMeter(options: ThroughputOptions = {}): (event: StepEvent) => Throughput {
  const { flopsPerToken, peakFlops, smoothing = 0.95 } = options;
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new OptionError({
      op: 'throughputMeter',
      problem: `smoothing is ${smoothing}, needed a share below 1`,
      page: 'option-value',
      got: smoothing,
    });
  }
  let [seconds, tokens, numSteps] = [0, 0, 0];
  return ({ elapsedMs, numTokens, step, totalSteps }) => {
    const kept = numSteps <= 1 ? 0 : smoothing;
    seconds = kept * seconds + (1 - kept) * (elapsedMs / 1000);
    tokens = kept * tokens + (1 - kept) * numTokens;
    numSteps += 1;
    const tokensPerSecond = tokens / seconds;
    const isRated = flopsPerToken !== undefined && peakFlops !== undefined;
    return {
      tokensPerSecond,
      etaSeconds: seconds * Math.max(0, totalSteps - step),
      ...(isRated ? { mfu: (tokensPerSecond * flopsPerToken) / peakFlops } : {}),
    };
  };
}
