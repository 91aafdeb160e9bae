import { describe, expect, it } from 'vitest';
import { addDims, multiplyDims, symbol } from '../dim.js';
import type { DType } from '../dtype.js';
import { DtypeError, OptionError, ShapeError, TesseraeError } from '../errors.js';
import type { Tensor } from '../graph/graph.js';
import { rngFrom } from '../rng.js';
import type { Shape } from '../spec.js';
import { formatSpec, spec } from '../spec.js';
import { attention } from './attention.js';
import { concat, pad, slice, sliceAxis } from './blocks.js';
import { and, equal, where } from './compare.js';
import { apply } from './define.js';
import { dropout } from './dropout.js';
import { add, exp, mul, neg } from './elementwise.js';
import { embedding } from './embedding.js';
import { dynamicSlice, gather, scatterAdd, updateSlice } from './indexing.js';
import { crossEntropy, takeAlong } from './loss.js';
import { matmul } from './matmul.js';
import { broadcastTo, expandDims, reshape, transpose, transposeLast } from './movement.js';
import { layerNorm, rmsNorm, softmax } from './normalization.js';
import { quantizedMatmul } from './quantized.js';
import { randomBernoulli, randomBits, randomUniform } from './random.js';
import { argMax, cumSum, reduceSum, topK } from './reduce.js';
import { input, iota } from './source.js';
import { OPS } from './table.js';

const batch = symbol('batch');
const seqLen = symbol('seqLen');
const f32 = (...shape: Shape): Tensor => input('x', spec('f32', shape));
const i32 = (...shape: Shape): Tensor => input('ids', spec('i32', shape));
const of = (dtype: DType, ...shape: Shape): Tensor => input('x', spec(dtype, shape));
const key = rngFrom(i32(2));

type Refusal = readonly [
  title: string,
  code: string,
  attempt: () => unknown,
  text: string,
  type?: new (facts: never) => Error,
];

