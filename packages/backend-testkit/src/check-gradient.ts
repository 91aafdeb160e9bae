import type { Backend, HostTensor, Tensor } from '@tesserae/tensor';
import {
  CompileError,
  add,
  castHost,
  constant,
  flattenTree,
  hostTensor,
  isFloat,
  mapTree,
  mul,
  reduceSum,
  scalar,
  trace,
  vjp,
} from '@tesserae/tensor';
import { MismatchError } from './mismatch-error.js';
import { callExecutable, compileGraph } from './run-graph.js';
import { randomTensor } from './sample-inputs.js';

/** How a gradient is checked. */
export interface GradientCheckOptions {
  /** Computes in double whatever the graph says, as `createCpuBackend({ precision: 'f64' })` does. */
  readonly backend: Backend;
  /** Of the direction and of the weights of the outputs. */
  readonly seed: number;
  /** Step along the direction, default 1e-5: truncation and rounding are then both near 1e-10. */
  readonly step?: number;
  /** Largest |analytic - numeric| over max(1, |numeric|), default 1e-6. */
  readonly tolerance?: number;
}

/** The derivative along one direction, computed both ways. */
export interface GradientCheck {
  readonly analytic: number;
  readonly numeric: number;
  readonly error: number;
}

/**
 * Compares reverse-mode gradients with a central difference along one random direction, in double.
 * @param fn  takes one tree of tensors; its float outputs are summed with random weights to a loss
 * @param inputs  the same tree of host tensors; integers and booleans stay fixed
 * @throws MismatchError when the two derivatives differ · CompileError when the backend does not compute in double
 */
export async function checkGradient<Args>(
  fn: (args: Args) => unknown,
  inputs: unknown,
  { backend, seed, step = 1e-5, tolerance = 1e-6 }: GradientCheckOptions,
): Promise<GradientCheck> {
  const values = flattenTree<HostTensor>(inputs).map((entry) => entry.leaf);
  const graph = lossAndGradients(fn, inputs, seed);
  const executable = await compileGraph(backend, graph);
  const wide = values.map((value) => (isFloat(value.dtype) ? castHost(value, 'f64') : value));
  const direction = wide.map((value, stream) =>
    randomTensor(value, { seed, stream: 200 + stream, range: [-1, 1] }),
  );
  const moved = (by: number): readonly HostTensor[] =>
    wide.map((value, index) => {
      if (!isFloat(value.dtype)) return value;
      const data = Float64Array.from(value.data, (number, at) => number + by * direction[index]!.data[at]!);
      return hostTensor('f64', value.shape, data);
    });
  try {
    const [, ...gradients] = requireDouble(await callExecutable(backend, executable, wide));
    const [above] = await callExecutable(backend, executable, moved(step));
    const [below] = await callExecutable(backend, executable, moved(-step));
    const along = direction.filter((_, index) => isFloat(wide[index]!.dtype));
    const analytic = gradients.reduce((sum, gradient, index) => sum + dot(gradient, along[index]!), 0);
    const numeric = (above!.data[0]! - below!.data[0]!) / (2 * step);
    return judge({ op: graph.name, analytic, numeric, tolerance });
  } finally {
    executable.release();
  }
}

/** Graph with the loss first, then the gradient of each float input. */
function lossAndGradients<Args>(fn: (args: Args) => unknown, inputs: unknown, seed: number) {
  const specs = mapTree(inputs, ({ dtype, shape }: HostTensor) => ({ dtype, shape }));
  const weighted = (args: Args): readonly Tensor[] => {
    const outputs = flattenTree<Tensor>(fn(args)).map((entry) => entry.leaf);
    const terms = outputs
      .filter(({ spec }) => isFloat(spec.dtype))
      .map((output, stream) => {
        const spec = { dtype: output.spec.dtype, shape: output.spec.shape as readonly number[] };
        return reduceSum(
          mul(output, constant(randomTensor(spec, { seed, stream: 300 + stream, range: [-1, 1] }))),
        );
      });
    if (terms.length === 0) throw noFloatResult();
    const loss = terms.reduce((sum, term) => add(sum, term));
    const targets = flattenTree<Tensor>(args).map((entry) => entry.leaf);
    const floats = targets.filter(({ spec }) => isFloat(spec.dtype));
    return [loss, ...vjp([loss], [scalar(loss.spec.dtype, 1)], floats)];
  };
  return trace(weighted as (args: unknown) => readonly Tensor[], specs as never, { name: 'gradientCheck' })
    .graph;
}

function noFloatResult(): CompileError {
  return new CompileError({
    op: 'checkGradient',
    problem: 'the function returns no float tensor',
    likely: 'Integers and booleans have no gradient; return what they are made from.',
    page: 'gradient-check',
  });
}

function requireDouble(outputs: readonly HostTensor[]): readonly HostTensor[] {
  const coarse = outputs.find((output) => output.dtype !== 'f64');
  if (coarse === undefined) return outputs;
  throw new CompileError({
    op: 'checkGradient',
    problem: `the backend gives ${coarse.dtype}; differences need f64`,
    likely: "Use createCpuBackend({ precision: 'f64' }).",
    page: 'gradient-check-precision',
    got: coarse.dtype,
    needed: 'f64',
  });
}

function dot(a: HostTensor, b: HostTensor): number {
  return Float64Array.from(a.data).reduce((sum, value, index) => sum + value * b.data[index]!, 0);
}

function judge({
  op,
  analytic,
  numeric,
  tolerance,
}: {
  op: string;
  analytic: number;
  numeric: number;
  tolerance: number;
}): GradientCheck {
  const error = Math.abs(analytic - numeric) / Math.max(1, Math.abs(numeric));
  if (error <= tolerance) return { analytic, numeric, error };
  throw new MismatchError({
    op,
    problem: `the gradient rule gives ${analytic} along a random direction, differences give ${numeric} (error ${error})`,
    likely: 'A wrong gradient rule, or a kink within the step (give the sample a skipGradient reason).',
    page: 'gradient-check',
    got: analytic,
    needed: numeric,
  });
}
