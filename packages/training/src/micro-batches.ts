import type { Dim, LossResult, Rng, Tensor } from '@tesserae/tensor';
import {
  OptionError,
  add,
  flattenTree,
  foldIn,
  formatSpec,
  mapTree,
  mul,
  sliceAxis,
  valueAndGrad,
} from '@tesserae/tensor';
import { zipTrees } from './optimizer.js';

/** Loss and gradients of a batch, on the graph. */
interface LossAndGrads<Params> {
  readonly loss: Tensor;
  readonly grads: Params;
}

/**
 * Loss and gradients of a batch taken in equal parts, one after the other: the mean over the parts.
 * Equal to the whole batch within rounding when the loss is a mean over examples; each part draws its own dropout.
 * Parts small enough for the processor's cache make the element-wise work of a step faster, and activations of only
 * one part need to be alive.
 * @throws OptionError when the parts do not divide the batch
 */
export function accumulateGradients<Params, Batch>(
  lossFn: (params: Params, batch: Batch, rng: Rng) => LossResult,
  { params, batch, rng }: { readonly params: Params; readonly batch: Batch; readonly rng: Rng },
  { microBatches }: { readonly microBatches: number },
): LossAndGrads<Params> {
  const differentiate = valueAndGrad((tree: Params, part: Batch, partRng: Rng) =>
    lossFn(tree, part, partRng),
  );
  const runPart = (part: Batch, partRng: Rng): LossAndGrads<Params> => {
    const { value, grads } = differentiate(params, part, partRng);
    return { loss: value, grads: grads as Params };
  };
  if (microBatches === 1) return runPart(batch, rng);
  const parts = splitBatch(batch, microBatches).map((part, index) => runPart(part, foldIn(rng, index)));
  const sum = parts.reduce((total, part) => ({
    loss: add(total.loss, part.loss),
    grads: zipTrees([total.grads, part.grads], ([left, right]) => add(left!, right!)),
  }));
  const mean = (x: Tensor): Tensor => mul(x, 1 / microBatches);
  return { loss: mean(sum.loss), grads: zipTrees([sum.grads], ([grad]) => mean(grad!)) };
}

/** Equal parts of every leaf along its first axis. */
function splitBatch<Batch>(batch: Batch, parts: number): Batch[] {
  for (const { path, leaf } of flattenTree<Tensor>(batch)) requireDivisible(path, leaf, parts);
  return Array.from({ length: parts }, (_, index) =>
    mapTree(batch, (leaf: Tensor) => {
      const size = (leaf.spec.shape[0] as number) / parts;
      return sliceAxis(leaf, { axis: 0, start: index * size, limit: (index + 1) * size });
    }),
  ) as Batch[];
}

function requireDivisible(path: string, leaf: Tensor, parts: number): void {
  const rows: Dim | undefined = leaf.spec.shape[0];
  if (typeof rows === 'number' && rows % parts === 0) return;
  throw new OptionError({
    op: 'createTrainStep',
    problem: `microBatches is ${parts}, and '${path}' is ${formatSpec(leaf.spec)}`,
    likely: 'Every tensor of a batch needs a first axis that the number of parts divides.',
    page: 'micro-batches',
    got: leaf.spec.shape,
    needed: parts,
  });
}
