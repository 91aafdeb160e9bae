import { ConfigError } from '@tesserae/tensor';
import type { ModelFolder } from '@tesserae/weights';
import type { Json } from './architectures/architecture.js';

/** Reads a JSON file of a model folder. @throws ConfigError when it is not a JSON object */
export async function readJsonFile(
  folder: ModelFolder,
  name: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Json> {
  const text = await folder.readText(name, { signal });
  const file = `${folder.name}/${name}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError({
      op: 'readJsonFile',
      problem: `${name} is not JSON (${text.length} characters)`,
      likely: 'The file is damaged or an error page was saved in its place. Fetch it again.',
      page: 'config-json',
      file,
      cause,
    });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  throw new ConfigError({
    op: 'readJsonFile',
    problem: `${name} holds ${Array.isArray(json) ? 'an array' : String(json)}, needed an object`,
    likely: 'The file belongs to something else.',
    page: 'config-json',
    file,
  });
}
