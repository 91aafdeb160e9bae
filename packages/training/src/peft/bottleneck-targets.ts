import { OptionError } from '@tesserae/tensor';
import type { WholeParameter } from './adapted-params.js';
import { isInLayers, isPartOf, namedParameters } from './adapted-params.js';
import type { ResolvedBottleneckConfig } from './bottleneck-config.js';

/** A matrix that a bottleneck is put behind. */
export interface BottleneckTarget {
  /** Path of the matrix in the tree of parameters. */
  readonly path: string;
  /** Name of its module in a checkpoint, without `.weight`. */
  readonly module: string;
  /** Outputs of the matrix. */
  readonly width: number;
  /** Units of the bottleneck. */
  readonly units: number;
}

/** What of a model is trained: bottlenecks, and parameters that are trained as they are. */
export interface BottleneckPlan {
  readonly targets: readonly BottleneckTarget[];
  readonly whole: readonly WholeParameter[];
}

/** Last matrices of attention: ELECTRA's, and T5's self- and cross-attention. */
const ATTENTION = /\.(attention\.output\.dense|(SelfAttention|EncDecAttention)\.o)$/;
/** Last matrices of the feed-forward: ELECTRA's and T5's. */
const FEED_FORWARD = /\.(layer\.\d+\.output\.dense|DenseReluDense\.wo)$/;

/**
 * The matrices that adapters go behind.
 * @param specs  the model's parameters, with their names in a checkpoint
 * @throws OptionError when there are none, or a module that is to be trained whole is not there
 */
export function planBottleneck(specs: object, config: ResolvedBottleneckConfig): BottleneckPlan {
  const { placement, reductionFactor, layersToTransform, modulesToSave } = config;
  const named = namedParameters(specs);
  const targets = named.flatMap(({ path, name, shape }): BottleneckTarget[] => {
    const module = name.replace(/\.weight$/, '');
    const isTarget = FEED_FORWARD.test(module) || (placement === 'houlsby' && ATTENTION.test(module));
    if (!isTarget || module === name || !isInLayers(module, layersToTransform)) return [];
    const width = shape[0]!;
    return [{ path, module, width, units: Math.max(1, Math.round(width / reductionFactor)) }];
  });
  const whole = named.filter(({ name }) => modulesToSave.some((module) => isPartOf(name, module)));
  const missing = modulesToSave.find((module) => !named.some(({ name }) => isPartOf(name, module)));
  const clash = whole.find(({ path }) => targets.some((target) => target.path === path));
  if (targets.length === 0) refuse('no matrix of the model takes a bottleneck', layersToTransform);
  if (missing !== undefined) refuse(`modulesToSave names '${missing}', which the model has not`, missing);
  if (clash !== undefined)
    refuse(`modulesToSave names ${clash.name}, which a bottleneck is put behind`, clash.name);
  return { targets, whole: whole.map(({ path, name }) => ({ path, name })) };
}

function refuse(problem: string, got: unknown): never {
  throw new OptionError({
    op: 'bottleneck',
    problem,
    likely: 'Bottlenecks are for layers of ELECTRA and T5; heads are named by the last parts of their names.',
    page: 'lora-target',
    got,
  });
}
