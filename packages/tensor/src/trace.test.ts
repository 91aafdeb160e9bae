import { expect, it } from 'vitest';
import { CompileError, GraphError } from './errors.js';
import type { Tensor } from './graph/graph.js';
import { add, neg } from './ops/elementwise.js';
import { spec } from './spec.js';
import { trace } from './trace.js';

const f32 = spec('f32', [2]);

it('names inputs and outputs by their paths, in order', () => {
  interface Args {
    readonly params: { readonly blocks: readonly { readonly scale: Tensor }[] };
    readonly x: Tensor;
  }
  const { graph, result } = trace(
    ({ params, x }: Args) => ({ loss: add(x, params.blocks[0]!.scale), aux: [neg(x)] }),
    { params: { blocks: [{ scale: f32 }] }, x: f32 },
    { name: 'step' },
  );
  expect(graph.name).toBe('step');
  expect(graph.inputNames).toEqual(['params.blocks.0.scale', 'x']);
  expect(graph.outputNames).toEqual(['loss', 'aux.0']);
  expect(graph.outputs).toEqual([result.loss, result.aux[0]]);
});

it('names a lone tensor input and result', () => {
  const { graph } = trace((x: Tensor) => neg(x), f32);
  expect([graph.inputNames, graph.outputNames]).toEqual([['input'], ['result']]);
});

it('keeps inputs that nothing reads', () => {
  expect(trace(({ x }: { x: Tensor; y: Tensor }) => x, { x: f32, y: f32 }).graph.inputs.length).toBe(2);
});

it('refuses a result that is no tensor, and says where it is', () => {
  const attempt = (): unknown => trace(({ x }: { x: Tensor }) => ({ x, count: 3 }), { x: f32 });
  expect(attempt).toThrow(CompileError);
  expect(attempt).toThrow("'count' is number (3)");
});

it('refuses a tensor kept from another trace, and names it', () => {
  let kept: Tensor | undefined;
  trace(({ mask }: { mask: Tensor }) => (kept = mask), { mask: f32 });
  expect(() => trace(({ x }: { x: Tensor }) => add(x, kept!), { x: f32 })).toThrow("depends on 'mask'");
});

it('refuses two leaves with one path', () => {
  const attempt = (): unknown =>
    trace((args: { x: Tensor }) => args.x, { 'x.y': f32, x: { y: f32 } } as never);
  expect(attempt).toThrow(GraphError);
  expect(attempt).toThrow("two leaves have the path 'x.y'");
});
