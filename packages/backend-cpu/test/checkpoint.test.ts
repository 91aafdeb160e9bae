import { runGraph } from '@tesserae/backend-testkit';
import type { HostTensor, Tensor } from '@tesserae/tensor';
import {
  add,
  checkpoint,
  constant,
  dropout,
  foldIn,
  hostRandom,
  hostTensor,
  matmul,
  mean,
  mul,
  rngFrom,
  softmax,
  stopGradient,
  tanh,
  trace,
  valueAndGrad,
} from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { createCpuBackend } from '../src/index.js';

interface Params {
  readonly inner: Tensor;
  readonly outer: Tensor;
}

type Wrap = <I, O>(fn: (inputs: I) => O) => (inputs: I) => O;

const random = hostRandom(3);
const matrix = (): HostTensor =>
  hostTensor(
    'f32',
    [4, 4],
    Array.from({ length: 16 }, () => random.normal()),
  );
const params = { inner: matrix(), outer: matrix() };
const x = matrix();

/** Loss and gradients of regions inside regions that share weights, have two inputs and outputs, and drop. */
async function gradients(wrap: Wrap): Promise<readonly HostTensor[]> {
  const rng = rngFrom(constant(hostTensor('i32', [2], [5, 6])));
  const layer = ({
    inner,
    outer,
  }: Params): ((pair: readonly [Tensor, Tensor]) => readonly [Tensor, Tensor]) =>
    wrap(([left, right]: readonly [Tensor, Tensor]): readonly [Tensor, Tensor] => {
      const mixed = wrap((y: Tensor) => tanh(matmul(y, inner)))(left);
      const dropped = dropout(mixed, { rate: 0.3, rng: foldIn(rng, 'layer') });
      return [add(softmax(matmul(dropped, outer)), stopGradient(right)), mul(right, mixed)];
    });
  const loss = (tree: Params): Tensor => {
    const [left, right] = layer(tree)(layer(tree)([constant(x), tree.inner]));
    return mean(mul(left, right));
  };
  const differentiated = (tree: Params): readonly Tensor[] => {
    const { value, grads } = valueAndGrad(loss)(tree);
    return [value, grads.inner, grads.outer];
  };
  const tree: Params = { inner: constant(params.inner), outer: constant(params.outer) };
  const backend = createCpuBackend();
  return runGraph(backend, trace(() => differentiated(tree), {}).graph, { inputs: [] });
}

describe('checkpoint', () => {
  it('gives the same loss and gradients, nested, with shared weights and dropout', async () => {
    const [kept, again] = [await gradients((fn) => fn), await gradients(checkpoint)];
    expect(again[0]).toEqual(kept[0]);
    // gradients of a weight that two layers share are summed in another order: the last digit may differ
    again.forEach(({ data }, index) =>
      data.forEach((value, at) => expect(value).toBeCloseTo(kept[index]!.data[at]!, 6)),
    );
    expect(kept[1]!.data.some((value) => value !== 0)).toBe(true);
  });
});
