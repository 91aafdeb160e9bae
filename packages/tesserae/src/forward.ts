import type { Backend, DeviceTensor, HostTensor, Tensor } from '@tesserae/tensor';
import {
  OptionError,
  ShapeError,
  castHost,
  compile,
  flattenTree,
  formatSpec,
  isFloat,
  mapTree,
  valueAndGrad,
} from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';
import type { Architecture } from './architectures/architecture.js';
import type { PretrainedModel } from './pretrained.js';

/** Results of one forward pass, in host memory. */
export interface ForwardResult {
  /** By Hugging Face's names: logits, loss, last_hidden_state, … */
  readonly outputs: Readonly<Record<string, HostTensor>>;
  /** Gradient of the loss for each parameter by checkpoint name; empty when not asked for. */
  readonly grads: Readonly<Record<string, HostTensor>>;
}

/**
 * Runs a class's forward pass once, and its gradients when asked: the tool to check against another implementation.
 * @param inputs  by the names of the class's forward arguments; integers are i32
 * @throws OptionError for unknown, missing or wrong inputs · BackendError when the run fails
 */
export async function runForward(
  model: PretrainedModel,
  inputs: Readonly<Record<string, HostTensor>>,
  { backend, withGrads = false }: { readonly backend: Backend; readonly withGrads?: boolean },
): Promise<ForwardResult> {
  const { architecture, config, specs } = model;
  const given = checkInputs(architecture, inputs);
  architecture.checkValues?.(given, config);
  const run = (params: unknown, tensors: Readonly<Record<string, Tensor>>) =>
    architecture.forward(params, tensors, { config, rng: undefined });
  const fn = await compile(
    (args: { params: unknown; inputs: Readonly<Record<string, Tensor>> }) => {
      if (!withGrads) return { outputs: run(args.params, args.inputs), grads: {} };
      const { grads, result } = valueAndGrad((params: unknown) =>
        requireLoss(architecture, run(params, args.inputs)),
      )(args.params);
      return { outputs: result as Readonly<Record<string, Tensor>>, grads };
    },
    backend,
    { name: architecture.name },
  );
  try {
    const result = await fn({ params: model.params, inputs: given } as never);
    const host = await downloadAll(backend, result);
    const { outputs, grads } = host as { outputs: Record<string, HostTensor>; grads: object };
    return { outputs, grads: withGrads ? byCheckpointName(specs, grads) : {} };
  } finally {
    fn.release();
  }
}

function requireLoss(
  architecture: Architecture,
  outputs: Readonly<Record<string, Tensor>>,
): { readonly loss: Tensor } {
  const { loss } = outputs;
  if (loss !== undefined) return { ...outputs, loss };
  throw new OptionError({
    op: architecture.name,
    problem: 'gradients need a loss, and these inputs give none',
    likely: 'Add labels (start_positions and end_positions for question answering).',
    page: 'missing-input',
  });
}

/** Inputs in the dtypes the class takes; names and ranks are checked. */
function checkInputs(
  architecture: Architecture,
  inputs: Readonly<Record<string, HostTensor>>,
): Record<string, HostTensor> {
  const known = Object.keys(architecture.inputs);
  const surplus = Object.keys(inputs).filter((name) => !known.includes(name));
  const missing = known.filter((name) => architecture.inputs[name]!.isRequired && inputs[name] === undefined);
  if (surplus.length > 0 || missing.length > 0) {
    throw new OptionError({
      op: architecture.name,
      problem: [
        ...(missing.length > 0 ? [`missing input ${missing.join(', ')}`] : []),
        ...(surplus.length > 0 ? [`unknown input ${surplus.join(', ')}`] : []),
      ].join('; '),
      likely: `Inputs of this class are ${known.join(', ')}.`,
      page: 'forward-inputs',
      got: Object.keys(inputs),
      needed: known,
    });
  }
  return Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => {
      if (tensor.shape.length === 0) {
        throw new ShapeError({
          op: architecture.name,
          problem: `'${name}' is ${formatSpec(tensor)}; inputs have a batch axis`,
          page: 'forward-inputs',
          got: tensor.shape,
        });
      }
      const keepsFloat = name === 'labels' && isFloat(tensor.dtype);
      return [name, keepsFloat ? castHost(tensor, 'f32') : castHost(tensor, 'i32')];
    }),
  );
}

async function downloadAll(backend: Backend, tree: unknown): Promise<unknown> {
  const entries = flattenTree<DeviceTensor>(tree);
  const values = new Map<string, HostTensor>();
  for (const { path, leaf } of entries) {
    values.set(path, await backend.download(leaf));
    leaf.release();
  }
  return mapTree(tree, (_: DeviceTensor, path: string) => values.get(path)!);
}

function byCheckpointName(specs: unknown, grads: unknown): Record<string, HostTensor> {
  const names = new Map(flattenTree<ParamSpec>(specs).map(({ path, leaf }) => [path, leaf.name ?? path]));
  return Object.fromEntries(flattenTree<HostTensor>(grads).map(({ path, leaf }) => [names.get(path)!, leaf]));
}
