import { readFileSync } from 'node:fs';
import { createCpuBackend } from '@tesserae/backend-cpu';
import {
  gradientCase,
  hasGradient,
  opCase,
  readFixture,
  requireClose,
  runGraph,
} from '@tesserae/backend-testkit';
import type { DType, HostTensor } from '@tesserae/tensor';
import { OPS, castHost, isFloat } from '@tesserae/tensor';
import { afterAll, describe, expect, it } from 'vitest';

const fixture = readFixture(
  readFileSync(new URL('../../../tools/golden/fixtures/ops.safetensors', import.meta.url)),
);
const paramsByCase = JSON.parse(fixture.metadata['params']!) as Record<string, unknown>;
const backend = createCpuBackend();
afterAll(() => backend.close());

/** PyTorch computed in double; each of our steps rounds to f32, a few units in the last place of the largest term. */
const tolerance = { rtol: 2e-6, atol: 2e-6 };
const exact = { rtol: 0, atol: 0 };
const tolerances = {
  f32: tolerance,
  f64: tolerance,
  f16: exact,
  bf16: exact,
  i32: exact,
  i8: exact,
  u8: exact,
  bool: exact,
};

/** Integers and booleans are stored as i32. */
const asStored = (value: HostTensor): HostTensor => (isFloat(value.dtype) ? value : castHost(value, 'i32'));

function golden(name: string): HostTensor {
  const tensor = fixture.tensors.get(name);
  if (tensor === undefined)
    throw new Error(`${name} is not in ops.safetensors; run tools/golden/generate.py --only op_values`);
  return tensor;
}

/** Typed arrays as lists, as the fixture's metadata has them. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, item: unknown) =>
      ArrayBuffer.isView(item) ? [...(item as Float32Array)] : item,
    ),
  );

describe('every op gives the values and gradients of PyTorch', () => {
  for (const record of OPS) {
    record.samples.forEach(({ params }, index) => {
      const name = `${record.name}/${index}`;
      const dtype: DType = record.dtypes.includes('f32') ? 'f32' : record.dtypes[0]!;
      const sample = { record, index, dtype };
      const check = (got: HostTensor, part: string): void =>
        requireClose(asStored(got), golden(`${name}/${part}`), { op: `${name}/${part}`, tolerances });

      it(`${name}: value`, async () => {
        const { graph, inputs } = opCase(sample);
        expect(paramsByCase[name], 'the fixture was made from other parameters').toEqual(plain(params));
        inputs.forEach((input, at) =>
          expect(asStored(input).data, 'the fixture was made from other inputs').toEqual(
            golden(`${name}/input/${at}`).data,
          ),
        );
        const outputs = await runGraph(backend, graph, { inputs });
        outputs.forEach((output, at) => check(output, `output/${at}`));
      });

      if (!hasGradient(sample)) return;
      it(`${name}: gradient`, async () => {
        const { graph, inputs } = gradientCase(sample);
        const gradients = await runGraph(backend, graph, { inputs });
        gradients.forEach((gradient, at) => check(gradient, `grad/${at}`));
      });
    });
  }

  it('has no case that the table of ops does not have', () => {
    const known = new Set(
      OPS.flatMap((record) => record.samples.map((_, index) => `${record.name}/${index}`)),
    );
    expect(Object.keys(paramsByCase).filter((name) => !known.has(name))).toEqual([]);
  });
});
