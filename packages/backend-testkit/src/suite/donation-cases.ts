import type { DeviceTensor, Graph, HostTensor, Tensor } from '@tesserae/tensor';
import {
  OwnershipError,
  add,
  buildGraph,
  hostScalar,
  hostTensor,
  matmul,
  mean,
  mul,
  spec,
  sub,
  trace,
  updateSlice,
  valueAndGrad,
} from '@tesserae/tensor';
import { requireError } from '../mismatch-error.js';
import { compileGraph } from '../run-graph.js';
import { randomTensor } from '../sample-inputs.js';
import type { Suite } from './suite.js';
import { EXACT, requireAllClose } from './suite.js';

/** Donated inputs: their memory becomes an output's, and results stay what they are without it. */

interface State {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

interface StepArgs {
  readonly params: State;
  readonly momentum: State;
  readonly x: Tensor;
  readonly y: Tensor;
}

const PARAM_SPECS = { weight: spec('f32', [4, 2]), bias: spec('f32', [2]) };
const STEP_SPECS = {
  params: PARAM_SPECS,
  momentum: PARAM_SPECS,
  x: spec('f32', [5, 4]),
  y: spec('f32', [5, 2]),
};

/** One step of gradient descent with momentum on a squared error. Inputs and outputs 0 to 3 are the state. */
function stepGraph({ donate }: { readonly donate: boolean }): Graph {
  const fn = ({ params, momentum, x, y }: StepArgs) => {
    const { value, grads } = valueAndGrad(({ weight, bias }: State) => {
      const error = sub(add(matmul(x, weight), bias), y);
      return mean(mul(error, error));
    })(params);
    const next = (name: keyof State): Tensor => add(mul(momentum[name], 0.9), grads[name]);
    const moved = (name: keyof State): Tensor => sub(params[name], mul(next(name), 0.1));
    return {
      params: { weight: moved('weight'), bias: moved('bias') },
      momentum: { weight: next('weight'), bias: next('bias') },
      loss: value,
    };
  };
  const { graph } = trace(fn, STEP_SPECS, { name: donate ? 'donatingStep' : 'step' });
  const aliases = donate ? [0, 1, 2, 3].map((index) => ({ output: index, input: index })) : [];
  return buildGraph({ ...graph, aliases });
}

/** A cache that one row is written into at a time. */
function cacheGraph({ donate }: { readonly donate: boolean }): Graph {
  const fn = ({
    cache,
    row,
    position,
  }: {
    readonly cache: Tensor;
    readonly row: Tensor;
    readonly position: Tensor;
  }) => {
    const next = updateSlice(cache, row, position);
    return { cache: next, mean: mean(next) };
  };
  const specs = { cache: spec('f32', [2, 6, 3]), row: spec('f32', [2, 1, 3]), position: spec('i32', [3]) };
  const { graph } = trace(fn, specs, { name: donate ? 'donatingCache' : 'cache' });
  return buildGraph({ ...graph, aliases: donate ? [{ output: 0, input: 0 }] : [] });
}

const float = (shape: readonly number[], stream: number): HostTensor =>
  randomTensor({ dtype: 'f32', shape }, { seed: 31, stream, range: [-1, 1] });

const STATE = [
  float([4, 2], 0),
  hostTensor('f32', [2], [0, 0]),
  hostTensor('f32', [4, 2], new Array(8).fill(0)),
  hostTensor('f32', [2], [0, 0]),
];

interface LoopOptions {
  /** How many of the first outputs are the first inputs of the next run. */
  readonly carried: number;
  readonly steps: readonly (readonly HostTensor[])[];
  readonly initial: readonly HostTensor[];
}

/** Runs a graph in a loop on one backend; every output of the last run, and the last output of each. */
async function runLoop(
  { backend }: Pick<Suite, 'backend'>,
  graph: Graph,
  { carried, steps, initial }: LoopOptions,
): Promise<readonly HostTensor[]> {
  const executable = await compileGraph(backend, graph);
  const isDonated = graph.aliases.length > 0;
  let state: readonly DeviceTensor[] = initial.map((value) => backend.upload(value));
  const results: HostTensor[] = [];
  for (const step of steps) {
    const inputs = step.map((value) => backend.upload(value));
    const outputs = await executable.run([...state, ...inputs]);
    for (const tensor of [...(isDonated ? [] : state), ...inputs]) tensor.release();
    state = outputs.slice(0, carried);
    for (const output of outputs.slice(carried)) {
      results.push(await backend.download(output));
      output.release();
    }
  }
  for (const tensor of state) results.push(await backend.download(tensor));
  for (const tensor of state) tensor.release();
  executable.release();
  return results;
}

const TRAINING: LoopOptions = {
  carried: 4,
  initial: STATE,
  steps: [1, 2, 3, 4, 5].map((step) => [float([5, 4], 2 * step), float([5, 2], 2 * step + 1)]),
};
const DECODING: LoopOptions = {
  carried: 1,
  initial: [hostTensor('f32', [2, 6, 3], new Array(36).fill(0))],
  steps: [0, 1, 2, 3, 5].map((position) => [
    float([2, 1, 3], 40 + position),
    hostTensor('i32', [3], [0, position, 0]),
  ]),
};

/** Adds the cases about donated inputs. */
export function addDonationCases(suite: Suite): void {
  const loops = [
    { name: 'five optimiser steps', make: stepGraph, options: TRAINING },
    { name: 'five writes into a cache', make: cacheGraph, options: DECODING },
  ];
  for (const { name, make, options } of loops) {
    suite.add(['donation', name, 'agree with the reference'], async () => {
      const needed = await runLoop({ backend: suite.reference }, make({ donate: false }), options);
      const got = await runLoop(suite, make({ donate: true }), options);
      requireAllClose(got, needed, { op: name, tolerances: suite.tolerances });
    });
    suite.add(['donation', name, 'give the same bits with and without donation'], async () => {
      const plain = await runLoop(suite, make({ donate: false }), options);
      const donated = await runLoop(suite, make({ donate: true }), options);
      requireAllClose(donated, plain, { op: name, tolerances: EXACT });
    });
  }
  suite.add(['donation', 'a donated tensor', 'cannot be touched again'], () => touchDonated(suite));
  suite.add(['donation', 'a donated tensor', 'cannot be another input too'], () => donateTwice(suite));
}

async function touchDonated({ backend }: Suite): Promise<void> {
  const executable = await compileGraph(backend, cacheGraph({ donate: true }));
  const [row, position] = DECODING.steps[0]!.map((value) => backend.upload(value)) as [
    DeviceTensor,
    DeviceTensor,
  ];
  const cache = backend.upload(DECODING.initial[0]!);
  const outputs = await executable.run([cache, row, position]);
  const refusal = { op: 'donated', classes: [OwnershipError], text: 'donated' };
  await requireError(() => backend.download(cache), refusal);
  await requireError(() => executable.run([cache, row, position]), refusal);
  cache.release(); // releasing it is harmless: the caller's clean-up need not know
  await backend.download(outputs[0]!);
  for (const tensor of [row, position, ...outputs]) tensor.release();
  executable.release();
}

async function donateTwice({ backend }: Suite): Promise<void> {
  const { graph } = trace(
    ({ a, b }: { readonly a: Tensor; readonly b: Tensor }) => add(mul(a, 2), b),
    { a: spec('f32'), b: spec('f32') },
    { name: 'sharedDonation' },
  );
  const executable = await compileGraph(
    backend,
    buildGraph({ ...graph, aliases: [{ output: 0, input: 0 }] }),
  );
  const tensor = backend.upload(hostScalar('f32', 3));
  await requireError(() => executable.run([tensor, tensor]), { op: 'donated', classes: [OwnershipError] });
  executable.release();
}
