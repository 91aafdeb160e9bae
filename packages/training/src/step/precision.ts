import type { Backend, HostTensor, Tensor } from '@tesserae/tensor';
import { OptionError, castHost, cast, checkOptions, mapTree } from '@tesserae/tensor';

/** Arithmetic in narrow floats. */
export interface PrecisionPolicy {
  /** What the forward and backward pass compute in. */
  readonly compute: 'bf16' | 'f16';
  /**
   * True (default): weights are kept in f32 and rounded for each step. False: they are stored in the narrow dtype, and
   * only the optimiser widens them; half the memory, and small updates may be lost.
   */
  readonly keepsMasterWeights?: boolean;
  /** Parameters that stay f32 in the pass, by path; default for f16: T5's `wo`, whose outputs leave its range; for bf16 none. */
  readonly keepsF32?: (path: string) => boolean;
  /** Scaling of the loss, so that small gradients do not vanish in f16; default on for f16. False: none. */
  readonly lossScaling?: LossScalingOptions | false;
}

/** Constants of dynamic loss scaling; defaults are PyTorch's. */
export interface LossScalingOptions {
  /** Scale of the first step; default 65536. */
  readonly initialScale?: number;
  /** Factor after `growthInterval` good steps; default 2. */
  readonly growth?: number;
  /** Factor after a step whose gradients left the range; default 0.5. */
  readonly backoff?: number;
  /** Default 2000. */
  readonly growthInterval?: number;
}

/** A policy with its defaults filled in. */
export interface Precision {
  readonly compute: 'bf16' | 'f16';
  readonly keepsMasterWeights: boolean;
  readonly keepsF32: (path: string) => boolean;
  readonly lossScaling: Required<LossScalingOptions> | undefined;
}

/** T5's output of the feed-forward: the one matrix that transformers keeps in f32 beside f16. */
const isT5Wo = (path: string): boolean => /(^|\.)feedForward\.wo$/.test(path);

/**
 * Fills in the defaults of a policy and asks whether the backend can do it.
 * @throws OptionError for unknown options, or a dtype the backend lacks
 */
export function precisionOf(policy: PrecisionPolicy | undefined, backend: Backend): Precision | undefined {
  if (policy === undefined) return undefined;
  checkOptions('precision', policy, ['compute', 'keepsMasterWeights', 'keepsF32', 'lossScaling']);
  const { compute, keepsMasterWeights = true, lossScaling = compute === 'f16' ? {} : false } = policy;
  const { dtypes } = backend.capabilities;
  if ((compute !== 'bf16' && compute !== 'f16') || !dtypes.includes(compute)) {
    throw new OptionError({
      op: 'createTrainStep',
      problem: `precision ${String(compute)} on backend '${backend.name}', which computes in ${dtypes.join(', ')}`,
      likely: 'Leave the precision out (f32), or choose a backend with that dtype.',
      page: 'training-precision',
      got: compute,
      needed: dtypes,
    });
  }
  return {
    compute,
    keepsMasterWeights,
    keepsF32: policy.keepsF32 ?? (compute === 'f16' ? isT5Wo : () => false),
    lossScaling: lossScaling === false ? undefined : scalingOf(lossScaling),
  };
}

function scalingOf(options: LossScalingOptions): Required<LossScalingOptions> {
  checkOptions('lossScaling', options, ['initialScale', 'growth', 'backoff', 'growthInterval']);
  const { initialScale = 65_536, growth = 2, backoff = 0.5, growthInterval = 2000 } = options;
  if (initialScale > 0 && growth > 1 && backoff > 0 && backoff < 1 && growthInterval >= 1)
    return { initialScale, growth, backoff, growthInterval };
  throw new OptionError({
    op: 'lossScaling',
    problem: `initialScale ${initialScale}, growth ${growth}, backoff ${backoff}, growthInterval ${growthInterval}`,
    likely: 'Needed: a scale above 0, growth above 1, backoff between 0 and 1, an interval from 1.',
    page: 'option-value',
    got: options,
  });
}

/** Parameters as the pass computes with them. */
export function narrowed(params: unknown, precision: Precision | undefined): unknown {
  if (precision === undefined) return params;
  return mapTree(params, (leaf: Tensor, path: string) =>
    leaf.spec.dtype === 'f32' && !precision.keepsF32(path) ? cast(leaf, precision.compute) : leaf,
  );
}

/** Parameters as they are stored between steps. */
export function stored(params: unknown, precision: Precision | undefined): unknown {
  if (precision === undefined || precision.keepsMasterWeights) return params;
  return mapTree(params, (leaf: HostTensor, path: string) =>
    leaf.dtype === 'f32' && !precision.keepsF32(path) ? castHost(leaf, precision.compute) : leaf,
  );
}
