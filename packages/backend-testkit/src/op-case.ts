import type { DType, Graph, HostTensor, OpRecord, Sample, Tensor } from '@tesserae/tensor';
import { applyAll, isFloat, trace, vjp } from '@tesserae/tensor';
import { randomTensor, sampleInputs, sampleSeed } from './sample-inputs.js';

/** One sample of one op in one dtype, as a graph and its inputs. */
export interface OpCase {
  readonly graph: Graph;
  readonly inputs: readonly HostTensor[];
}

/** A sample of an op and the dtype under test. */
export interface OpSample {
  readonly record: OpRecord;
  /** Number of the sample in the record. */
  readonly index: number;
  readonly dtype: DType;
}

const sampleOf = ({ record, index }: OpSample): Sample => record.samples[index]!;

/** The op applied to its sample inputs; `outputs` limits which results the graph gives. */
export function opCase(sample: OpSample, { outputs }: { readonly outputs?: number } = {}): OpCase {
  const { record, index, dtype } = sample;
  const inputs = sampleInputs(sampleOf(sample), { dtype, seed: sampleSeed(record.name, index) });
  const { graph } = trace(
    (args: readonly Tensor[]) => applyAll(record, args, sampleOf(sample).params).slice(0, outputs),
    inputs.map(({ dtype: own, shape }) => ({ dtype: own, shape })),
    { name: `${record.name}${index}` },
  );
  return { graph, inputs };
}

/** True for ops with a gradient rule whose sample has a float input and a float output. */
export function hasGradient({ record, index, dtype }: OpSample): boolean {
  const { inputs, params } = record.samples[index]!;
  if (typeof record.vjp !== 'function' || !record.dtypes.includes(dtype)) return false;
  const specs = inputs.map((input) => ({ dtype: input.dtype ?? dtype, shape: input.shape }));
  return [specs, record.infer(specs, params)].every((side) => side.some((spec) => isFloat(spec.dtype)));
}

/**
 * The gradient rule of an op on its sample inputs.
 * Inputs: those of the op, then a cotangent for each float output. Outputs: the gradient of each float input.
 */
export function gradientCase(sample: OpSample): OpCase {
  const { record, index, dtype } = sample;
  const { params } = sampleOf(sample);
  const inputs = sampleInputs(sampleOf(sample), { dtype, seed: sampleSeed(record.name, index) });
  const specs = record.infer(inputs, params).filter((output) => isFloat(output.dtype));
  const cotangents = specs.map((spec, at) => {
    const seed = sampleSeed(record.name, index);
    return randomTensor(
      { dtype: spec.dtype, shape: spec.shape as readonly number[] },
      { seed, stream: 100 + at, range: [-1, 1] },
    );
  });
  const { graph } = trace(
    (args: { readonly inputs: readonly Tensor[]; readonly cotangents: readonly Tensor[] }) => {
      const outputs = applyAll(record, args.inputs, params).filter((output) => isFloat(output.spec.dtype));
      const targets = args.inputs.filter((input) => isFloat(input.spec.dtype));
      return vjp(outputs, args.cotangents, targets);
    },
    { inputs: inputs.map(specOf), cotangents: cotangents.map(specOf) },
    { name: `${record.name}${index}Gradient` },
  );
  return { graph, inputs: [...inputs, ...cotangents] };
}

const specOf = ({
  dtype,
  shape,
}: HostTensor): { readonly dtype: DType; readonly shape: readonly number[] } => ({ dtype, shape });

/** Every dtype that a graph's values have. */
export function dtypesOf(graph: Graph): ReadonlySet<DType> {
  const tensors = [...graph.inputs, ...graph.nodes.flatMap((node) => node.outputs)];
  return new Set(tensors.map((tensor) => tensor.spec.dtype));
}
