import { describe, expect, it } from 'vitest';
import { valueAndGrad, vjp } from './autodiff.js';
import { multiplyDims, symbol } from './dim.js';
import { GradientError } from './errors.js';
import { topologicalOrder } from './graph/builder.js';
import type { Tensor } from './graph/graph.js';
import { gather } from './ops/indexing.js';
import { stopGradient } from './ops/identity.js';
import { add, cast, exp, floor, mul, neg } from './ops/elementwise.js';
import { matmul } from './ops/matmul.js';
import { reduceSum, argMax } from './ops/reduce.js';
import { definePrimitive, apply, notDifferentiable } from './ops/define.js';
import { input, scalar } from './ops/source.js';
import { full } from './ops/movement.js';
import { layerNorm } from './ops/normalization.js';
import { equalSpecs, formatSpec, spec } from './spec.js';

const batch = symbol('batch');
const x = input('x', spec('f32', [batch, 3]));
const one = scalar('f32', 1);
const opsOf = (...tensors: readonly Tensor[]): string[] => topologicalOrder(tensors).map((node) => node.op);

/** Gradient of the sum of a tensor. */
function gradientOfSum(tensor: Tensor, ...targets: readonly Tensor[]): readonly Tensor[] {
  return vjp([reduceSum(tensor)], [one], targets);
}

describe('vjp', () => {
  it('gives each target a gradient of its own spec, whatever was broadcast', () => {
    const bias = input('bias', spec('f32', [3]));
    const column = input('column', spec('f32', [batch, 1]));
    const factor = input('factor', spec('f32'));
    const gradients = gradientOfSum(mul(add(mul(x, column), bias), factor), x, bias, column, factor);
    expect(gradients.map(({ spec: got }) => formatSpec(got))).toEqual([
      'f32[batch,3]',
      'f32[3]',
      'f32[batch,1]',
      'f32[]',
    ]);
  });

  it('adds up what arrives on several ways', () => {
    const y = exp(x);
    const [gradient] = gradientOfSum(add(mul(y, y), neg(y)), x);
    expect(opsOf(gradient!).filter((op) => op === 'add').length).toBe(2); // y·g + y·g, then - g
  });

  it('lets nothing through stopGradient', () => {
    const [gradient] = gradientOfSum(mul(stopGradient(exp(x)), x), x);
    const [blocked] = gradientOfSum(stopGradient(exp(x)), x);
    expect(opsOf(gradient!)).not.toContain('add');
    expect(blocked).toMatchObject({ spec: x.spec, node: { op: 'broadcastTo' } });
    expect(opsOf(blocked!)).toEqual(['constant', 'broadcastTo']);
  });

  it('is zero where nothing depends on the target', () => {
    const unread = input('unread', spec('bf16', [2, 2]));
    const [gradient] = gradientOfSum(x, unread);
    expect(equalSpecs(gradient!.spec, unread.spec)).toBe(true);
    expect(opsOf(gradient!)).toEqual(['constant', 'broadcastTo']);
  });

  it('is zero along a step function', () => {
    expect(opsOf(gradientOfSum(floor(x), x)[0]!)).toEqual(['constant', 'broadcastTo']);
  });

  it('passes through an intermediate value that is itself a target', () => {
    const hidden = exp(x);
    const [atHidden, atInput] = gradientOfSum(neg(hidden), hidden, x);
    expect(formatSpec(atHidden!.spec)).toBe('f32[batch,3]');
    expect(opsOf(atInput!)).toContain('exp');
  });

  it('ignores integers on the way: indices and the choice of a maximum have no gradient', () => {
    const table = input('table', spec('f32', [5, 3]));
    const picked = gather(table, argMax(x, { axis: 1 }), { axis: 0 });
    const [atTable, atChooser] = gradientOfSum(
      mul(picked, cast(argMax(table, { axis: 0 }), 'f32')),
      table,
      x,
    );
    expect(opsOf(atTable!)).toContain('scatterAdd');
    expect(opsOf(atChooser!)).toEqual(['constant', 'broadcastTo']);
  });

  it('feeds a rule zeros for its first output when only another one is used', () => {
    const parameters = { scale: input('scale', spec('f32', [3])), bias: input('bias', spec('f32', [3])) };
    const average = layerNorm(x, { ...parameters, epsilon: 1e-6 }).node.outputs[1]!;
    expect(formatSpec(gradientOfSum(average, x)[0]!.spec)).toBe('f32[batch,3]');
  });

  it('makes one product of a weight’s gradient, instead of one per batch and a sum', () => {
    const hidden = input('hidden', spec('f32', [batch, 7, 4]));
    const weight = input('weight', spec('f32', [5, 4]));
    const [gradient] = gradientOfSum(matmul(hidden, weight, { transposeB: true }), weight);
    expect(gradient!.node.op).toBe('matmul');
    expect(gradient!.node.inputs.map(({ spec: got }) => got.shape)).toEqual([
      [multiplyDims(batch, 7), 5],
      [multiplyDims(batch, 7), 4],
    ]);
  });

  it('says which op has no gradient, and why', () => {
    const roundOp = definePrimitive<'round', Record<string, never>>({
      name: 'round',
      summary: 'Nearest integer.',
      dtypes: ['f32'],
      infer: ([value]) => [value!],
      vjp: notDifferentiable('rounding is flat; use a straight-through estimator'),
      samples: [],
    });
    const attempt = (): unknown => gradientOfSum(apply(roundOp, [exp(x)], {}), x);
    expect(attempt).toThrow(GradientError);
    expect(attempt).toThrow('[round]: no gradient: rounding is flat; use a straight-through estimator');
    expect(attempt).toThrow('stopGradient');
    expect(() => gradientOfSum(apply(roundOp, [stopGradient(x)], {}), input('other', x.spec))).not.toThrow();
  });

  it.each([
    ['of another shape', [full(spec('f32', [3]), 1)]],
    ['of another dtype', [scalar('f64', 1)]],
    ['that are missing', []],
    ['that are too many', [one, one]],
  ])('refuses cotangents %s', (_, cotangents) => {
    expect(() => vjp([reduceSum(x)], cotangents, [x])).toThrow(GradientError);
  });
});

