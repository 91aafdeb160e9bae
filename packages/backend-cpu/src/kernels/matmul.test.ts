import type { HostTensor } from '@tesserae/tensor';
import { matmul, spec, toNumbers, trace } from '@tesserae/tensor';
import { randomTensor } from '@tesserae/backend-testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCpuBackend } from '../backend.js';

interface Flags {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

async function product(
  kind: 'plain' | 'blocked',
  [a, b]: readonly [HostTensor, HostTensor],
  flags: Flags,
): Promise<number[]> {
  const backend = createCpuBackend({ matmul: kind });
  const { graph } = trace(
    ([x, y]: readonly never[]) => matmul(x!, y!, flags),
    [a, b].map((t) => spec(t.dtype, t.shape)) as never,
  );
  const executable = await backend.compile(graph, { constants: new Map(), debug: 0 });
  const [result] = await executable.run([backend.upload(a), backend.upload(b)]);
  return toNumbers(await backend.download(result!));
}

const sizes = fc.record({
  m: fc.nat(10),
  k: fc.nat(10),
  n: fc.nat(10),
  batch: fc.integer({ min: 1, max: 3 }),
});
const flags = fc.record({ transposeA: fc.boolean(), transposeB: fc.boolean() });

describe('blocked matmul', () => {
  it('gives the very sums of the plain one, for every size, transposition and batch', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, flags, fc.boolean(), async ({ m, k, n, batch }, way, isBatched) => {
        const shapeA = way.transposeA ? [k, m] : [m, k];
        const shapeB = way.transposeB ? [n, k] : [k, n];
        const a = randomTensor({ dtype: 'f32', shape: [batch, ...shapeA] }, { seed: 1 });
        const b = randomTensor({ dtype: 'f32', shape: isBatched ? [batch, ...shapeB] : shapeB }, { seed: 2 });
        expect(await product('blocked', [a, b], way)).toEqual(await product('plain', [a, b], way));
      }),
      { numRuns: 80, seed: 4 },
    );
  });

  it('multiplies matrices', async () => {
    const a = { dtype: 'f32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;
    const b = { dtype: 'f32', shape: [3, 2], data: Float32Array.of(7, 8, 9, 10, 11, 12) } as const;
    expect(await product('blocked', [a, b], { transposeA: false, transposeB: false })).toEqual([
      58, 64, 139, 154,
    ]);
  });
});
