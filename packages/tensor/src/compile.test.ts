import { describe, expect, it } from 'vitest';
import { createFakeBackend } from '../test/fake-backend.js';
import type { Backend } from './backend.js';
import { compile } from './compile.js';
import { symbol } from './dim.js';
import { BackendError, CompileError, DtypeError, OptionError, OwnershipError, ShapeError } from './errors.js';
import type { Tensor } from './graph/graph.js';
import { add, mul, neg } from './ops/elementwise.js';
import { softmax } from './ops/normalization.js';
import { constant } from './ops/source.js';
import type { HostTensor } from './spec.js';
import { hostTensor, spec } from './spec.js';

const f32 = (...values: readonly number[]): HostTensor => hostTensor('f32', [values.length], values);

interface Pair {
  readonly x: Tensor;
  readonly y: Tensor;
}

describe('compile without specs', () => {
  it('traces at the first call and again for other shapes only', async () => {
    const { backend, records } = createFakeBackend();
    let traces = 0;
    const sum = await compile(({ x, y }: Pair) => (traces++, add(x, y)), backend, { name: 'sum' });
    expect(traces).toBe(0);
    await sum({ x: f32(1, 2), y: f32(3, 4) });
    await sum({ x: f32(5, 6), y: f32(7, 8) });
    expect(traces).toBe(1);
    const result = await sum({ x: f32(1, 2, 3), y: f32(4) });
    expect(result.spec.shape).toEqual([3]);
    expect(traces).toBe(2);
    expect(sum.name).toBe('sum');
    expect(sum.graphs).toEqual(records.compiled.map(({ graph }) => graph));
  });

  it('compiles once for calls that come together, and for members in any order', async () => {
    const { backend, records } = createFakeBackend();
    const sum = await compile(({ x, y }: Pair) => add(x, y), backend);
    await Promise.all([sum({ x: f32(1), y: f32(2) }), sum({ y: f32(3), x: f32(4) })]);
    expect(records.compiled.length).toBe(1);
  });

  it('refuses one graph too many and names the input whose shape changed', async () => {
    const { backend } = createFakeBackend();
    const sum = await compile(({ x, y }: Pair) => add(x, y), backend, { maxGraphs: 2, name: 'sum' });
    for (const length of [1, 2]) await sum({ x: f32(...new Array<number>(length).fill(0)), y: f32(1) });
    const tooMany = sum({ x: f32(1, 2, 3), y: f32(1) });
    await expect(tooMany).rejects.toBeInstanceOf(CompileError);
    await expect(tooMany).rejects.toMatchObject({
      code: 'max-graphs',
      facts: { got: ["'x' f32[2] -> f32[3]"] },
    });
    await expect(sum({ x: f32(1), y: f32(1) })).resolves.toBeDefined(); // the known shapes still run
  });

  it('tries again after a failure', async () => {
    const { backend, records } = createFakeBackend();
    const sum = await compile(({ x, y }: Pair) => add(x, y), backend, { maxGraphs: 1 });
    await expect(sum({ x: f32(1, 2), y: f32(1, 2, 3) })).rejects.toBeInstanceOf(ShapeError);
    await sum({ x: f32(1), y: f32(2) });
    expect(records.compiled.length).toBe(1);
  });
});

describe('compile with specs', () => {
  const batch = symbol('batch');
  const specs = { x: spec('f32', [batch]), y: spec('f32', [1]) };

  it('compiles ahead, once for all sizes', async () => {
    const { backend, records } = createFakeBackend();
    const sum = await compile(({ x, y }: Pair) => add(x, y), backend, { specs });
    expect(sum.graphs.length).toBe(1);
    for (const x of [f32(1), f32(1, 2), f32(1, 2, 3)]) {
      expect((await sum({ x, y: f32(0) })).spec.shape).toEqual(x.shape);
    }
    expect(records.compiled.length).toBe(1);
  });

  it('compiles per size for a backend that wants numbers, and still checks the specs', async () => {
    const { backend, records } = createFakeBackend({ symbolicDims: false });
    const sum = await compile(({ x, y }: Pair) => add(x, y), backend, { specs, maxGraphs: 2 });
    expect(records.compiled.length).toBe(0);
    for (const x of [f32(1), f32(1, 2), f32(3, 4)]) await sum({ x, y: f32(0) });
    expect(records.compiled.map(({ graph }) => graph.inputs[0]!.spec.shape)).toEqual([[1], [2]]);
    await expect(sum({ x: f32(1), y: f32(0, 1) })).rejects.toMatchObject({ code: 'input-spec' });
    await expect(sum({ x: f32(1) })).rejects.toMatchObject({ code: 'call-arguments' });
    await expect(sum({ x: f32(1, 2, 3), y: f32(0) })).rejects.toMatchObject({ code: 'max-graphs' });
  });

  it('names members that are missing or not expected', async () => {
    const { backend } = createFakeBackend();
    const sum = await compile(({ x, y }: Pair) => add(x, y), backend, { specs });
    await expect(sum({ x: f32(1) })).rejects.toMatchObject({
      code: 'call-arguments',
      facts: { needed: ['y'] },
    });
    const surplus = { x: f32(1), y: f32(2), mask: f32(1) };
    await expect(sum(surplus)).rejects.toThrow('not expected mask');
  });
});