describe('valueAndGrad', () => {
  const params = { layers: [{ weight: input('weight', spec('f32', [3, 2])), bias: undefined }], scale: one };
  type Params = typeof params;
  const loss = ({ layers, scale }: Params): Tensor => reduceSum(mul(matmul(x, layers[0]!.weight), scale));

  it('gives the loss and gradients in the tree of the parameters', () => {
    const { value, grads, result } = valueAndGrad(loss)(params);
    expect(value).toBe(result);
    expect(formatSpec(grads.layers[0]!.weight.spec)).toBe('f32[3,2]');
    expect(grads.layers[0]!.bias).toBeUndefined();
    expect(formatSpec(grads.scale.spec)).toBe('f32[]');
  });

  it('passes further arguments on and hands back what the function returned beside the loss', () => {
    const fn = (own: Params, factor: Tensor) => ({ loss: mul(loss(own), factor), logits: x });
    const factor = scalar('f32', 2);
    const { value, result } = valueAndGrad(fn)(params, factor);
    expect(value).toBe(result.loss);
    expect(value.node.inputs[1]).toBe(factor);
    expect(result.logits).toBe(x);
  });

  it.each([
    ['not reduced', x, 'the loss is f32[batch,3], needed a float scalar'],
    ['an integer', scalar('i32', 1), 'the loss is i32[]'],
  ])('refuses a loss that is %s', (_, value, text) => {
    expect(() => valueAndGrad(() => value)(params)).toThrow(GradientError);
    expect(() => valueAndGrad(() => value)(params)).toThrow(text);
  });

  it('names a parameter that is no float', () => {
    const ids = { embedding: { ids: input('ids', spec('i32', [2])) } };
    expect(() => valueAndGrad(() => one)(ids)).toThrow("parameter 'embedding.ids' is i32[2]");
  });
});
