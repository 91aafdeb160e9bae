import { describe, expect, it } from 'vitest';
import { CompileError } from './errors.js';
import type { TensorSpec } from './spec.js';
import { spec } from './spec.js';
import { flattenTree, mapTree, releaseTree } from './tree.js';

const leaf = spec('f32', [2]);

describe('flattenTree', () => {
  it('names leaves by their paths, in the order they were written', () => {
    const tree = { encoder: { blocks: [{ query: leaf }, { query: leaf }] }, bias: leaf };
    expect(flattenTree(tree).map(({ path }) => path)).toEqual([
      'encoder.blocks.0.query',
      'encoder.blocks.1.query',
      'bias',
    ]);
  });

  it('leaves absent members out', () => {
    expect(flattenTree({ scale: leaf, bias: undefined, cache: null })).toEqual([{ path: 'scale', leaf }]);
  });

  it('takes a leaf for a tree of one, and an empty object for a tree of none', () => {
    expect(flattenTree(leaf)).toEqual([{ path: '', leaf }]);
    expect(flattenTree({})).toEqual([]);
  });

  it.each([
    ['a number', 3, 'number (3)'],
    ['a string', 'x', 'string (x)'],
    ['a function', () => leaf, 'function'],
    ['a map, whose members would be overlooked', new Map([['a', leaf]]), 'is Map'],
    ['a date', new Date(0), 'is Date'],
  ])('refuses %s and says where it is', (_, value, text) => {
    const attempt = (): unknown => flattenTree({ batch: { mask: value } });
    expect(attempt).toThrow(CompileError);
    expect(attempt).toThrow(`'batch.mask' ${text.startsWith('is') ? text : `is ${text}`}`);
  });
});

describe('mapTree', () => {
  it('keeps the form, absent members included, and hands over paths', () => {
    const tree = { layers: [{ weight: leaf, bias: undefined }], cache: null };
    const mapped = mapTree(tree, (value: TensorSpec, path: string) => `${path}:${value.dtype}`);
    expect(mapped).toEqual({ layers: [{ weight: 'layers.0.weight:f32', bias: undefined }], cache: null });
  });

  it('goes through leaves in the order of flattenTree', () => {
    const tree = { b: leaf, a: [leaf, { 10: leaf, 2: leaf }] };
    const seen: string[] = [];
    mapTree(tree, (_: TensorSpec, path: string) => seen.push(path));
    expect(seen).toEqual(flattenTree(tree).map(({ path }) => path));
  });
});

describe('releaseTree', () => {
  it('releases every tensor, wherever it sits', () => {
    const released: string[] = [];
    const tensor = (name: string) => ({ spec: leaf, release: () => released.push(name) });
    releaseTree({ blocks: [tensor('a'), undefined, tensor('b')], bias: { inner: tensor('c') } });
    expect(released).toEqual(['a', 'b', 'c']);
  });
});
