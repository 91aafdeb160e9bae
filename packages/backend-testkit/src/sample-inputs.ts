import type { DType, HostTensor, Sample, SampleInput } from '@tesserae/tensor';
import { DTYPES, encodeElement, hostRandom, isFloat, sizeOf } from '@tesserae/tensor';

/**
 * Inputs of a sample, drawn by the project's own generator: the same on every machine, and the ones from which
 * `tools/golden` has PyTorch compute values and gradients.
 * @param options.dtype  of the inputs that name none
 */
export function sampleInputs(
  sample: Pick<Sample, 'inputs'>,
  { dtype, seed }: { readonly dtype: DType; readonly seed: number },
): readonly HostTensor[] {
  return sample.inputs.map((input, index) =>
    drawInput(input, { dtype: input.dtype ?? dtype, seed, stream: index }),
  );
}

/** A tensor of uniform numbers in `range`, whole ones in integer dtypes. */
export function randomTensor(
  spec: { readonly dtype: DType; readonly shape: readonly number[] },
  {
    seed,
    stream = 0,
    range = [-2, 2],
  }: { readonly seed: number; readonly stream?: number; readonly range?: readonly [number, number] },
): HostTensor {
  return drawInput({ shape: spec.shape, range }, { dtype: spec.dtype, seed, stream });
}

function drawInput(
  { shape, range = [-2, 2], below, values }: SampleInput,
  { dtype, seed, stream }: { readonly dtype: DType; readonly seed: number; readonly stream: number },
): HostTensor {
  const random = hostRandom(seed, stream);
  const limit = below ?? (dtype === 'bool' ? 2 : undefined);
  const [low, high] = dtype === 'u8' ? [Math.max(0, range[0]), range[1]] : range;
  const draw = (): number => {
    if (limit !== undefined) return random.below(limit);
    const value = low + (high - low) * random.uniform();
    return isFloat(dtype) ? value : Math.floor(value);
  };
  const data = DTYPES[dtype].create(sizeOf(shape));
  for (let index = 0; index < data.length; index++)
    data[index] = encodeElement(dtype, values?.[index] ?? draw());
  return { dtype, shape, data };
}

/** Seed of sample number `index` of an op; part of the golden files, so it never changes. */
export function sampleSeed(op: string, index: number): number {
  return [...op].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 1_000_003, 7) * 100 + index;
}
