import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('../peers/export_models.py', import.meta.url));

/**
 * Makes sure that models are there: with a Python they are written where they are not, without one they must be.
 * @throws Error when a model is missing and there is no Python, or writing it failed
 */
export async function ensureModels(
  names: readonly string[],
  { folder, data, python }: { readonly folder: string; readonly data: string; readonly python?: string },
): Promise<void> {
  if (python !== undefined) {
    await promisify(execFile)(python, [SCRIPT, folder, ...names, '--vocab', join(data, 'vocab-t5')]);
    return;
  }
  for (const name of names) {
    await access(join(folder, name, 'done')).catch((cause: unknown) => {
      throw new Error(`${name} is not in ${folder}: run once with --python, which writes it`, { cause });
    });
  }
}
