import { ACTIVATION_NAMES } from '@tesserae/nn';
import { OptionError, checkOptions } from '@tesserae/tensor';

/** Where bottleneck adapters go and how large they are. */
export interface BottleneckConfig {
  /**
   * 'pfeiffer' (default): behind the feed-forward of every layer; 'houlsby': behind its attention (T5's decoder: both) too. An
   * adapter reads what the last matrix of its part gives, before the skip connection is added. The norms stay where they are.
   * @see Houlsby et al. 2019, figure 2 · Pfeiffer et al. 2021, "AdapterFusion"
   */
  readonly placement?: 'houlsby' | 'pfeiffer';
  /** Width of the model over width of the bottleneck; default 16. */
  readonly reductionFactor?: number;
  /** Between the two maps, by the name that configs of models use; default relu. */
  readonly activation?: string;
  /**
   * 'identity' (default): the map back is zero, so that training begins with the model itself; 'near-identity': all weights from
   * N(0, 0.01²) cut at two deviations, as Houlsby et al. 2019 (§2.1) began.
   */
  readonly init?: 'identity' | 'near-identity';
  /** Only these layers, counted from 0; default all. */
  readonly layersToTransform?: readonly number[];
  /** Modules that are trained whole, by the last parts of their names: a new `classifier`; Houlsby et al. also train `LayerNorm`. */
  readonly modulesToSave?: readonly string[];
}

/** A config with its defaults filled in. */
export type ResolvedBottleneckConfig = Required<Omit<BottleneckConfig, 'layersToTransform'>> &
  Pick<BottleneckConfig, 'layersToTransform'>;

const KNOWN = ['placement', 'reductionFactor', 'activation', 'init', 'layersToTransform', 'modulesToSave'];

/** Fills in defaults. @throws OptionError for unknown keys and values out of range */
export function resolveBottleneckConfig(config: BottleneckConfig): ResolvedBottleneckConfig {
  checkOptions('bottleneck', config, KNOWN);
  const resolved: ResolvedBottleneckConfig = {
    placement: config.placement ?? 'pfeiffer',
    reductionFactor: config.reductionFactor ?? 16,
    activation: config.activation ?? 'relu',
    init: config.init ?? 'identity',
    modulesToSave: config.modulesToSave ?? [],
    ...(config.layersToTransform === undefined ? {} : { layersToTransform: config.layersToTransform }),
  };
  const { placement, reductionFactor, activation, init, layersToTransform, modulesToSave } = resolved;
  requireOne('placement', placement, ['houlsby', 'pfeiffer']);
  requireOne('init', init, ['identity', 'near-identity']);
  requireOne('activation', activation, ACTIVATION_NAMES);
  if (!(reductionFactor > 0 && Number.isFinite(reductionFactor)))
    refuse('reductionFactor', reductionFactor, 'a number above 0');
  if (layersToTransform !== undefined && !isListOf(layersToTransform, 'number'))
    refuse('layersToTransform', layersToTransform, 'a list of layers');
  if (!isListOf(modulesToSave, 'string')) refuse('modulesToSave', modulesToSave, 'a list of names');
  return resolved;
}

const isListOf = (value: unknown, type: 'number' | 'string'): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === type);

function requireOne(name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) refuse(name, value, known.join(' | '));
}

function refuse(name: string, got: unknown, needed: string): never {
  throw new OptionError({
    op: 'bottleneck',
    problem: `${name} is ${String(got)}, needed ${needed}`,
    page: 'option-value',
    got,
    needed,
  });
}
