import { FormatError } from '@tesserae/tensor';
import type { ElectraHalf, ModelFolder, OpenedWeights, TensorFile, WeightsFormat } from '@tesserae/weights';
import { checkElectraHalf, guessConfig, hasWeights, openCheckpoint } from '@tesserae/weights';
import type { Architecture, Json } from './architectures/architecture.js';
import { findArchitecture } from './architectures/table.js';
import { readJsonFile } from './json-file.js';

/** What a model was read from. */
export interface WeightsReport {
  readonly format: WeightsFormat;
  /** Tensors that were left out on purpose: optimisers' state, the other half of an ELECTRA of TensorFlow. */
  readonly ignored: readonly string[];
  /** Where each value of the config comes from, when there was no config.json: `hidden_size 256: size 0 of …`. */
  readonly guessed: readonly string[];
}

/** A model before its parameters are read. */
export interface ModelSource {
  readonly architecture: Architecture;
  readonly config: unknown;
  readonly specs: object;
  /** The config as it was read or made, with the keys that override it. */
  readonly json: Json;
  /** Absent when the folder has none. */
  readonly weights: TensorFile | undefined;
  readonly report: WeightsReport | undefined;
}

/** What decides how a folder is read. */
export interface ModelSourceOptions {
  /** Overrides the class that config.json names. */
  readonly className?: string;
  readonly format?: WeightsFormat;
  /** Keys that override config.json's. */
  readonly config?: Json;
  readonly signal?: AbortSignal;
}

const CONFIG = 'config.json';

/** Reads and checks config.json. @throws ConfigError when it is not a JSON object */
export function readConfigFile(
  folder: ModelFolder,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Json> {
  return readJsonFile(folder, CONFIG, options);
}

/**
 * The class, config and parameters of a folder, and its weights, opened; no parameter is read.
 * @throws ConfigError for the config, or without one when shapes do not say enough · FormatError for weights that
 *   are damaged, or the other half of an ELECTRA than the class needs
 */
export async function readModelSource(
  folder: ModelFolder,
  options: ModelSourceOptions = {},
): Promise<ModelSource> {
  const { className, format, signal } = options;
  const file = `${folder.name}/${CONFIG}`;
  const hasConfig = (await folder.has(CONFIG)) || !(await hasWeights(folder));
  const stored = hasConfig ? await readConfigFile(folder, { signal }) : undefined;
  const half = halfOf(className ?? firstArchitecture(stored));
  const opened = (await hasWeights(folder))
    ? await openCheckpoint(folder, { format, half, signal })
    : undefined;
  if (stored !== undefined && opened !== undefined) checkElectraHalf(opened, stored['hidden_size'], half);
  const guess = stored === undefined ? guessConfig(opened!.file) : undefined;
  const json = { ...trainedBy(opened, stored), ...(stored ?? guess!.config), ...options.config };
  const architecture = findArchitecture(json, { className, file });
  if (opened !== undefined) checkHead(architecture.name, opened.file);
  const config = architecture.readConfig(json, { file });
  return {
    architecture,
    config,
    json,
    specs: await architecture.paramSpec(config, opened?.file),
    weights: opened?.file,
    report: opened && { format: opened.format, ignored: opened.ignored, guessed: guess?.reasons ?? [] },
  };
}

/** The masked LM is the generator of pre-training; every other class begins with the discriminator. */
function halfOf(className: unknown): ElectraHalf {
  return className === 'ElectraForMaskedLM' ? 'generator' : 'discriminator';
}

function firstArchitecture(json: Json | undefined): unknown {
  const names = json?.['architectures'];
  return Array.isArray(names) ? (names as unknown[])[0] : undefined;
}

/**
 * Google's ELECTRA has one epsilon everywhere; the config of an early Hugging Face release, which would say otherwise
 * of the generator's head, is not what its weights were trained with.
 */
function trainedBy(opened: OpenedWeights | undefined, stored: Json | undefined): Json {
  if (opened?.hiddenSizes === undefined) return {};
  return { generator_layer_norm_eps: stored?.['layer_norm_eps'] ?? 1e-12 };
}

/** Heads of the two models of pre-training, and the class that reads each. */
const HEADS = [
  { className: 'ElectraForPreTraining', head: 'discriminator_predictions.', name: 'discriminator' },
  { className: 'ElectraForMaskedLM', head: 'generator_predictions.', name: 'generator' },
] as const;

/** A folder of one half, asked for the other: the head would be missing, and worse, the encoder another model. */
function checkHead(className: string, file: TensorFile): void {
  const wanted = HEADS.find((item) => item.className === className);
  const other = HEADS.find((item) => item !== wanted)!;
  const has = (head: string): boolean => file.names.some((name) => name.startsWith(head));
  if (wanted === undefined || has(wanted.head) || !has(other.head)) return;
  throw new FormatError({
    op: className,
    problem: `the weights are those of ELECTRA's ${other.name}; ${className} is its ${wanted.name}`,
    likely: `Load them as ${other.className}, or load the folder of the ${wanted.name} (…-${wanted.name} on the hub).`,
    page: 'electra-half',
    file: file.name,
    got: other.head,
    needed: wanted.head,
  });
}
