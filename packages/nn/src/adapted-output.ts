import type { Tensor } from '@tesserae/tensor';
import { FLOAT_DTYPES, CompileError, add, apply, cast, defineComposite, matmul } from '@tesserae/tensor';
import { activation } from './activations.js';

/** An affine map of an adapter. */
interface AdapterMap {
  /** [outputs, inputs] */
  readonly weight: Tensor;
  /** [outputs] */
  readonly bias: Tensor;
}

/** A bottleneck behind a matrix: y + up(act(down(y))), where y is what the matrix (and its bias) gives. */
export interface AdaptedOutputOptions {
  /** From the matrix's outputs to the bottleneck. */
  readonly down: AdapterMap;
  /** And back. */
  readonly up: AdapterMap;
  /** Name of the activation between the two. */
  readonly activationName: string;
}

const op = 'adaptedOutput';

/** A mark that `project` and `linear` see: what they give goes through the bottleneck. No backend sees it. */
const adaptedOutputOp = defineComposite<'adaptedOutput', { readonly activationName: string }>({
  name: op,
  summary: 'A matrix whose products go through a bottleneck adapter.',
  dtypes: FLOAT_DTYPES,
  infer: ([weight]) => [weight!],
  vjp: ({ inputs }) => inputs.map(() => readAsWhole()),
  samples: [],
  decompose: () => [readAsWhole()],
});

/** A bottleneck is no matrix: only products can go through it. */
function readAsWhole(): never {
  throw new CompileError({
    op,
    problem: 'a matrix with a bottleneck adapter is read otherwise than by project or linear',
    likely: 'Adapters go behind attention and feed-forward outputs; train other matrices whole, or by LoRA.',
    page: 'lora-target',
  });
}

/**
 * The matrix with a bottleneck behind it, to be used in the matrix's place.
 * @param weight  [outputs, inputs]
 * @see Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP"
 */
export function adaptedOutput(weight: Tensor, { down, up, activationName }: AdaptedOutputOptions): Tensor {
  activation(activationName); // refuses unknown names here, not at the first product
  return apply(adaptedOutputOp, [weight, down.weight, down.bias, up.weight, up.bias], { activationName });
}

/** A marked matrix taken apart: the matrix, and what its products go through. */
interface OutputAdapter {
  readonly matrix: Tensor;
  readonly adapt: (y: Tensor) => Tensor;
}

/** The adapter behind a marked matrix; undefined for any other. */
export function outputAdapterOf(matrix: Tensor): OutputAdapter | undefined {
  if (matrix.node.op !== adaptedOutputOp.name) return undefined;
  const [weight, downWeight, downBias, upWeight, upBias] = matrix.node.inputs as readonly Tensor[];
  const { activationName } = matrix.node.params as { readonly activationName: string };
  const act = activation(activationName);
  return {
    matrix: weight!,
    adapt(y) {
      const read = cast(y, downWeight!.spec.dtype);
      const narrow = act(add(matmul(read, downWeight!, { transposeB: true }), downBias!)); // [..., bottleneck]
      const delta = add(matmul(narrow, upWeight!, { transposeB: true }), upBias!); // [..., outputs]
      return add(y, cast(delta, y.spec.dtype));
    },
  };
}
