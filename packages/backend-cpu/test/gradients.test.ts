import { createCpuBackend } from '@tesserae/backend-cpu';
import { checkGradient, hasGradient, sampleInputs, sampleSeed } from '@tesserae/backend-testkit';
import type { Tensor } from '@tesserae/tensor';
import { OPS, applyAll } from '@tesserae/tensor';
import { afterAll, describe, it } from 'vitest';

const backend = createCpuBackend({ precision: 'f64' });
afterAll(() => backend.close());

/** Every gradient rule against a central difference in double, along a random direction, for every sample. */
describe('gradient rules agree with differences', () => {
  for (const record of OPS) {
    record.samples.forEach((sample, index) => {
      if (!hasGradient({ record, index, dtype: 'f32' })) return;
      const name = `${record.name}, sample ${index}`;
      const seed = sampleSeed(record.name, index);
      if (sample.skipGradient !== undefined) {
        it.skip(`${name} (skipped: ${sample.skipGradient})`);
        return;
      }
      it(name, async () => {
        const inputs = sampleInputs(sample, { dtype: 'f32', seed });
        await checkGradient((args: readonly Tensor[]) => applyAll(record, args, sample.params), inputs, {
          backend,
          seed,
        });
      });
    });
  }
});
