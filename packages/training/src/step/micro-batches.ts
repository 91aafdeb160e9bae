import type { Dim, LossResult, Rng, Tensor } from '@tesserae/tensor';
import {
  OptionError,
  add,
  cast,
  div,
  equal,
  flattenTree,
  foldIn,
  formatSpec,
  mapTree,
  mul,
  scalar,
  sliceAxis,
  valueAndGrad,
  where,
} from '@tesserae/tensor';
import { zipTrees } from '../optimizers/optimizer.js';

/** How the losses of parts make the loss of the whole: a mean by their weights, or a sum. */
export type Accumulation = 'mean' | 'sum';

/** Loss and gradients of a batch, on the graph. */
export interface LossAndGrads<Params> {
  readonly loss: Tensor;
  readonly grads: Params;
  /** What the loss is a mean over, as the loss function gave it. */
  readonly weight?: Tensor;
}

/** A loss as a function of parameters; what it gives may have a `weight` beside the `loss`. */
type Loss<Params, Batch> = (params: Params, batch: Batch, rng: Rng) => LossResult;

/** Loss and gradients of a whole batch at once. */
function gradientsOf<Params, Batch>(
  lossFn: Loss<Params, Batch>,
  { params, batch, rng }: { readonly params: Params; readonly batch: Batch; readonly rng: Rng },
): LossAndGrads<Params> {
  const { value, grads, result } = valueAndGrad((tree: Params) => lossFn(tree, batch, rng))(params);
  const weight = 'weight' in result ? (result.weight as Tensor | undefined) : undefined;
  return { loss: value, grads: grads as Params, ...(weight === undefined ? {} : { weight }) };
}

/**
 * Loss and gradients of a batch taken in equal parts, one after the other.
 * Equal to the whole batch within rounding when the loss is a mean over examples, or a mean over tokens whose count it
 * gives as `weight`; each part draws its own dropout. Parts small enough for the processor's cache make the element-wise
 * work of a step faster, and activations of only one part need to be alive.
 * @throws OptionError when the parts do not divide the batch
 */
export function accumulateGradients<Params, Batch>(
  lossFn: Loss<Params, Batch>,
  { params, batch, rng }: { readonly params: Params; readonly batch: Batch; readonly rng: Rng },
  {
    microBatches,
    accumulates = 'mean',
  }: { readonly microBatches: number; readonly accumulates?: Accumulation },
): LossAndGrads<Params> {
  if (microBatches === 1) return gradientsOf(lossFn, { params, batch, rng });
  const parts = splitBatch(batch, microBatches).map((part, index) =>
    gradientsOf(lossFn, { params, batch: part, rng: foldIn(rng, index) }),
  );
  if (accumulates === 'sum') return sumParts(parts);
  const total = sumParts(parts.map(weighed));
  const share =
    total.weight === undefined ? scalar('f32', 1 / microBatches) : div(1, atLeastOne(total.weight));
  return { ...total, ...scaled(total, share) };
}

/** A part times its weight, when it has one. */
function weighed<Params>(part: LossAndGrads<Params>): LossAndGrads<Params> {
  return part.weight === undefined ? part : { ...part, ...scaled(part, part.weight) };
}

/** Loss and gradients times a scalar. */
export function scaled<Params>(
  { loss, grads }: LossAndGrads<Params>,
  factor: Tensor,
): { readonly loss: Tensor; readonly grads: Params } {
  const times = (x: Tensor): Tensor => mul(x, cast(factor, x.spec.dtype));
  return { loss: times(loss), grads: zipTrees([grads], ([grad]) => times(grad!)) };
}

/** 1 where a count is 0: parts in which nothing counts have loss and gradients 0 anyway. */
export function atLeastOne(count: Tensor): Tensor {
  return where(equal(count, 0), 1, count);
}

function sumParts<Params>(parts: readonly LossAndGrads<Params>[]): LossAndGrads<Params> {
  return parts.reduce((total, part) => ({
    loss: add(total.loss, part.loss),
    grads: zipTrees([total.grads, part.grads], ([left, right]) => add(left!, right!)),
    ...(part.weight === undefined ? {} : { weight: add(total.weight!, part.weight) }),
  }));
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
