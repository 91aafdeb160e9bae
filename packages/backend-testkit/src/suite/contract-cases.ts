import type { Graph, HostTensor, Tensor, TensorSpec } from '@tesserae/tensor';
import {
  BackendError,
  ShapeError,
  add,
  concat,
  exp,
  foldIn,
  gather,
  hostScalar,
  hostTensor,
  layerNorm,
  matmul,
  mul,
  randomBernoulli,
  randomBits,
  randomUniform,
  reduceSum,
  reshape,
  rngFrom,
  rngKey,
  scatterAdd,
  softmax,
  spec,
  topK,
  trace,
  transpose,
  updateSlice,
} from '@tesserae/tensor';
import { MismatchError, requireError } from '../mismatch-error.js';
import { callExecutable, compileGraph, runGraph } from '../run-graph.js';
import { randomTensor } from '../sample-inputs.js';
import type { Suite } from './suite.js';
import { EXACT, compareBackends, requireAllClose } from './suite.js';

type Fn = (args: readonly Tensor[]) => unknown;

const graphOf = (name: string, fn: Fn, specs: readonly TensorSpec[]): Graph =>
  trace(fn, specs as never, { name }).graph;
const f32 = (...shape: number[]): HostTensor =>
  randomTensor({ dtype: 'f32', shape }, { seed: 51, stream: shape.length });
const i32 = (...values: number[]): HostTensor => hostTensor('i32', [values.length], values);

interface ContractCase {
  readonly name: string;
  readonly fn: Fn;
  readonly inputs: readonly HostTensor[];
}

/** Tensors without elements: an empty batch, an empty cache. */
const EMPTY: readonly ContractCase[] = [
  { name: 'add', fn: ([x, y]) => add(x!, y!), inputs: [f32(0, 3), f32(3)] },
  { name: 'exp', fn: ([x]) => exp(x!), inputs: [f32(2, 0)] },
  { name: 'reduceSum over no elements is 0', fn: ([x]) => reduceSum(x!, { axes: [0] }), inputs: [f32(0, 3)] },
  { name: 'matmul without rows', fn: ([a, b]) => matmul(a!, b!), inputs: [f32(0, 3), f32(3, 2)] },
  {
    name: 'matmul over no inner elements is 0',
    fn: ([a, b]) => matmul(a!, b!),
    inputs: [f32(2, 0), f32(0, 3)],
  },
  {
    name: 'concat with an empty part',
    fn: ([x, y]) => concat([x!, y!], { axis: 0 }),
    inputs: [f32(0, 2), f32(3, 2)],
  },
  { name: 'transpose', fn: ([x]) => transpose(x!, [1, 0]), inputs: [f32(0, 4)] },
  { name: 'reshape', fn: ([x]) => reshape(x!, [3, 0, 2]), inputs: [f32(0, 4)] },
  { name: 'gather of no rows', fn: ([x, ids]) => gather(x!, ids!, { axis: 0 }), inputs: [f32(4, 2), i32()] },
  { name: 'softmax of no rows', fn: ([x]) => softmax(x!), inputs: [f32(0, 5)] },
];

/** Results of several nodes, of one node, of none, and the same one twice. */
const SHAPED: readonly ContractCase[] = [
  {
    name: 'scalars in and out',
    fn: ([x, y]) => mul(add(x!, 1), y!),
    inputs: [hostScalar('f32', 2.5), hostScalar('f32', -3)],
  },
  { name: 'several outputs of one node', fn: ([x]) => topK(x!, { k: 2 }), inputs: [f32(3, 5)] },
  {
    name: 'outputs that depend on each other',
    fn: ([x]) => {
      const y = exp(x!);
      return { y, z: mul(y, y), sum: reduceSum(y) };
    },
    inputs: [f32(2, 3)],
  },
  {
    name: 'one value as two outputs',
    fn: ([x]) => {
      const y = exp(x!);
      return [y, y, reshape(y, [6])];
    },
    inputs: [f32(2, 3)],
  },
  { name: 'an input as two outputs', fn: ([x]) => [x!, x!], inputs: [f32(2, 3)] },
  { name: 'an input that nobody reads', fn: ([x]) => exp(x!), inputs: [f32(2), f32(3)] },
];

/** Positions outside their axis, which no backend may read or write. */
const OUT_OF_RANGE: readonly ContractCase[] = [
  { name: 'gather', fn: ([x, ids]) => gather(x!, ids!, { axis: 0 }), inputs: [f32(4, 2), i32(1, 4)] },
  {
    name: 'gather with a negative index',
    fn: ([x, ids]) => gather(x!, ids!, { axis: 0 }),
    inputs: [f32(4, 2), i32(-1, 0)],
  },
  {
    name: 'scatterAdd',
    fn: ([ids, x]) => scatterAdd(ids!, x!, { axis: 0, size: 3 }),
    inputs: [i32(3, 0), f32(2, 2)],
  },
  {
    name: 'updateSlice',
    fn: ([x, u, at]) => updateSlice(x!, u!, at!),
    inputs: [f32(4), hostTensor('f32', [2], [1, 2]), i32(3)],
  },
];

