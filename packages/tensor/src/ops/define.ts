import type { DType } from '../dtype.js';
import type { Node, Tensor } from '../graph/graph.js';
import type { TensorSpec } from '../spec.js';

/** Static arguments of a node: plain data, sizes, or host tensors; never tensors of the graph. */
export type Params = Readonly<Record<string, unknown>>;

/** One input of a sample; values are drawn from `range` (numbers), given by `values`, or integers below `below`. */
export interface SampleInput {
  /** Default: the dtype under test, see `OpRecord.dtypes`. */
  readonly dtype?: DType;
  readonly shape: readonly number[];
  /** Uniform range of the values; default [-2, 2]. */
  readonly range?: readonly [number, number];
  /** Whole numbers in [0, below). */
  readonly below?: number;
  readonly values?: readonly number[];
}

/** A worked case of an op, from which golden values, conformance and gradient checks are made. */
export interface Sample<P extends Params = Params> {
  readonly inputs: readonly SampleInput[];
  readonly params: P;
  /** Why the gradient of this sample is not checked against differences (a kink, ties). */
  readonly skipGradient?: string;
}

/** What a gradient rule sees; it speaks only of mathematics, un-broadcasting happens in autodiff. */
export interface VjpContext<P extends Params = Params> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Cotangent of each output; undefined where nothing depends on it. */
  readonly cotangents: readonly (Tensor | undefined)[];
  /** Cotangent of output 0, zeros when nothing depends on it. */
  readonly cotangent: Tensor;
  readonly params: P;
}

/** Cotangent of each input; null where the input has none (indices, masks, keys). */
export type Vjp<P extends Params = Params> = (context: VjpContext<P>) => readonly (Tensor | null)[];

/** Marks an op that has no gradient; the reason names the alternative. */
export interface NotDifferentiable {
  readonly notDifferentiable: string;
}

/** Everything the project knows about one op. */
export interface OpRecord<Name extends string = string, P extends Params = Params> {
  readonly name: Name;
  readonly summary: string;
  /** Dtypes under which the samples are run for inputs that name none. */
  readonly dtypes: readonly DType[];
  /** Shape and dtype rule. @throws ShapeError | DtypeError */
  readonly infer: (inputs: readonly TensorSpec[], params: P) => readonly TensorSpec[];
  readonly vjp: Vjp<P> | NotDifferentiable;
  readonly samples: readonly Sample<P>[];
  /** Scalar meaning of an element-wise op, on numbers; used by the fold pass and the reference backend. */
  readonly scalar?: (...values: number[]) => number;
  /** Present on composites: the op in terms of other ops. */
  readonly decompose?: (inputs: readonly Tensor[], params: P) => readonly Tensor[];
}

/** An op that backends must implement. */
export type PrimitiveRecord<Name extends string = string, P extends Params = Params> = OpRecord<Name, P> & {
  readonly decompose?: undefined;
};

/** An op with a default meaning in other ops, which a backend may take natively. */
export type CompositeRecord<Name extends string = string, P extends Params = Params> = OpRecord<Name, P> & {
  readonly decompose: (inputs: readonly Tensor[], params: P) => readonly Tensor[];
};

/** The parameters of a record type. */
export type ParamsOf<R> = R extends { infer: (inputs: readonly TensorSpec[], params: infer P) => unknown }
  ? P
  : never;

/** Declares a primitive. */
export function definePrimitive<const Name extends string, P extends Params>(
  record: PrimitiveRecord<Name, P>,
): PrimitiveRecord<Name, P> {
  return Object.freeze(record);
}

/** Declares a composite. */
export function defineComposite<const Name extends string, P extends Params>(
  record: CompositeRecord<Name, P>,
): CompositeRecord<Name, P> {
  return Object.freeze(record);
}

/** Marks an op without a gradient; `reason` names the alternative. */
export function notDifferentiable(reason: string): NotDifferentiable {
  return { notDifferentiable: reason };
}

/** Applies an op: infers the output specs and adds a node to the DAG. */
export function applyAll<P extends Params>(
  record: OpRecord<string, P>,
  inputs: readonly Tensor[],
  params: P,
): readonly Tensor[] {
  const kept = frozenParams(params);
  const specs = record.infer(
    inputs.map((input) => input.spec),
    kept,
  );
  const outputs: Tensor[] = [];
  const node: Node = Object.freeze({
    op: record.name,
    record: record as unknown as OpRecord,
    inputs: Object.freeze([...inputs]),
    params: kept,
    outputs,
  });
  specs.forEach((spec, output) => outputs.push(Object.freeze({ spec: Object.freeze(spec), node, output })));
  return Object.freeze(outputs);
}

/** A frozen copy whose arrays are copies too, so that a caller's own arrays stay theirs to change. */
function frozenParams<P extends Params>(params: P): P {
  if (Object.isFrozen(params)) return params;
  const entries = Object.entries(params);
  const copies = entries.map(([key, value]) => [
    key,
    Array.isArray(value) ? Object.freeze([...value]) : value,
  ]);
  return Object.freeze(Object.fromEntries(copies)) as P;
}

/** Applies an op with one output. */
export function apply<P extends Params>(
  record: OpRecord<string, P>,
  inputs: readonly Tensor[],
  params: P,
): Tensor {
  return applyAll(record, inputs, params)[0]!;
}

/** Samples over input shapes, all drawn from one range. */
export function shapeSamples(
  shapes: readonly (readonly (readonly number[])[])[],
  options: Omit<SampleInput, 'shape'> = {},
): readonly Sample<Record<string, never>>[] {
  return shapes.map((inputs) => ({ inputs: inputs.map((shape) => ({ ...options, shape })), params: {} }));
}
