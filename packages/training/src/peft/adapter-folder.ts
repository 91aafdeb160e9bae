import { FormatError } from '@tesserae/tensor';
import type { ModelFolder, TensorFile } from '@tesserae/weights';

/** Name of the file that says what an adapter is. */
export const ADAPTER_CONFIG = 'adapter_config.json';
/** Name of the file with an adapter's numbers. */
export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/** @throws FormatError when a folder has not both files of an adapter */
export async function requireAdapterFiles(folder: ModelFolder, op: string): Promise<void> {
  for (const name of [ADAPTER_CONFIG, ADAPTER_WEIGHTS]) {
    if (await folder.has(name)) continue;
    throw new FormatError({
      op,
      problem: `${folder.name} has no ${name}`,
      likely: 'Pass the folder that the adapter was saved in.',
      page: 'adapter-files',
      file: folder.name,
    });
  }
}

/** @throws FormatError listing what is missing, has another shape, or has no place in the model */
export function requireTensors(
  file: TensorFile,
  { expected, op }: { readonly expected: ReadonlyMap<string, readonly number[]>; readonly op: string },
): void {
  const problems: string[] = [];
  for (const [name, shape] of expected) {
    if (!file.has(name)) problems.push(`${name} is missing`);
    else if (file.spec(name).shape.join() !== shape.join())
      problems.push(`${name} is [${file.spec(name).shape.join(',')}], needed [${shape.join(',')}]`);
  }
  for (const name of file.names) if (!expected.has(name)) problems.push(`${name} has no place`);
  if (problems.length === 0) return;
  const more = problems.length > 5 ? ` and ${problems.length - 5} more` : '';
  throw new FormatError({
    op,
    problem: `the adapter does not fit the model: ${problems.slice(0, 5).join('; ')}${more}`,
    likely: 'It was made for another model, class or size. Its adapter_config.json says for which.',
    page: 'adapter-files',
    file: file.name,
    got: problems,
  });
}

/** The object in an adapter's config. @throws FormatError when there is none */
export function parsedConfig(text: string, refuse: (problem: string, needed: string) => never): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // told below
  }
  return refuse('it is no JSON object', 'the file that was saved with the adapter');
}
