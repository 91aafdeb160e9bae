import type { Tensor, TensorSpec } from '@tesserae/tensor';
import {
  add,
  broadcastTo,
  dropout,
  lowerGraph,
  matmul,
  mul,
  reduceSum,
  reshape,
  rngFrom,
  spec,
  symbol,
  trace,
  transposeLast,
} from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { compositeCapabilities } from './composites.js';
import type { LoweredGraph } from './lower-graph.js';
import { lowerToModel } from './lower-graph.js';
import type { Target } from './target.js';
import { SUPPORTED_DTYPES } from './target.js';

function lower<Names extends string>(
  fn: (inputs: Record<Names, Tensor>) => Tensor,
  specs: Record<Names, TensorSpec>,
  target: Target = 'cpu',
): LoweredGraph {
  const { graph } = trace(fn, specs as never);
  const capabilities = { dtypes: SUPPORTED_DTYPES, symbolicDims: true, ...compositeCapabilities(target) };
  const options = {
    target,
    opset: 21,
    constants: new Map(),
    takesHostRandom: target !== 'portable',
  } as const;
  return lowerToModel(lowerGraph(graph, { capabilities }), options);
}

const operators = ({ model }: LoweredGraph): readonly string[] => model.nodes.map((node) => node.op);
const [batch, seqLen] = [symbol('batch'), symbol('seqLen')];

describe('lowerToModel', () => {
  it('makes one product over all rows of the gradient of a weight', () => {
    const lowered = lower(({ x, g }) => reduceSum(matmul(x, g, { transposeA: true }), { axes: [0] }), {
      x: spec('f32', [batch, 8, 3]),
      g: spec('f32', [batch, 8, 5]),
    });
    expect(operators(lowered)).toEqual(['Reshape', 'Reshape', 'Gemm']);
  });

  it('puts transposes, constant factors and biases of a linear layer into one product', () => {
    const lowered = lower(({ x, w, b }) => add(matmul(mul(x, 0.5), transposeLast(w)), b), {
      x: spec('f32', [batch, seqLen, 3]),
      w: spec('f32', [5, 3]),
      b: spec('f32', [5]),
    });
    const gemm = lowered.model.nodes.find((node) => node.op === 'Gemm');
    expect(operators(lowered)).not.toContain('Transpose');
    expect(operators(lowered)).not.toContain('Add');
    expect(gemm?.attributes).toEqual({ transB: { int: 1 }, alpha: { float: 0.5 } });
  });

  it('leaves out a broadcast that the next operator does by itself', () => {
    const specs = { x: spec('f32', [4, 6]), row: spec('f32', [6]) };
    expect(operators(lower(({ x, row }) => mul(x, broadcastTo(row, [4, 6])), specs))).toEqual(['Mul']);
    const both = ({ row }: Record<'x' | 'row', Tensor>): Tensor =>
      mul(broadcastTo(row, [4, 6]), broadcastTo(row, [4, 6]));
    expect(operators(lower(both, specs))).toContain('Expand');
  });

  it('computes a size once, however often it is needed', () => {
    const lowered = lower(
      ({ x }) => add(broadcastTo(reduceSum(x), [batch, seqLen]), reshape(x, [batch, seqLen])),
      {
        x: spec('f32', [batch, seqLen, 1]),
      },
    );
    expect(operators(lowered).filter((op) => op === 'Shape').length).toBeLessThanOrEqual(2);
  });

  it('lets equal dropouts share a mask made by the host, and draws it in the graph where there is no host', () => {
    const fn = ({ x, key }: Record<'x' | 'key', Tensor>): Tensor => {
      const options = { rate: 0.5, rng: rngFrom(key) };
      return add(dropout(x, options), dropout(mul(x, x), options));
    };
    const specs = { x: spec('f32', [batch, 4]), key: spec('i32', [2]) };
    expect(lower(fn, specs).randomInputs).toHaveLength(1);
    const portable = lower(fn, specs, 'portable');
    expect(portable.randomInputs).toEqual([]);
    expect(operators(portable)).toContain('BitwiseXor');
  });

  it('uses only standard operators for the portable target', () => {
    const fn = ({ a, b }: Record<'a' | 'b', Tensor>): Tensor => matmul(a, b, { transposeB: true });
    const specs = { a: spec('f32', [2, 3, 4]), b: spec('f32', [2, 5, 4]) };
    expect(operators(lower(fn, specs))).toEqual(['FusedMatMul']);
    expect(operators(lower(fn, specs, 'portable'))).toEqual(['Transpose', 'MatMul']);
  });

  it('refuses bf16', () => {
    expect(() => lower(({ x }) => mul(x, 2), { x: spec('bf16', [2]) })).toThrow(/bf16/);
  });
});
