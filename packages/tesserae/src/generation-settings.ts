import { ConfigError } from '@tesserae/tensor';
import type { ModelFolder } from '@tesserae/weights';
import type { Json } from './architectures/architecture.js';

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
 * Reads them.
 * @throws ConfigError for a file that is no JSON object
 */
export async function readGenerationSettings(
  folder: ModelFolder,
  options: { readonly signal?: AbortSignal },
): Promise<GenerationSettings> {
  const generationConfig = await readObject(folder, GENERATION_FILE, options);
  const tasks = (await readObject(folder, 'config.json', options))?.['task_specific_params'];
  return {
    ...(generationConfig === undefined ? {} : { generationConfig }),
    ...(typeof tasks === 'object' && tasks !== null ? { taskParams: tasks as Json } : {}),
  };
}

async function readObject(
  folder: ModelFolder,
  name: string,
  options: { readonly signal?: AbortSignal },
): Promise<Json | undefined> {
  if (!(await folder.has(name))) return undefined;
  const text = await folder.readText(name, options);
  const file = `${folder.name}/${name}`;
  const value = parsed(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new ConfigError({
    op: 'readGenerationSettings',
    problem: `${name} (${text.length} characters) holds no JSON object`,
    likely: 'The file is damaged or an error page was saved in its place. Fetch it again.',
    page: 'config-json',
    file,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
