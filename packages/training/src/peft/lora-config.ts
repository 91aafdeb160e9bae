import { OptionError, checkOptions } from '@tesserae/tensor';

/** Where a low-rank adapter goes and how large it is, in the words of PEFT's LoraConfig. */
export interface LoraConfig {
  /** Rank of the adapters; default 8. */
  readonly r?: number;
  /** Adapters are scaled by alpha / r; default 8. */
  readonly loraAlpha?: number;
  /** Share of an adapter's input that training drops; default 0. */
  readonly loraDropout?: number;
  /**
   * Modules by the last part of their names in a checkpoint (`q`, `query`, `dense`), one expression that a whole name must match
   * (`'.*layer\\.[01]\\..*query'`), or 'all-linear': every matrix of the model but its head.
   */
  readonly targetModules: readonly string[] | string;
  /** Modules among them that are left alone. */
  readonly excludeModules?: readonly string[] | string;
  /** Only these layers, counted from 0; default all. */
  readonly layersToTransform?: readonly number[];
  /** Scales by alpha / √r, which keeps large ranks learning (Kalajdzievski 2023); default false. */
  readonly useRslora?: boolean;
  /** Other ranks and alphas for modules whose names end so (`^` before a whole name). */
  readonly rankPattern?: Readonly<Record<string, number>>;
  readonly alphaPattern?: Readonly<Record<string, number>>;
  /** Which biases are trained too: none (default), those of adapted modules, or all. */
  readonly bias?: 'none' | 'lora_only' | 'all';
  /** Modules that are trained whole, by the last parts of their names: a new `classifier`. */
  readonly modulesToSave?: readonly string[];
  /** true: A by Kaiming's rule and B zero, so that training begins with the model; 'gaussian': A normal; false: both random. */
  readonly initLoraWeights?: boolean | 'gaussian';
}

/** A config with its defaults filled in. */
export type ResolvedLoraConfig = Required<Omit<LoraConfig, 'excludeModules' | 'layersToTransform'>> &
  Pick<LoraConfig, 'excludeModules' | 'layersToTransform'>;

const KNOWN = (
  'r loraAlpha loraDropout targetModules excludeModules layersToTransform useRslora rankPattern alphaPattern bias ' +
  'modulesToSave initLoraWeights'
).split(' ');

/** Fills in defaults. @throws OptionError for unknown keys and values out of range */
export function resolveLoraConfig(config: LoraConfig): ResolvedLoraConfig {
  checkOptions('lora', config, KNOWN);
  const resolved: ResolvedLoraConfig = {
    ...config,
    r: config.r ?? 8,
    loraAlpha: config.loraAlpha ?? 8,
    loraDropout: config.loraDropout ?? 0,
    useRslora: config.useRslora ?? false,
    rankPattern: config.rankPattern ?? {},
    alphaPattern: config.alphaPattern ?? {},
    bias: config.bias ?? 'none',
    modulesToSave: config.modulesToSave ?? [],
    initLoraWeights: config.initLoraWeights ?? true,
  };
  const ranks = [resolved.r, ...Object.values(resolved.rankPattern)];
  requireAll('r', ranks, (rank) => Number.isSafeInteger(rank) && rank > 0, 'whole numbers from 1');
  const alphas = [resolved.loraAlpha, ...Object.values(resolved.alphaPattern)];
  requireAll('loraAlpha', alphas, (alpha) => alpha > 0 && Number.isFinite(alpha), 'numbers above 0');
  requireAll('loraDropout', [resolved.loraDropout], (rate) => rate >= 0 && rate < 1, 'a share below 1');
  requireAll(
    'bias',
    [resolved.bias],
    (bias) => ['none', 'lora_only', 'all'].includes(bias),
    'none | lora_only | all',
  );
  const inits: readonly unknown[] = [true, false, 'gaussian'];
  requireAll(
    'initLoraWeights',
    [resolved.initLoraWeights],
    (init) => inits.includes(init),
    "true | false | 'gaussian'",
  );
  return resolved;
}

function requireAll<T>(
  name: string,
  values: readonly T[],
  isGood: (value: T) => boolean,
  needed: string,
): void {
  const bad = values.find((value) => !isGood(value));
  if (bad === undefined) return;
  throw new OptionError({
    op: 'lora',
    problem: `${name} is ${String(bad)}, needed ${needed}`,
    page: 'option-value',
    got: bad,
    needed,
  });
}
