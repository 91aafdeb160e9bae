import { describe, expect, it } from 'vitest';
import { multiplyDims, symbol } from '../dim.js';
import type { Tensor } from '../graph/graph.js';
import { verifyGraph } from '../graph/verify.js';
import { readElement } from '../host.js';
import { equal, not, where } from '../ops/compare.js';
import { add, cast, div, exp, mul, neg, pow, sqrt, sub } from '../ops/elementwise.js';
import { broadcastTo, expandDims, full, reshape, transpose } from '../ops/movement.js';
import { constant, dimSize, scalar } from '../ops/source.js';
import type { HostTensor } from '../spec.js';
import { formatSpec, hostTensor, spec } from '../spec.js';
import { trace } from '../trace.js';
import { foldGraph } from './fold.js';

const batch = symbol('batch');

interface Inputs {
  readonly x: Tensor;
  readonly n: Tensor;
  readonly mask: Tensor;
}

/** What a function of the inputs looks like after the pass: its ops in order, and its output. */
function folded(fn: (inputs: Inputs) => Tensor): {
  readonly ops: readonly string[];
  readonly output: Tensor;
} {
  const specs = { x: spec('f32', [batch, 4]), n: spec('i32', [3]), mask: spec('bool', [4]) };
  const { graph } = trace(fn, specs);
  const after = foldGraph(graph);
  verifyGraph(after);
  expect(formatSpec(after.outputs[0]!.spec)).toBe(formatSpec(graph.outputs[0]!.spec));
  return { ops: after.nodes.map((node) => node.op), output: after.outputs[0]! };
}

const f32 = (value: number): Tensor => scalar('f32', value);

describe('fold removes', () => {
  it.each<[string, (inputs: Inputs) => Tensor]>([
    ['x + 0', ({ x }) => add(x, 0)],
    ['0 + x', ({ x }) => add(0, x)],
    ['x - 0', ({ x }) => sub(x, 0)],
    ['x·1', ({ x }) => mul(x, 1)],
    ['1·x', ({ x }) => mul(1, x)],
    ['x·1 with ones of the same shape', ({ x }) => mul(x, full(x.spec, 1))],
    ['x / 1', ({ x }) => div(x, 1)],
    ['x^1', ({ x }) => pow(x, 1)],
    ['-(-x)', ({ x }) => neg(neg(x))],
    ['not(not(mask))', ({ mask }) => not(not(mask))],
    ['a transpose and back', ({ x }) => transpose(transpose(x, [1, 0]), [1, 0])],
    ['a reshape and back', ({ x }) => reshape(reshape(x, [multiplyDims(batch, 4)]), [batch, 4])],
    ['the branch of a condition known to hold', ({ x }) => where(scalar('bool', 1), x, 5)],
    ['the branch of a condition known to fail', ({ x }) => where(full(spec('bool', [4]), 0), 5, x)],
  ])('%s', (_, fn) => {
    expect(folded(fn).ops).toEqual([]);
  });

  it.each<[string, (inputs: Inputs) => Tensor, readonly string[]]>([
    ['one of two reshapes', ({ x }) => reshape(expandDims(x, { axis: 0 }), [batch, 2, 2]), ['reshape']],
    [
      'one of two transposes',
      ({ x }) => transpose(transpose(reshape(x, [batch, 2, 2]), [1, 0, 2]), [2, 1, 0]),
      ['reshape', 'transpose'],
    ],
    [
      'one of two broadcasts',
      ({ mask }) => broadcastTo(broadcastTo(mask, [2, 4]), [3, 2, 4]),
      ['broadcastTo'],
    ],
  ])('%s', (_, fn, ops) => {
    expect(folded(fn).ops).toEqual(ops);
  });
});

describe('fold keeps', () => {
  it.each<[string, (inputs: Inputs) => Tensor]>([
    ['x - x, which is no number where x is infinite', ({ x }) => sub(x, x)],
    ['x·0, for the same reason', ({ x }) => mul(x, 0)],
    ['0 - x', ({ x }) => sub(0, x)],
    ['1 / x', ({ x }) => div(1, x)],
    ['a sum with zeros that makes its result larger', ({ mask, x }) => add(cast(mask, 'f32'), mul(x, 0))],
    ['a condition read from an input', ({ mask, x }) => where(mask, x, 0)],
    ['sizes known only at run time', ({ x }) => mul(x, dimSize(batch, 'f32'))],
  ])('%s', (_, fn) => {
    expect(folded(fn).ops.length).toBeGreaterThan(0);
  });

  it('constants of more than one element', () => {
    const table = constant(hostTensor('f32', [2], [1, 2]));
    expect(folded(() => add(table, table)).ops).toEqual(['constant', 'add']);
  });
});

describe('fold computes', () => {
  const value = (tensor: Tensor): number => readElement(tensor.node.params['value'] as HostTensor, 0);

  it.each<[string, Tensor, number]>([
    ['scalars of scalars', sqrt(add(mul(f32(3), 4), 4)), 4],
    ['in the rounding of the dtype', add(f32(1), 2 ** -30), 1],
    ['whole numbers, toward zero', div(scalar('i32', -7), 2), -3],
    ['comparisons', cast(equal(f32(2), 2), 'i32'), 1],
    ['casts', cast(f32(-2.7), 'i32'), -2],
    ['a tensor of one element', exp(full(spec('f32', []), 0)), 1],
  ])('%s', (_, tensor, expected) => {
    const { ops, output } = folded(() => tensor);
    expect(ops).toEqual(['constant']);
    expect(value(output)).toBe(expected);
  });

  it('a filled tensor as one number, broadcast', () => {
    const { ops, output } = folded(() => neg(full(spec('f32', [batch, 4]), 3)));
    expect(ops).toEqual(['constant', 'broadcastTo']);
    expect(value(output.node.inputs[0]!)).toBe(-3);
  });
});

it('fold looks through 100,000 movements without recursion', () => {
  const { ops } = folded(() => {
    let y = reshape(f32(2), [1]);
    for (let step = 0; step < 50_000; step++) y = reshape(broadcastTo(y, [1, 1]), [1]);
    return neg(y);
  });
  expect(ops).toEqual(['constant', 'broadcastTo']);
});