const REFUSALS: readonly Refusal[] = [
  [
    'matmul of different inner sizes',
    'matmul-inner-size',
    () => matmul(f32(2, 7, 512), f32(768, 512)),
    '(512 ≠ 768)',
  ],
  [
    'matmul of transposed inner sizes',
    'matmul-inner-size',
    () => matmul(f32(2, 3), f32(3, 4), { transposeA: true }),
    'f32[2,3]ᵀ × f32[3,4] (2 ≠ 3)',
  ],
  [
    'matmul of sizes not provably equal',
    'matmul-inner-size',
    () => matmul(f32(2, batch), f32(seqLen, 4)),
    '(batch ≠ seqLen)',
  ],
  ['matmul of a vector', 'matmul-rank', () => matmul(f32(4), f32(4, 4)), 'f32[4] × f32[4,4]'],
  [
    'matmul of batches that do not broadcast',
    'broadcast',
    () => matmul(f32(2, 3, 4), f32(3, 4, 5)),
    '[2] × [3]',
  ],
  ['matmul of integers', 'dtype-unsupported', () => matmul(i32(2, 3), i32(3, 4)), 'got i32[2,3]', DtypeError],
  [
    'sum of sizes that do not broadcast',
    'broadcast',
    () => add(f32(2, 3), f32(2, 4)),
    '[2,3] × [2,4] (axis 1)',
  ],
  [
    'sum of different symbols',
    'broadcast',
    () => add(f32(batch), f32(seqLen)),
    'use one symbol for one size',
  ],
  ['sum of a symbol and a number', 'broadcast', () => add(f32(batch), f32(4)), '[batch] × [4]'],
  ['sum of different dtypes', 'dtype-mismatch', () => add(f32(2), i32(2)), 'f32[2] × i32[2]', DtypeError],
  [
    'sum of an integer tensor and a fraction',
    'operand-number',
    () => mul(i32(2), 0.5),
    'i32 cannot hold it',
    DtypeError,
  ],
  [
    'choice between two numbers',
    'operand-number',
    () => where(of('bool', 2), 1, 0),
    'no tensor is beside it',
    DtypeError,
  ],
  [
    'exponential of integers',
    'dtype-unsupported',
    () => exp(i32(2)),
    'takes f32, f16, bf16, f64, got i32[2]',
    DtypeError,
  ],
  ['negation of u8', 'dtype-unsupported', () => neg(of('u8', 2)), 'got u8[2]', DtypeError],
  ['logic on numbers', 'dtype-unsupported', () => and(f32(2), f32(2)), 'takes bool', DtypeError],
  [
    'comparison of different dtypes',
    'dtype-mismatch',
    () => equal(f32(2), i32(2)),
    'never promoted silently',
    DtypeError,
  ],
  ['choice by numbers', 'dtype-unsupported', () => where(f32(2), f32(2), f32(2)), 'takes bool', DtypeError],
  [
    'reshape to another count',
    'reshape-size',
    () => reshape(f32(2, 3), [4, 2]),
    'f32[2,3] does not fill [4,2]',
  ],
  [
    'reshape not provably right',
    'reshape-size',
    () => reshape(f32(batch, 4), [seqLen, 4]),
    'f32[batch,4] does not fill [seqLen,4]',
  ],
  [
    'reshape with an open size that leaves a rest',
    'dimension-division',
    () => reshape(f32(7), [2, -1]),
    '2 does not provably divide 7',
  ],
  [
    'reshape with two open sizes',
    'shape-size',
    () => reshape(f32(6), [-1, -1]),
    'one size of a reshape may be -1, not two',
  ],
  ['reshape to negative sizes', 'shape-size', () => reshape(f32(6), [-2, -3]), '[-2,-3]'],
  [
    'transpose with an axis named twice',
    'transpose-permutation',
    () => transpose(f32(2, 3), [0, 0]),
    '[0,0] is no permutation',
  ],
  ['transpose with an axis left out', 'transpose-permutation', () => transpose(f32(2, 3), [0]), 'f32[2,3]'],
  ['swap of the last two axes of a vector', 'axis', () => transposeLast(f32(2)), 'f32[2] has no two axes'],
  [
    'broadcast to a smaller shape',
    'broadcast',
    () => broadcastTo(f32(2, 3), [3]),
    'f32[2,3] does not broadcast to [3]',
  ],
  ['broadcast of a size other than 1', 'broadcast', () => broadcastTo(f32(2), [3]), '[2] × [3]'],
  ['a new axis beyond the rank', 'axis', () => expandDims(f32(2), { axis: 3 }), 'axis 3'],
  [
    'slice beyond the end',
    'slice-bounds',
    () => slice(f32(4), { starts: [1], limits: [5] }),
    '[1] to [5] is outside f32[4]',
  ],
  [
    'slice with its limit before its start',
    'slice-bounds',
    () => slice(f32(4), { starts: [3], limits: [2] }),
    '[3] to [2]',
  ],
  [
    'slice with a bound missing',
    'slice-bounds',
    () => slice(f32(4, 2), { starts: [0], limits: [2] }),
    'one start and one limit per axis',
  ],
  [
    'slice with a fractional bound',
    'slice-bounds',
    () => slice(f32(4), { starts: [0.5], limits: [2] }),
    '[0.5] to [2]',
  ],
  [
    'slice along an axis that is not there',
    'axis',
    () => sliceAxis(f32(4), { axis: 1, start: 0, limit: 1 }),
    'axis 1',
  ],
  [
    'negative padding',
    'pad-amount',
    () => pad(f32(2), { before: [-1], after: [0], value: 0 }),
    '[-1] and [0]',
  ],
  [
    'padding of too few axes',
    'pad-amount',
    () => pad(f32(2, 2), { before: [1], after: [0], value: 0 }),
    'f32[2,2]',
  ],
  ['concat of nothing', 'concat-shapes', () => concat([], { axis: 0 }), 'no tensors given'],
  [
    'concat of sizes that differ elsewhere',
    'concat-shapes',
    () => concat([f32(2, 3), f32(2, 4)], { axis: 0 }),
    'f32[2,3] × f32[2,4]',
  ],
  [
    'concat of different ranks',
    'concat-shapes',
    () => concat([f32(2, 3), f32(2)], { axis: 0 }),
    'outside axis 0',
  ],
  [
    'concat of different dtypes',
    'dtype-mismatch',
    () => concat([f32(2), i32(2)], { axis: 0 }),
    'f32[2] × i32[2]',
    DtypeError,
  ],
  ['concat along an axis that is not there', 'axis', () => concat([f32(2), f32(2)], { axis: 1 }), 'rank 1'],
  [
    'sum over an axis that is not there',
    'axis',
    () => reduceSum(f32(2, 3), { axes: [2] }),
    'axis 2 is outside a tensor of rank 2',
  ],
  ['sum over a fractional axis', 'axis', () => reduceSum(f32(2, 3), { axes: [0.5] }), 'axis 0.5'],
  ['sum of bool', 'dtype-unsupported', () => reduceSum(of('bool', 2)), 'got bool[2]', DtypeError],
  ['arg-max of a scalar', 'axis', () => argMax(f32(), { axis: 0 }), 'rank 0'],
  ['running sum along an axis that is not there', 'axis', () => cumSum(f32(2), { axis: -2 }), 'axis -2'],
  ['more top values than there are', 'top-k', () => topK(f32(2, 3), { k: 4 }), 'k = 4'],
  ['a fractional number of top values', 'top-k', () => topK(f32(2, 3), { k: 1.5 }), 'k = 1.5'],
  [
    'gather by floats',
    'dtype-unsupported',
    () => gather(f32(5, 2), f32(2), { axis: 0 }),
    'takes i32, got f32[2]',
    DtypeError,
  ],
  ['gather along an axis that is not there', 'axis', () => gather(f32(5), i32(2), { axis: 1 }), 'axis 1'],
  [
    'scatter of updates that do not carry the indices',
    'scatter-shape',
    () => scatterAdd(i32(2), f32(3, 4), { axis: 0, size: 5 }),
    'f32[3,4]',
  ],
  [
    'scatter into a negative size',
    'shape-size',
    () => scatterAdd(i32(2), f32(2), { axis: 0, size: -1 }),
    '[-1]',
  ],
  [
    'a block larger than its tensor',
    'dynamic-slice',
    () => dynamicSlice(f32(4), i32(1), { sizes: [5] }),
    '[5] do not fit into f32[4]',
  ],
  [
    'a block of another rank',
    'dynamic-slice',
    () => dynamicSlice(f32(4), i32(1), { sizes: [1, 1] }),
    'one size per axis',
  ],
  [
    'starts that are too few',
    'dynamic-slice',
    () => dynamicSlice(f32(4, 4), i32(1), { sizes: [1, 1] }),
    'needed i32[2]',
  ],
  [
    'starts that are floats',
    'dtype-unsupported',
    () => dynamicSlice(f32(4), f32(1), { sizes: [1] }),
    'takes i32',
    DtypeError,
  ],
  [
    'an update larger than its target',
    'update-slice',
    () => updateSlice(f32(4), f32(5), i32(1)),
    'f32[5] does not fit into f32[4]',
  ],
  [
    'an update of another dtype',
    'dtype-mismatch',
    () => updateSlice(f32(4), i32(1), i32(1)),
    'f32[4] × i32[1]',
    DtypeError,
  ],
  [
    'a key that is not i32[2]',
    'rng-key',
    () => randomBits(rngFrom(i32(3)), { shape: [2], bitWidth: 32 }),
    'key is i32[3], needed i32[2]',
  ],
  [
    'a random tensor of negative size',
    'shape-size',
    () => randomBits(key, { shape: [-2], bitWidth: 32 }),
    '[-2]',
  ],
  [
    'uniform integers',
    'dtype-unsupported',
    () => randomUniform(key, { shape: [2], dtype: 'i32' }),
    'got i32[2]',
    DtypeError,
  ],
  [
    'a probability in percent',
    'probability',
    () => randomBernoulli(key, { shape: [2], probability: 90 }),
    'probability 90',
    OptionError,
  ],
  [
    'a mask from a float key',
    'rng-key',
    () => randomBernoulli(rngFrom(f32(2)), { shape: [2], probability: 0.5 }),
    'key is f32[2]',
  ],
  [
    'a dropout rate of 1',
    'dropout-rate',
    () => dropout(f32(2), { rate: 1, rng: key }),
    'rate 1 is not in [0, 1)',
    OptionError,
  ],
  [
    'a dropout rate that is no number',
    'dropout-rate',
    () => dropout(f32(2), { rate: NaN, rng: key }),
    'rate NaN',
    OptionError,
  ],
  ['softmax of integers', 'dtype-unsupported', () => softmax(i32(2)), 'got i32[2]', DtypeError],
  ['softmax of a scalar', 'axis', () => softmax(f32()), 'rank 0'],
  [
    'a norm’s scale of another size',
    'norm-scale',
    () => rmsNorm(f32(2, 4), { scale: f32(3), epsilon: 1e-6 }),
    'f32[3] does not fit the last axis of f32[2,4]',
  ],
  [
    'a norm’s bias of another size',
    'norm-scale',
    () => layerNorm(f32(2, 4), { scale: f32(4), bias: f32(3), epsilon: 1e-6 }),
    'f32[3]',
  ],
  [
    'a norm’s scale of another dtype',
    'dtype-mismatch',
    () => rmsNorm(f32(2, 4), { scale: of('f16', 4), epsilon: 1e-6 }),
    'f16[4]',
    DtypeError,
  ],
  ['an embedding table of one axis', 'embedding-table', () => embedding(f32(5), i32(2)), 'table is f32[5]'],
  [
    'an embedding of floats',
    'dtype-unsupported',
    () => embedding(f32(5, 2), f32(2)),
    'takes i32',
    DtypeError,
  ],
  [
    'labels with a class axis',
    'cross-entropy-labels',
    () => crossEntropy(f32(2, 3), i32(2, 3)),
    'labels i32[2,3] do not fit the rows of logits f32[2,3]',
  ],
  ['cross-entropy of a scalar', 'cross-entropy-labels', () => crossEntropy(f32(), i32()), 'f32[]'],
  ['one index for two rows', 'take-along', () => takeAlong(f32(2, 3), i32(1)), 'i32[1]'],
  [
    'a pick of bools',
    'dtype-unsupported',
    () => takeAlong(of('bool', 2, 3), i32(2)),
    'got bool[2,3]',
    DtypeError,
  ],
  [
    'attention without a head axis',
    'attention-shapes',
    () => attention(f32(2, 3, 8), { key: f32(2, 3, 8), value: f32(2, 3, 8), scale: 1 }),
    'query f32[2,3,8]',
  ],
  [
    'attention over another batch',
    'attention-shapes',
    () => attention(f32(4, 3, 2, 8), { key: f32(1, 5, 2, 8), value: f32(1, 5, 2, 8), scale: 1 }),
    'key f32[1,5,2,8]',
  ],
  [
    'attention with values of another length',
    'attention-shapes',
    () => attention(f32(2, 3, 2, 8), { key: f32(2, 5, 2, 8), value: f32(2, 4, 2, 8), scale: 1 }),
    'value f32[2,4,2,8]',
  ],
  [
    'attention with a bias larger than its scores',
    'attention-bias',
    () =>
      attention(f32(1, 3, 2, 8), {
        key: f32(1, 3, 2, 8),
        value: f32(1, 3, 2, 8),
        scale: 1,
        bias: f32(4, 1, 1, 3),
      }),
    'bias f32[4,1,1,3] does not broadcast to the scores f32[1,2,3,3]',
  ],
  [
    'attention with a bool bias',
    'dtype-mismatch',
    () =>
      attention(f32(1, 3, 2, 8), {
        key: f32(1, 3, 2, 8),
        value: f32(1, 3, 2, 8),
        scale: 1,
        bias: of('bool', 1, 1, 1, 3),
      }),
    'bool[1,1,1,3]',
    DtypeError,
  ],
  [
    'attention with a dropout rate of 1',
    'dropout-rate',
    () =>
      attention(f32(1, 3, 2, 8), {
        key: f32(1, 3, 2, 8),
        value: f32(1, 3, 2, 8),
        scale: 1,
        dropout: { rate: 1, rng: key },
      }),
    'rate 1',
    OptionError,
  ],
  [
    'quantized weights of another inner size',
    'quantized-shapes',
    () => quantizedMatmul(f32(2, 4), { weight: of('i8', 5, 3), scales: f32(5) }),
    'i8[5,3]',
  ],
  [
    'quantized weights that are floats',
    'dtype-unsupported',
    () => quantizedMatmul(f32(2, 4), { weight: f32(5, 4), scales: f32(5) }),
    'takes i8',
    DtypeError,
  ],
  ['an input of negative size', 'shape-size', () => f32(2, -1), '[2,-1]'],
  ['a count of fractional size', 'shape-size', () => iota('i32', [1.5], { axis: 0 }), '[1.5]'],
];

