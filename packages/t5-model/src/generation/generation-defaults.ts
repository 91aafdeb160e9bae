import { ConfigError } from '@tesserae/tensor';
import type { GenerateOptions } from './generate-options.js';
import { checkedOptions } from './merge-options.js';
import { OPTION_RULES, UNSUPPORTED } from './option-rules.js';

type Json = Readonly<Record<string, unknown>>;

/** Names of options that a file may set; the others are functions and objects. */
const isMirrored = (key: string): boolean => {
  const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return (name in OPTION_RULES || name in UNSUPPORTED) && !RUN_TIME.includes(name);
};
const RUN_TIME = [
  'assistantModel',
  'logitsProcessor',
  'stoppingCriteria',
  'streamer',
  'tokenizer',
  'signal',
  'onStep',
];

/** Options that a file sets; keys that say nothing of generation are left out. */
function optionsOf(json: Json, file: string): GenerateOptions {
  try {
    return checkedOptions(Object.fromEntries(Object.entries(json).filter(([key]) => isMirrored(key))));
  } catch (cause) {
    throw new ConfigError({
      op: 'generationDefaults',
      problem: `a setting cannot be used: ${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}`,
      likely: 'Correct the file, or take the setting out.',
      page: 'generation-config',
      file,
      cause,
    });
  }
}

/**
 * Defaults of `generate` from generation_config.json, or from config.json where a model has none.
 * @throws ConfigError naming the setting that cannot be used
 */
export function generationDefaults(
  json: Json,
  { file = 'generation_config.json' }: { readonly file?: string } = {},
): GenerateOptions {
  return optionsOf(json, file);
}

/** What config.json says of one task. */
export interface TaskDefaults {
  /** Put before each text. */
  readonly prefix: string;
  /** Options of the task, over the folder's. */
  readonly options: GenerateOptions;
}

/**
 * Prefix and options of each task in config.json's `task_specific_params`.
 * @throws ConfigError naming the setting that cannot be used
 */
export function taskDefaults(
  config: Json,
  { file = 'config.json' }: { readonly file?: string } = {},
): ReadonlyMap<string, TaskDefaults> {
  const tasks = (config['task_specific_params'] ?? {}) as Readonly<Record<string, Json>>;
  return new Map(
    Object.entries(tasks).map(([name, settings]) => {
      const prefix = typeof settings['prefix'] === 'string' ? settings['prefix'] : '';
      return [name, { prefix, options: optionsOf(settings, file) }];
    }),
  );
}
