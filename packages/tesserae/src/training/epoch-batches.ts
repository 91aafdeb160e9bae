import { createRandom } from '@tesserae/data';
import type { ResumableBatch } from '@tesserae/training';
import type { EpochPlanOptions } from './epoch-plan.js';
import { planEpoch } from './epoch-plan.js';
import type { RowFeatures, TrainingTask } from './task.js';

/** Where a stream of batches stands; plain JSON. */
export type EpochCursor = {
  readonly epoch: number;
  /** Batches of the epoch that are done. */
  readonly batch: number;
};

const START: EpochCursor = { epoch: 0, batch: 0 };

/** Batches of examples in memory, epoch after epoch, from any place on. */
export class EpochBatches {
  readonly stepsPerEpoch: number;
  readonly numExamples: number;

  constructor(
    private readonly task: TrainingTask,
    private readonly examples: readonly RowFeatures[],
    private readonly plan: EpochPlanOptions,
  ) {
    this.stepsPerEpoch = planEpoch(plan, 0).length;
    this.numExamples = examples.length;
  }

  /** Endless batches; the same from any cursor. */
  *from({ epoch: first, batch: skipped }: EpochCursor = START): Generator<ResumableBatch> {
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
          epoch: epoch + (index + 1) / batches.length,
          cursor: isLast ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: index + 1 },
        };
      }
    }
  }
}
