import { describe, expect, it } from 'vitest';
import { spec } from '../spec.js';
import { concat } from './blocks.js';
import { add, cast } from './elementwise.js';
import { broadcastTo, reshape, transpose } from './movement.js';
import { dropout } from './dropout.js';
import { rngFrom } from '../rng.js';
import { input } from './source.js';

const x = input('x', spec('f32', [2, 3]));

describe('nodes and tensors', () => {
  it('are frozen', () => {
    const sum = add(x, x);
    const nodes = [sum, sum.spec, sum.node, sum.node.inputs, sum.node.outputs, sum.node.params];
    expect(nodes.every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('keep their own copies of a caller’s arrays', () => {
    const [parts, shape, permutation] = [[x, x], [6], [1, 0]];
    const [joined, flat, turned] = [concat(parts, { axis: 0 }), reshape(x, shape), transpose(x, permutation)];
    parts.push(x);
    shape[0] = 7;
    permutation.reverse();
    expect(joined.node.inputs.length).toBe(2);
    expect([flat.spec.shape, flat.node.params['shape']]).toEqual([[6], [6]]);
    expect(turned.node.params['permutation']).toEqual([1, 0]);
  });

  it('leave the spec of a placeholder to its caller', () => {
    const own = { dtype: 'f32' as const, shape: [2] };
    const placeholder = input('y', own);
    own.shape[0] = 3;
    expect(placeholder.spec.shape).toEqual([2]);
  });
});

it('what changes nothing makes no node', () => {
  const same = [cast(x, 'f32'), reshape(x, [2, -1]), transpose(x, [0, 1]), broadcastTo(x, [2, 3])];
  const rng = rngFrom(input('key', spec('i32', [2])));
  expect([...same, dropout(x, { rate: 0, rng }), concat([x], { axis: 0 })].every((y) => y === x)).toBe(true);
});