function caughtFrom(attempt: () => unknown): TesseraeError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof TesseraeError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('shape rules refuse, naming the op, the specs and the remedy:', () => {
  for (const [title, code, attempt, text, type = ShapeError] of REFUSALS) {
    it(`${title} (${code})`, () => {
      const error = caughtFrom(attempt);
      expect(error).toBeInstanceOf(type);
      expect(error.code).toBe(code);
      expect(error.message).toContain(text);
    });
  }

  it('in direct applications of records too, whose parameters no function has resolved', () => {
    const at = (name: string) => OPS.find((record) => record.name === name)!;
    expect(() => apply(at('argMax'), [f32(2)], { axis: 1 })).toThrow('axis 1');
    expect(() => apply(at('gather'), [f32(2), i32(1)], { axis: 4 })).toThrow('axis 4');
    expect(() => apply(at('concat'), [f32(2), f32(2)], { axis: 4 })).toThrow('axis 4');
    expect(() => apply(at('scatterAdd'), [i32(2), f32(2)], { axis: -1, size: 3 })).toThrow('at axis -1');
  });
});

describe('shape rules give', () => {
  it.each<[string, Tensor, string]>([
    ['broadcast leading axes of a product', matmul(f32(batch, 1, 3, 4), f32(2, 4, 5)), 'f32[batch,2,3,5]'],
    ['a symbol against 1', add(f32(batch, 1), f32(1, seqLen)), 'f32[batch,seqLen]'],
    ['a joined axis of sums', concat([f32(batch, 2), f32(seqLen, 2)], { axis: 0 }), 'f32[batch + seqLen,2]'],
    ['an open size, symbolic', reshape(f32(batch, seqLen, 8), [-1, 8]), 'f32[batch*seqLen,8]'],
    [
      'heads split off a symbolic size',
      reshape(f32(batch, multiplyDims(seqLen, 8)), [batch, seqLen, 4, 2]),
      'f32[batch,seqLen,4,2]',
    ],
    [
      'a symbolic slice',
      sliceAxis(f32(addDims(seqLen, 1)), { axis: 0, start: 1, limit: addDims(seqLen, 1) }),
      'f32[seqLen]',
    ],
    ['index axes in place of the gathered one', gather(f32(2, 9, 3), i32(4, 5), { axis: 1 }), 'f32[2,4,5,3]'],
    ['the gathered axis back', scatterAdd(i32(4, 5), f32(2, 4, 5, 3), { axis: -2, size: 9 }), 'f32[2,9,3]'],
    ['kept axes of size 1', reduceSum(f32(2, 3, 4), { axes: [-1, 0], keepDims: true }), 'f32[1,3,1]'],
    ['a scalar from a reduction over everything', reduceSum(f32(batch, 3)), 'f32[]'],
    ['bool from a comparison', equal(i32(batch, 1), i32(4)), 'bool[batch,4]'],
  ])('%s', (_, tensor, text) => {
    expect(formatSpec(tensor.spec)).toBe(text);
  });
});
