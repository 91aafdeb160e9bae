import { FormatError } from '@tesserae/tensor';
import type { AdapterFileOptions } from './adapter-files.js';
import { parsedConfig } from './adapter-folder.js';
import type { LoraConfig, ResolvedLoraConfig } from './lora-config.js';

/** PEFT's keys for ours; the same data under snake case. */
const KEYS = {
  r: 'r',
  loraAlpha: 'lora_alpha',
  loraDropout: 'lora_dropout',
  targetModules: 'target_modules',
  excludeModules: 'exclude_modules',
  layersToTransform: 'layers_to_transform',
  useRslora: 'use_rslora',
  rankPattern: 'rank_pattern',
  alphaPattern: 'alpha_pattern',
  bias: 'bias',
  modulesToSave: 'modules_to_save',
  initLoraWeights: 'init_lora_weights',
} as const satisfies Readonly<Record<keyof LoraConfig, string>>;

/** Keys of PEFT that change what is computed and that this library has not: set, they are refused. */
const UNSUPPORTED = [
  'use_dora',
  'fan_in_fan_out',
  'lora_bias',
  'use_qalora',
  'trainable_token_indices',
  'target_parameters',
  'layer_replication',
  'megatron_config',
  'alora_invocation_tokens',
  'use_bdlora',
  'arrow_config',
] as const;

/** The object in adapter_config.json. */
export function writeAdapterConfig(
  config: ResolvedLoraConfig,
  { baseModel, taskType }: AdapterFileOptions,
): Readonly<Record<string, unknown>> {
  const { modulesToSave } = config;
  const values = { ...config, modulesToSave: modulesToSave.length === 0 ? null : modulesToSave };
  const translated = Object.entries(KEYS).map(([ours, theirs]) => [
    theirs,
    values[ours as keyof LoraConfig] ?? null,
  ]);
  return {
    peft_type: 'LORA',
    task_type: taskType ?? null,
    base_model_name_or_path: baseModel ?? null,
    inference_mode: true,
    fan_in_fan_out: false,
    ...(Object.fromEntries(translated) as Readonly<Record<string, unknown>>),
  };
}

/**
 * Reads adapter_config.json; keys that change nothing in what is computed are passed over.
 * @throws FormatError for what is no LoRA of PEFT, or has a key set that is not supported
 */
export function readAdapterConfig(text: string, folder: string): LoraConfig {
  const json = parsedConfig(text, (problem, needed) => refuse(folder, problem, needed)) as Readonly<
    Record<string, unknown>
  >;
  if (json['peft_type'] !== 'LORA')
    refuse(folder, `peft_type is ${JSON.stringify(json['peft_type'])}`, 'LORA');
  for (const key of UNSUPPORTED)
    if (isSet(json[key])) refuse(folder, `${key} is ${JSON.stringify(json[key])}`, 'false or absent');
  const entries = Object.entries(KEYS).flatMap(([ours, theirs]) =>
    isSet(json[theirs]) || typeof json[theirs] === 'boolean' ? [[ours, json[theirs]]] : [],
  );
  const config = Object.fromEntries(entries) as unknown as LoraConfig;
  requireTypes(config, folder);
  const { layersToTransform: layers, initLoraWeights: init } = config;
  const isPlainInit = typeof init === 'boolean' || init === 'gaussian' || init === undefined;
  return {
    ...config,
    ...(typeof layers === 'number' ? { layersToTransform: [layers] } : {}),
    ...(isPlainInit ? {} : { initLoraWeights: true }), // says how training began, which is over
  };
}

const isSet = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  JSON.stringify(value) !== '{}' &&
  JSON.stringify(value) !== '[]';

function requireTypes(
  { r, loraAlpha, loraDropout, targetModules, modulesToSave }: LoraConfig,
  folder: string,
): void {
  const isText = (value: unknown): boolean =>
    typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
  for (const [key, value] of Object.entries({ r, lora_alpha: loraAlpha, lora_dropout: loraDropout }))
    if (value !== undefined && typeof value !== 'number')
      refuse(folder, `${key} is ${JSON.stringify(value)}`, 'a number');
  if (!isText(targetModules)) refuse(folder, `target_modules is ${JSON.stringify(targetModules)}`, 'names');
  if (modulesToSave !== undefined && !isText(modulesToSave))
    refuse(folder, `modules_to_save is ${JSON.stringify(modulesToSave)}`, 'names');
}

function refuse(folder: string, problem: string, needed: string): never {
  throw new FormatError({
    op: 'loraAdapter',
    problem: `adapter_config.json: ${problem}, needed ${needed}`,
    likely: 'The adapter is of another kind, or was made by a newer PEFT.',
    page: 'adapter-files',
    file: folder,
  });
}
