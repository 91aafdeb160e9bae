import type {
  ConcreteSpec,
  Dim,
  DimBindings,
  Graph,
  HostTensor,
  Node,
  Params,
  Tensor,
} from '@tesserae/tensor';
import { BackendError, PRIMITIVES, evaluateDim, evaluateShape, sizeOf } from '@tesserae/tensor';
import type { BoundParams, Kernel } from './kernels/kernel.js';
import { cpuKernels } from './kernels/table.js';

/** A value's place: values that share memory (a reshape and its input) share a slot. */
export interface Place {
  readonly slot: number;
  readonly spec: ConcreteSpec;
}

/** One kernel call. */
export interface Step {
  readonly op: string;
  readonly kernel: Kernel<Params>;
  readonly params: BoundParams<Params>;
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  /** The input whose memory output 0 takes over, or -1. */
  readonly reused: number;
  /** Slots that nobody reads after this step and that belong to the run. */
  readonly expiring: readonly number[];
}

/** A graph under given sizes, ready to run: kernels, slots and when each slot is free again. */
export interface Program {
  readonly slotCount: number;
  readonly inputs: readonly Place[];
  readonly constants: readonly { readonly slot: number; readonly value: HostTensor }[];
  readonly steps: readonly Step[];
  readonly outputs: readonly Place[];
  /** Slots of the run itself: intermediates and donated inputs; others must not be written or handed out. */
  readonly owned: ReadonlySet<number>;
}

/**
 * Plans a run under `bindings`.
 * @throws BackendError when the graph has an op that is no primitive
 */
export function planProgram(graph: Graph, bindings: DimBindings): Program {
  const places = new Map<Tensor, Place>();
  const owned = new Set<number>();
  const constants: { slot: number; value: HostTensor }[] = [];
  const drafts: StepDraft[] = [];
  let slotCount = 0;
  const placeAt = (tensor: Tensor, slot: number): Place => {
    const place = {
      slot,
      spec: { dtype: tensor.spec.dtype, shape: evaluateShape(tensor.spec.shape, bindings) },
    };
    places.set(tensor, place);
    return place;
  };
  const inputs = graph.inputs.map((tensor) => placeAt(tensor, slotCount++));
  for (const { input } of graph.aliases) owned.add(inputs[input]!.slot);
  for (const node of graph.nodes) {
    requirePrimitive(node);
    if (node.op === 'reshape') {
      placeAt(node.outputs[0]!, places.get(node.inputs[0]!)!.slot);
      continue;
    }
    const outputs = node.outputs.map((output) => placeAt(output, slotCount++));
    if (node.op === 'constant')
      constants.push({ slot: outputs[0]!.slot, value: node.params['value'] as HostTensor });
    else drafts.push({ node, inputs: node.inputs.map((input) => places.get(input)!), outputs });
    if (node.op !== 'constant') for (const { slot } of outputs) owned.add(slot);
  }
  const outputs = graph.outputs.map((tensor) => places.get(tensor)!);
  const steps = finishSteps(drafts, { owned, bindings, kept: new Set(outputs.map(({ slot }) => slot)) });
  return { slotCount, inputs, constants, steps, outputs, owned };
}

interface StepDraft {
  readonly node: Node;
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
}

interface Liveness {
  readonly owned: ReadonlySet<number>;
  /** Slots of the graph's outputs, which outlive every step. */
  readonly kept: ReadonlySet<number>;
  readonly bindings: DimBindings;
}

function finishSteps(drafts: readonly StepDraft[], { owned, kept, bindings }: Liveness): readonly Step[] {
  const lastUse = new Map<number, number>();
  drafts.forEach(({ inputs, outputs }, index) =>
    [...inputs, ...outputs].forEach(({ slot }) => lastUse.set(slot, index)),
  );
  return drafts.map(({ node, inputs, outputs }, index) => {
    const slots = [...new Set([...inputs, ...outputs].map(({ slot }) => slot))];
    const dying = slots.filter((slot) => lastUse.get(slot) === index && owned.has(slot) && !kept.has(slot));
    const reused = reusableInput(node, { inputs, outputs, dying });
    return {
      op: node.op,
      kernel: cpuKernels[node.op as keyof typeof cpuKernels] as Kernel<Params>,
      params: bindParams(node.params, bindings),
      inputs,
      outputs,
      reused,
      expiring: dying.filter((slot) => slot !== inputs[reused]?.slot),
    };
  });
}

/** The input in whose memory a node may write its output: same size and type, dying here, read in step with it. */
function reusableInput(
  node: Node,
  {
    inputs,
    outputs,
    dying,
  }: {
    readonly inputs: readonly Place[];
    readonly outputs: readonly Place[];
    readonly dying: readonly number[];
  },
): number {
  const out = outputs[0]!.spec;
  const isFree = ({ slot, spec }: Place): boolean => dying.includes(slot) && spec.dtype === out.dtype;
  if (node.op === 'updateSlice') {
    const isAlone = inputs.slice(1).every(({ slot }) => slot !== inputs[0]!.slot);
    return isAlone && isFree(inputs[0]!) ? 0 : -1;
  }
  if (node.record.scalar === undefined && node.op !== 'where') return -1;
  const count = sizeOf(out.shape);
  const isWhole = (slot: number): boolean =>
    inputs.every((other) => other.slot !== slot || sizeOf(other.spec.shape) === count);
  return inputs.findIndex((input) => isFree(input) && isWhole(input.slot));
}

function requirePrimitive(node: Node): void {
  if (Object.hasOwn(PRIMITIVES, node.op)) return;
  throw new BackendError({
    op: node.op,
    problem: 'backend-cpu runs primitives only',
    likely: 'Compile through compile() of @tesserae/tensor, which decomposes composites.',
    page: 'op-unsupported',
    got: node.op,
  });
}

/** Parameters with the value of every symbolic size. */
function bindParams(params: Params, bindings: DimBindings): BoundParams<Params> {
  const bind = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(bind);
    return isSymbolic(value) ? evaluateDim(value, bindings) : value;
  };
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [key, bind(value)]),
  ) as BoundParams<Params>;
}

function isSymbolic(value: unknown): value is Dim {
  return typeof value === 'object' && value !== null && 'terms' in value && 'key' in value;
}
