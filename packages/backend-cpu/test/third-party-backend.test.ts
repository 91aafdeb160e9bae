import { createCpuBackend } from '@tesserae/backend-cpu';
import { describeBackend } from '@tesserae/backend-testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { createCountingBackend } from './counting-backend.js';

/** A backend that only knows the public contract passes the whole suite: nothing in core has to know it. */
const made: ReturnType<typeof createCountingBackend>[] = [];
const create = () => {
  const counting = createCountingBackend(createCpuBackend());
  made.push(counting);
  return counting.backend;
};

await describeBackend({
  name: 'a third-party backend',
  create,
  reference: createCpuBackend(),
  testApi: { describe, it, afterAll },
});

describe('a third-party backend', () => {
  it('was the one that worked: its calls were counted', () => {
    const { counts } = made[0]!;
    expect(counts.compile).toBeGreaterThan(500);
    expect(counts.run).toBeGreaterThanOrEqual(counts.compile - 5);
    expect(counts.upload).toBeGreaterThan(counts.compile);
    expect(counts.download).toBeGreaterThan(500);
    expect(counts.release).toBeGreaterThan(counts.upload);
  });
});
