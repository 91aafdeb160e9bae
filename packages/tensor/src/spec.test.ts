import { describe, expect, it } from 'vitest';
import { addDims, multiplyDims, symbol } from './dim.js';
import { ShapeError, type TesseraeError } from './errors.js';
import { numberFromBf16, numberFromF16 } from './half.js';
import {
  bindDims,
  elementCount,
  equalShapes,
  equalSpecs,
  evaluateShape,
  formatSpec,
  hostTensor,
  sizeInBytes,
  sizeOf,
  spec,
  stridesOf,
} from './spec.js';

const batch = symbol('batch');
const seqLen = symbol('seqLen');

describe('shapes', () => {
  it('are written with their symbols', () => {
    expect(formatSpec(spec('f32', [batch, addDims(seqLen, 1), 512]))).toBe('f32[batch,seqLen + 1,512]');
    expect(formatSpec(spec('bool'))).toBe('bool[]');
  });

  it('are equal when their sizes are, for every value of the symbols', () => {
    expect(equalShapes([batch, 2], [batch, 2])).toBe(true);
    expect(equalShapes([batch, 2], [seqLen, 2])).toBe(false);
    expect(equalShapes([1, 2], [1, 2, 1])).toBe(false);
    expect(equalSpecs(spec('f32', [2]), spec('i32', [2]))).toBe(false);
  });

  it('have counts, bytes and row-major strides', () => {
    expect(sizeOf([])).toBe(1);
    expect(sizeOf([3, 0])).toBe(0);
    expect(sizeInBytes({ dtype: 'bf16', shape: [2, 3] })).toBe(12);
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(elementCount([batch, 2, batch])).toEqual(multiplyDims(2, multiplyDims(batch, batch)));
    expect(evaluateShape([batch, 4], { batch: 7 })).toEqual([7, 4]);
  });
});

describe('hostTensor', () => {
  it('keeps the dtype’s own array', () => {
    const data = Float32Array.of(1, 2);
    expect(hostTensor('f32', [2], data).data).toBe(data);
  });

  it('encodes plain numbers: bits for 16-bit floats, 0 or 1 for bool', () => {
    expect(numberFromF16(hostTensor('f16', [1], [1.5]).data[0]!)).toBe(1.5);
    expect(numberFromBf16(hostTensor('bf16', [1], [-2]).data[0]!)).toBe(-2);
    expect([...hostTensor('bool', [3], [0, 5, -1]).data]).toEqual([0, 1, 1]);
    expect([...hostTensor('i32', [2], [1, -2]).data]).toEqual([1, -2]);
  });

  it.each([
    ['too few elements', [2, 2], [1, 2, 3]],
    ['a negative size', [-1, -2], [1, 2]],
    ['a fractional size', [0.5, 2], [1]],
  ])('refuses %s', (_, shape, data) => {
    expect(() => hostTensor('f32', shape, data)).toThrow(ShapeError);
  });

  it('refuses the array of another dtype and names both', () => {
    expect(() => hostTensor('i32', [1], Float32Array.of(1))).toThrow(
      'i32 is held by Int32Array, got Float32Array',
    );
  });
});

describe('bindDims', () => {
  const ids = { name: 'inputIds', spec: spec('i32', [batch, seqLen]) };
  const cache = { name: 'cache', spec: spec('f32', [batch, addDims(seqLen, 1), 8]) };

  it('reads the symbols off the axes that are one symbol alone', () => {
    const bindings = bindDims([cache, ids], [spec('f32', [2, 6, 8]), spec('i32', [2, 5])]);
    expect(bindings).toEqual({ batch: 2, seqLen: 5 });
  });

  function failure(actual: Parameters<typeof bindDims>[1], specs = [ids, cache]): TesseraeError {
    try {
      bindDims(specs, actual);
    } catch (error) {
      return error as TesseraeError;
    }
    throw new Error('bindDims accepted it');
  }

  it.each([
    ['rank', [spec('i32', [2]), spec('f32', [2, 6, 8])], 'inputIds'],
    ['dtype', [spec('f32', [2, 5]), spec('f32', [2, 6, 8])], 'inputIds'],
    ['a known size', [spec('i32', [2, 5]), spec('f32', [2, 6, 9])], 'cache'],
    ['a second value of a symbol', [spec('i32', [2, 5]), spec('f32', [3, 6, 8])], 'cache'],
    ['a polynomial', [spec('i32', [2, 5]), spec('f32', [2, 5, 8])], 'cache'],
  ])('names the input whose %s differs', (_, actual, name) => {
    expect(failure(actual).code).toBe('input-spec');
    expect(failure(actual).message).toContain(`input '${name}' is`);
  });

  it('says which values the other inputs gave to the symbols', () => {
    expect(failure([spec('i32', [2, 5]), spec('f32', [3, 6, 8])]).message).toContain('batch = 2, seqLen = 5');
  });

  it('names the input whose symbol no axis stands for alone', () => {
    const error = failure([spec('f32', [2, 6, 8])], [cache]);
    expect(error.code).toBe('dimension-unbound');
    expect(error.message).toContain("at input 'cache'");
  });
});
