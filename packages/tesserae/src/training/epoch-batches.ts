import { createRandom } from '@tesserae/data';
import type { TrainingBatch } from '@tesserae/training';
import type { EpochPlanOptions } from './epoch-plan.js';
import { planEpoch } from './epoch-plan.js';
import type { RowFeatures, TrainingTask } from './task.js';

/** Where a stream of batches stands; plain JSON. */
export interface EpochCursor {
  readonly epoch: number;
  /** Batches of the epoch that are done. */
  readonly batch: number;
}

/** Batches of examples in memory, epoch after epoch, from any place on. */
export class EpochBatches {
  readonly stepsPerEpoch: number;

  constructor(
    private readonly task: TrainingTask,
    private readonly examples: readonly RowFeatures[],
    private readonly plan: EpochPlanOptions,
  ) {
    this.stepsPerEpoch = planEpoch(plan, 0).length;
  }

  /** Endless batches; the same from any cursor. */
  *from({
    epoch: first,
    batch: skipped,
  }: EpochCursor): Generator<TrainingBatch & { readonly cursor: EpochCursor }> {
    for (let epoch = first, start = skipped; ; epoch++, start = 0) {
      const batches = planEpoch(this.plan, epoch);
      for (let index = start; index < batches.length; index++) {
        const { examples, box } = batches[index]!;
        const features = examples.map((at) => this.examples[at]!.features);
        const random = createRandom(this.plan.seed, ['batch', epoch, index]);
        const isLast = index + 1 === batches.length;
        yield {
          inputs: this.task.batch(features, { lengths: box, random }),
          numExamples: features.length,
          numTokens: features.reduce((sum, { numTokens }) => sum + numTokens, 0),
          cursor: isLast ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: index + 1 },
        };
      }
    }
  }
}