/** Adds the cases about shapes of programs, constants, random numbers and refusals. */
export function addContractCases(suite: Suite): void {
  const groups = { 'empty tensors': EMPTY, 'inputs and outputs': SHAPED };
  for (const [group, cases] of Object.entries(groups)) {
    for (const { name, fn, inputs } of cases) {
      suite.add(['contract', group, name], () =>
        compareBackends(suite, graphOf('contract', fn, inputs.map(specOf)), { inputs }),
      );
    }
  }
  addConstantCases(suite);
  addRandomCases(suite);
  addRefusals(suite);
  addRangeCases(suite);
}

const specOf = ({ dtype, shape }: HostTensor): TensorSpec => spec(dtype, shape);

function addConstantCases(suite: Suite): void {
  const fn: Fn = ([x, scale, bias, weight]) =>
    matmul(layerNorm(x!, { scale: scale!, bias: bias!, epsilon: 1e-6 }), weight!);
  const inputs = [
    f32(3, 4),
    hostTensor('f32', [4], [1, 2, 3, 4]),
    hostTensor('f32', [4], [0, 1, 0, 1]),
    f32(4, 2),
  ];
  const graph = graphOf('constants', fn, inputs.map(specOf));
  suite.add(['contract', 'constants', 'are handed over once, and not passed to run'], () =>
    compareBackends(suite, graph, {
      inputs,
      constants: new Map([1, 2, 3].map((index) => [index, inputs[index]!])),
    }),
  );
  suite.add(['contract', 'constants', 'stay what they were when the caller changes its array'], async () => {
    const own = hostTensor('f32', [4], [1, 2, 3, 4]);
    const executable = await compileGraph(suite.backend, graph, { constants: new Map([[1, own]]) });
    own.data.fill(0);
    const got = await callExecutable(suite.backend, executable, [inputs[0]!, inputs[2]!, inputs[3]!]);
    executable.release();
    requireAllClose(got, await runGraph(suite.reference, graph, { inputs }), {
      op: 'constants',
      tolerances: suite.tolerances,
    });
  });
}

function addRandomCases(suite: Suite): void {
  const fn: Fn = ([key]) => {
    const rng = rngFrom(key!);
    const mask = (label: string) => randomBernoulli(foldIn(rng, label), { shape: [40], probability: 0.5 });
    const bits = randomBits(foldIn(rng, 'bits'), { shape: [17], bitWidth: 32 });
    return { a: mask('a'), b: mask('b'), bits, uniform: randomUniform(foldIn(rng, 'u'), { shape: [9] }) };
  };
  const graph = graphOf('random', fn, [spec('i32', [2])]);
  suite.add(['contract', 'random numbers', 'are the reference’s, bit for bit'], async () => {
    const needed = await runGraph(suite.reference, graph, { inputs: [rngKey(5)] });
    requireAllClose(await runGraph(suite.backend, graph, { inputs: [rngKey(5)] }), needed, {
      op: 'random',
      tolerances: EXACT,
    });
  });
  suite.add(
    ['contract', 'random numbers', 'repeat with their seed, and change with it and with the stream'],
    async () => {
      const executable = await compileGraph(suite.backend, graph);
      const draw = (seed: number) => callExecutable(suite.backend, executable, [rngKey(seed)]);
      const [first, again, other] = [await draw(5), await draw(5), await draw(6)];
      executable.release();
      requireAllClose(again, first, { op: 'same seed', tolerances: EXACT });
      const text = (tensor: HostTensor): string => tensor.data.join();
      if (text(first[2]!) === text(other![2]!))
        throw new MismatchError({ op: 'random', problem: 'two seeds gave the same bits' });
      if (text(first[0]!) === text(first[1]!))
        throw new MismatchError({ op: 'random', problem: 'two streams gave the same mask' });
    },
  );
}

function addRefusals(suite: Suite): void {
  const { backend } = suite;
  const fn = ({ left, right }: { readonly left: Tensor; readonly right: Tensor }) => matmul(left, right);
  const product = trace(
    fn,
    { left: spec('f32', [2, 3]), right: spec('f32', [3, 2]) },
    { name: 'product' },
  ).graph;
  const refuses = (name: string, inputs: readonly HostTensor[], text: string): void =>
    suite.add(['contract', 'refusals', name], async () => {
      const executable = await compileGraph(backend, product);
      await requireError(() => callExecutable(backend, executable, inputs), {
        op: 'run',
        classes: [ShapeError],
        text,
      });
      executable.release();
    });
  refuses('too few inputs, naming the missing one', [f32(2, 3)], 'right');
  refuses('too many inputs', [f32(2, 3), f32(3, 2), f32(1)], '3');
  refuses('another shape, naming the input', [f32(2, 3), f32(4, 2)], 'right');
  refuses('another rank, naming the input', [f32(3), f32(3, 2)], 'left');
  refuses(
    'another dtype, naming the input',
    [f32(2, 3), hostTensor('i32', [3, 2], [1, 2, 3, 4, 5, 6])],
    'right',
  );
}

function addRangeCases(suite: Suite): void {
  for (const { name, fn: body, inputs } of OUT_OF_RANGE) {
    suite.add(['contract', 'positions out of range', name], async () => {
      const graph = graphOf('outOfRange', body, inputs.map(specOf));
      await requireError(() => runGraph(suite.backend, graph, { inputs }), {
        op: name,
        classes: [BackendError],
      });
    });
  }
}
