import { OptionError } from '@tesserae/tensor';
import type { WholeParameter } from './adapted-params.js';
import { isInLayers, isPartOf, namedParameters } from './adapted-params.js';
import type { ResolvedLoraConfig } from './lora-config.js';

/** A matrix that gets an adapter. */
export interface LoraTarget {
  /** Path of the matrix in the tree of parameters. */
  readonly path: string;
  /** Name of the module in a checkpoint, without `.weight`. */
  readonly module: string;
  readonly rank: number;
  /** Factor of B·A. */
  readonly scale: number;
  /** [outputs, inputs] of the matrix. */
  readonly shape: readonly [number, number];
}

/** What of a model is trained: matrices with adapters, and parameters that are trained as they are. */
export interface LoraPlan {
  readonly targets: readonly LoraTarget[];
  /** Paths and checkpoint names of parameters that are trained whole. */
  readonly whole: readonly WholeParameter[];
}

/** Tables of rows that are looked up, not multiplied with: no adapter fits them. */
const TABLE = /(^|\.)(shared|embed_tokens|(word|position|token_type)_embeddings|relative_attention_bias)$/;
/** Heads, which 'all-linear' leaves out: they are trained whole, or tied to a table. */
const HEAD =
  /(^|\.)(lm_head|generator_lm_head|generator_predictions|discriminator_predictions|classifier|classification_head|qa_outputs|score|sequence_summary|summary)(\.|$)/;

/**
 * The matrices that a config names, with their ranks and scales.
 * @param specs  the model's parameters, with their names in a checkpoint
 * @throws OptionError when nothing matches, or what matches is no matrix
 */
export function planLora(specs: object, config: ResolvedLoraConfig): LoraPlan {
  const named = namedParameters(specs);
  const saved = named.filter(({ name }) => config.modulesToSave.some((module) => isPartOf(name, module)));
  const matrices = named.filter(({ name, shape }) => name.endsWith('.weight') && shape.length === 2);
  const targets = matrices.flatMap(({ path, name, shape }): LoraTarget[] => {
    const module = name.slice(0, -'.weight'.length);
    if (!isTarget(module, config) || saved.some((other) => other.path === path)) return [];
    if (TABLE.test(module)) throw noMatrix(module);
    return [{ path, module, shape: [shape[0]!, shape[1]!], ...sizeOf(module, config) }];
  });
  requireMatches(config, { targets, saved, modules: matrices.map(({ name }) => name.slice(0, -7)) });
  const adapted = new Set(targets.map(({ module }) => `${module}.bias`));
  const biases = named.filter(
    ({ name }) =>
      name.endsWith('bias') && (config.bias === 'all' || (config.bias === 'lora_only' && adapted.has(name))),
  );
  const whole = new Map([...saved, ...biases].map(({ path, name }) => [path, { path, name }]));
  return { targets, whole: [...whole.values()] };
}

function sizeOf(module: string, config: ResolvedLoraConfig): Pick<LoraTarget, 'rank' | 'scale'> {
  const rank = patternOf(module, config.rankPattern) ?? config.r;
  const alpha = patternOf(module, config.alphaPattern) ?? config.loraAlpha;
  return { rank, scale: alpha / (config.useRslora ? Math.sqrt(rank) : rank) };
}

/** Patterns are ends of names, or with a leading ^ whole ones; as PEFT's in all but its rarer expressions. */
function patternOf(module: string, patterns: Readonly<Record<string, number>>): number | undefined {
  const key = Object.keys(patterns).find((pattern) =>
    pattern.startsWith('^')
      ? module === pattern.slice(1)
      : module === pattern || module.endsWith(`.${pattern}`),
  );
  return key === undefined ? undefined : patterns[key];
}

function isTarget(
  module: string,
  { targetModules, excludeModules, layersToTransform }: ResolvedLoraConfig,
): boolean {
  if (excludeModules !== undefined && isNamed(module, excludeModules)) return false;
  const isWanted =
    targetModules === 'all-linear'
      ? !HEAD.test(module) && !TABLE.test(module)
      : isNamed(module, targetModules);
  return isWanted && isInLayers(module, layersToTransform);
}

/** PEFT's rule: a list of endings, or one expression for the whole name. */
function isNamed(module: string, names: readonly string[] | string): boolean {
  if (typeof names === 'string') return new RegExp(`^(?:${names})$`).test(module);
  return names.some((name) => module === name || module.endsWith(`.${name}`));
}

function noMatrix(module: string): OptionError {
  return new OptionError({
    op: 'lora',
    problem: `targetModules names ${module}, a table that is looked up`,
    likely:
      'Adapters are for matrices. Name attention or feed-forward modules; train a table whole by modulesToSave.',
    page: 'lora-target',
    got: module,
  });
}

function requireMatches(
  { targetModules, modulesToSave, layersToTransform }: ResolvedLoraConfig,
  {
    targets,
    saved,
    modules,
  }: {
    readonly targets: readonly unknown[];
    readonly saved: readonly { readonly name: string }[];
    readonly modules: readonly string[];
  },
): void {
  const missing = modulesToSave.filter((module) => !saved.some(({ name }) => isPartOf(name, module)));
  if (targets.length > 0 && missing.length === 0) return;
  const endings = [...new Set(modules.map((module) => module.split('.').at(-1)!))];
  const layers = layersToTransform === undefined ? '' : ` in layers ${layersToTransform.join(', ')}`;
  throw new OptionError({
    op: 'lora',
    problem:
      missing.length > 0
        ? `modulesToSave names '${missing[0]}', which the model has not`
        : `targetModules (${String(targetModules)}) matches no matrix of the model${layers}`,
    likely: `Names end in ${endings.join(', ')}; the first is ${modules[0]}.`,
    page: 'lora-target',
    got: missing.length > 0 ? missing : targetModules,
    needed: endings,
  });
}
