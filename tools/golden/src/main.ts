/**
 * Writes every sample of every op as JSON: inputs, parameters and cotangents as the conformance kit draws them.
 * `topics/op_values.py` has PyTorch compute values and gradients from it, so that Python needs no second generator.
 * Usage: tsx --conditions=@tesserae/source tools/golden/src/main.ts OUT.json
 */
import { writeFileSync } from 'node:fs';
import { gradientCase, hasGradient, opCase } from '@tesserae/backend-testkit';
import type { HostTensor, OpRecord } from '@tesserae/tensor';
import { OPS } from '@tesserae/tensor';

const toJson = ({ dtype, shape, data }: HostTensor) => ({ dtype, shape, data: [...data] });

function exportCase(record: OpRecord, index: number) {
  const dtype = record.dtypes.includes('f32') ? 'f32' : record.dtypes[0]!;
  const sample = { record, index, dtype } as const;
  const { graph, inputs } = opCase(sample);
  const cotangents = hasGradient(sample) ? gradientCase(sample).inputs.slice(inputs.length) : [];
  return {
    name: `${record.name}/${index}`,
    op: record.name,
    params: record.samples[index]!.params,
    inputs: inputs.map(toJson),
    cotangents: cotangents.map(toJson),
    outputs: graph.outputs.map(({ spec }) => spec),
  };
}

function main(path: string | undefined): void {
  if (path === undefined) throw new Error('export-op-cases: name the file to write');
  const cases = OPS.flatMap((record) => record.samples.map((_, index) => exportCase(record, index)));
  const isTyped = (_: string, value: unknown): unknown =>
    ArrayBuffer.isView(value) ? [...(value as Float32Array)] : value;
  writeFileSync(path, JSON.stringify(cases, isTyped));
}

main(process.argv[2]);