describe('constants', () => {
  it('are handed over when compiling and left out of calls', async () => {
    const { backend, records } = createFakeBackend();
    const weights = { weight: f32(1, 2), bias: f32(3, 4) };
    const fn = ({ params, x }: { params: { weight: Tensor; bias: Tensor }; x: Tensor }) =>
      add(mul(x, params.weight), params.bias);
    const run = await compile(fn, backend, { constants: { params: weights } });
    await run({ x: f32(5, 6) });
    const { graph, options } = records.compiled[0]!;
    const named = [...options.constants].map(([index, value]) => [graph.inputNames[index], value]);
    expect(named).toEqual([
      ['params.weight', weights.weight],
      ['params.bias', weights.bias],
    ]);
    expect(records.runs).toEqual([['x']]);
    const again = run({ x: f32(5, 6), params: weights });
    await expect(again).rejects.toMatchObject({ code: 'call-arguments' });
  });
});

describe('donate', () => {
  const step = ({ params, x }: { params: { weight: Tensor }; x: Tensor }) => ({
    params: { weight: add(params.weight, x) },
    loss: mul(x, x),
  });

  it('aliases each donated leaf with the result of the same path', async () => {
    const { backend, records } = createFakeBackend();
    const run = await compile(step, backend, { donate: ['params'] });
    const weight = backend.upload(f32(1, 2));
    const { params, loss } = await run({ params: { weight }, x: f32(3, 4) });
    expect(records.compiled[0]!.graph.aliases).toEqual([{ output: 0, input: 0 }]);
    expect(records.live).toEqual(new Set([params.weight, loss])); // weight is gone, x was released
  });

  it.each([
    [
      'a member the result lacks',
      ['x'],
      "'x' cannot be donated: it is f32[2], but the result has no such leaf",
    ],
    ['a member the argument lacks', ['grads'], "'grads' cannot be donated: the argument has no such member"],
  ])('refuses %s', async (_, donate, text) => {
    const { backend } = createFakeBackend();
    const run = await compile(step, backend, { donate: donate as never });
    await expect(run({ params: { weight: f32(1, 2) }, x: f32(3, 4) })).rejects.toThrow(text);
  });

  it('refuses a partner of another spec', async () => {
    const { backend } = createFakeBackend();
    const run = await compile(({ x }: { x: Tensor }) => ({ x: add(x, constant(f32(1, 2))) }), backend, {
      donate: ['x'],
    });
    await expect(run({ x: f32(1) })).rejects.toThrow('it is f32[1], but the result has f32[2]');
  });

  it('refuses a constant', async () => {
    const { backend } = createFakeBackend();
    const options = { donate: ['params'] as const, constants: { params: { weight: f32(1, 2) } } };
    const run = await compile(step, backend, options);
    await expect(run({ x: f32(3, 4) })).rejects.toThrow(
      "'params.weight' cannot be donated: it is a constant",
    );
  });
});

function failOnSecond(upload: Backend['upload']): Backend['upload'] {
  let calls = 0;
  return (value) => {
    if (++calls === 2) throw new BackendError({ op: 'upload', problem: 'out of memory' });
    return upload(value);
  };
}

describe('tensors of a call', () => {
  it('are uploaded for the call when they are host tensors, and released after it', async () => {
    const { backend, records } = createFakeBackend();
    const negate = await compile(({ x }: { x: Tensor }) => neg(x), backend);
    const result = await negate({ x: f32(1) });
    expect(records.live).toEqual(new Set([result]));
  });

  it('stay the caller’s when they are device tensors', async () => {
    const { backend, records } = createFakeBackend();
    const negate = await compile(({ x }: { x: Tensor }) => neg(x), backend);
    const x = backend.upload(f32(1));
    const result = await negate({ x });
    expect(records.live).toEqual(new Set([x, result]));
  });

  it('are released when the run or a later upload fails', async () => {
    const { backend, records } = createFakeBackend();
    const sum = await compile(({ x, y }: Pair) => add(x, y), backend);
    records.failure = new BackendError({ op: 'run', problem: 'the device is gone' });
    await expect(sum({ x: f32(1), y: f32(2) })).rejects.toBe(records.failure);
    const failing = { ...backend, upload: failOnSecond(backend.upload) };
    const other = await compile(({ x, y }: Pair) => add(x, y), failing);
    await expect(other({ x: f32(1), y: f32(2) })).rejects.toThrow('out of memory');
    expect(records.live.size).toBe(0);
  });

  it('come back in the tree of the result, absent members included', async () => {
    const { backend } = createFakeBackend();
    const fn = ({ x }: { x: Tensor }) => ({ layers: [x, neg(x)], cache: undefined, none: null });
    const result = await (await compile(fn, backend))({ x: f32(1) });
    expect(result.layers.map((tensor) => tensor.spec.shape)).toEqual([[1], [1]]);
    expect([result.cache, result.none]).toEqual([undefined, null]);
  });

  it('may be one tensor instead of a tree', async () => {
    const { backend } = createFakeBackend();
    const negate = await compile((x: Tensor) => neg(x), backend);
    expect((await negate(f32(1, 2))).spec.shape).toEqual([2]);
  });
});

