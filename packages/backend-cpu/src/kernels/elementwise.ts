import type { HostArray, OpRecord, PrimitiveName } from '@tesserae/tensor';
import { PRIMITIVES, isInteger } from '@tesserae/tensor';
import type { CpuKernel, KernelArray } from './kernel.js';
import { broadcastStrides, planWalk, walkRuns } from './walk.js';

/** Element-wise kernels: a walk with broadcasting around the scalar meaning that the op's record gives. */

type Meaning = (...values: number[]) => number;
/** Integer products go beyond what a double holds exactly; the low 32 bits are wanted. */
const INTEGER_MEANINGS: Readonly<Record<string, Meaning>> = { mul: (x, y) => Math.imul(x!, y!) };

/** The kernel of an op whose record has a scalar meaning. */
export function elementwise<N extends PrimitiveName>(name: N): CpuKernel<N> {
  const { scalar: meaning } = PRIMITIVES[name] as unknown as OpRecord;
  if (meaning === undefined) throw new Error(`internal: op '${name}' has no scalar meaning`);
  return ({ inputs, outputs }) => {
    const actual = isInteger(inputs[0]!.dtype) ? (INTEGER_MEANINGS[name] ?? meaning) : meaning;
    const out = outputs[0]!;
    if (inputs.length === 1) mapOne(out.data, inputs[0]!.data, actual);
    else mapTwo(out, [inputs[0]!, inputs[1]!], actual);
  };
}

function mapOne(out: HostArray, x: HostArray, meaning: Meaning): void {
  for (let index = 0; index < out.length; index++) out[index] = meaning(x[index]!);
}

function mapTwo(out: KernelArray, [x, y]: readonly [KernelArray, KernelArray], meaning: Meaning): void {
  const [target, left, right] = [out.data, x.data, y.data];
  const walk = planWalk(out.shape, [
    broadcastStrides(x.shape, out.shape),
    broadcastStrides(y.shape, out.shape),
  ]);
  const [stepX, stepY] = [walk.steps[0]!, walk.steps[1]!];
  let at = 0;
  walkRuns(walk, ([startX, startY]) => {
    for (let index = 0, i = startX!, j = startY!; index < walk.length; index++, i += stepX, j += stepY) {
      target[at++] = meaning(left[i]!, right[j]!);
    }
  });
}

/** Picks one of two elements; all three inputs broadcast. */
export const whereKernel: CpuKernel<'where'> = ({ inputs, outputs }) => {
  const [condition, x, y] = inputs as readonly [KernelArray, KernelArray, KernelArray];
  const out = outputs[0]!;
  const walk = planWalk(
    out.shape,
    inputs.map((input) => broadcastStrides(input.shape, out.shape)),
  );
  const [stepC, stepX, stepY] = walk.steps as readonly [number, number, number];
  let at = 0;
  walkRuns(walk, ([startC, startX, startY]) => {
    for (let n = 0; n < walk.length; n++) {
      const holds = condition.data[startC! + n * stepC] !== 0;
      out.data[at++] = holds ? x.data[startX! + n * stepX]! : y.data[startY! + n * stepY]!;
    }
  });
};

/** Another dtype: rounding to floats, truncation to integers, anything but 0 to true. */
export const castKernel: CpuKernel<'cast'> = ({ inputs, outputs, params }) => {
  const [from, to] = [inputs[0]!.data, outputs[0]!.data];
  if (params.dtype === 'bool') mapOne(to, from, (value) => (value !== 0 ? 1 : 0));
  else to.set(from); // typed arrays round floats, and truncate toward zero into integers
};
