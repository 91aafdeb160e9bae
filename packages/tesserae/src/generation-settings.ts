import type { ModelFolder } from '@tesserae/weights';
import type { Json } from './architectures/architecture.js';
import { readJsonFile } from './json-file.js';

/** Name of the file that says how a model generates by default. */
export const GENERATION_FILE = 'generation_config.json';

/** What the files of a model say of generation. */
export interface GenerationSettings {
  /** generation_config.json, as it was read; absent where there is none. */
  readonly generationConfig?: Json;
  /** `task_specific_params` of config.json; absent where there are none. */
  readonly taskParams?: Json;
}

/**
 * Takes them from the config, and from generation_config.json where there is one.
 * @throws ConfigError when that file is no JSON object
 */
export async function readGenerationSettings(
  folder: ModelFolder,
  { config, signal }: { readonly config: Json; readonly signal: AbortSignal | undefined },
): Promise<GenerationSettings> {
  const tasks = config['task_specific_params'];
  const hasFile = await folder.has(GENERATION_FILE);
  return {
    ...(hasFile ? { generationConfig: await readJsonFile(folder, GENERATION_FILE, { signal }) } : {}),
    ...(typeof tasks === 'object' && tasks !== null ? { taskParams: tasks as Json } : {}),
  };
}