describe('release', () => {
  it('frees every graph once; later calls throw', async () => {
    const { backend, records } = createFakeBackend();
    const negate = await compile(({ x }: { x: Tensor }) => neg(x), backend, { name: 'negate' });
    await negate({ x: f32(1) });
    await negate({ x: f32(1, 2) });
    negate.release();
    negate.release();
    expect(records.released.length).toBe(2);
    const late = negate({ x: f32(1) });
    await expect(late).rejects.toBeInstanceOf(OwnershipError);
    await expect(late).rejects.toThrow('[negate]: the compiled function was released');
  });

  it('also frees a graph that is still being compiled', async () => {
    const { backend, records } = createFakeBackend();
    const negate = await compile(({ x }: { x: Tensor }) => neg(x), backend);
    const call = negate({ x: f32(1) });
    negate.release();
    await expect(call).rejects.toBeInstanceOf(OwnershipError);
    expect(records.released.length).toBe(1);
  });
});

describe('options', () => {
  const attempt = (options: object): Promise<unknown> =>
    compile(({ x }: { x: Tensor }) => x, createFakeBackend().backend, options);

  it.each([
    ['an unknown name', { donated: ['x'] }, "unknown option 'donated'"],
    ['no graphs at all', { maxGraphs: 0 }, 'maxGraphs is 0'],
    ['a debug level that is not there', { debug: 5 }, 'debug is 5'],
  ])('refuse %s', async (_, options, text) => {
    await expect(attempt(options)).rejects.toBeInstanceOf(OptionError);
    await expect(attempt(options)).rejects.toThrow(text);
  });

  it('a dtype the backend lacks is refused, with the input that has it', async () => {
    const { backend } = createFakeBackend({ dtypes: ['f32', 'i32'] });
    const specs = { params: { weight: spec('bf16', [2]) } };
    const refused = compile(({ params }: { params: { weight: Tensor } }) => neg(params.weight), backend, {
      specs,
    });
    await expect(refused).rejects.toBeInstanceOf(DtypeError);
    await expect(refused).rejects.toThrow("input 'params.weight' is bf16[2]; backend 'fake' takes f32, i32");
  });
});

describe('debug', () => {
  /** The lines of one level, timings replaced. */
  async function linesOf(
    debug: 0 | 1 | 2 | 3,
    shape: readonly [ReturnType<typeof symbol> | number],
  ): Promise<string[]> {
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line.replaceAll(/\d+ ms/g, '_ ms'));
    const fn = ({ x }: { x: Tensor }) => neg(softmax(x));
    const specs = { x: spec('f32', shape) };
    await compile(fn, createFakeBackend().backend, { name: 'probs', specs, debug, log });
    return lines;
  }

  it('0 says nothing', async () => {
    expect(await linesOf(0, [4])).toEqual([]);
  });

  it('1 says how big the graph is and how long each part took', async () => {
    expect(await linesOf(1, [4])).toEqual(['[probs] 6 nodes; traced in _ ms, fake took _ ms']);
  });

  it('2 shows the graph before and after the passes', async () => {
    const lines = await linesOf(2, [4]);
    expect(lines.length).toBe(3);
    expect(lines[0]).toMatch(
      /^\[probs\] traced\ngraph probs\(x: f32\[4\]\) \{\n {2}%0: f32\[4\] = softmax\(x\)/,
    );
    expect(lines[1]).toMatch(/^\[probs\] lowered for fake\ngraph probs/);
    expect(lines[1]).not.toContain('softmax');
  });

  it('3 adds what the memory plan comes to', async () => {
    const plan = (await linesOf(3, [4]))[2];
    expect(plan).toMatch(
      /^\[probs\] plan: 5 buffers in an arena of \d+ bytes \(\d+ bytes without reuse\), 0 donations$/,
    );
    expect((await linesOf(3, [symbol('n')]))[2]).toBe('[probs] plan: made at each run, from n');
  });

  it('goes to the backend too', async () => {
    const { backend, records } = createFakeBackend();
    const log = (): void => undefined;
    await compile(({ x }: { x: Tensor }) => neg(x), backend, { specs: { x: spec('f32') }, debug: 4, log });
    expect(records.compiled[0]!.options).toMatchObject({ debug: 4, log });
  });
});
