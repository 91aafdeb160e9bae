import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSource, saveFolder } from '@tesserae/weights/node';
import type { CheckpointStore } from '../checkpoints/store.js';

const ENDING = '.safetensors';
/** What a process that was killed while it wrote leaves behind. */
const LEFTOVER = /^\.(step|best)-\d+\.safetensors\..+\.tmp$/;

/**
 * Checkpoints as files of a folder, `step-00001200.safetensors`. Each is written under a temporary name, flushed, and
 * renamed; what a killed process left behind is removed before the next is written.
 * @param path  made when absent
 */
export function folderCheckpointStore(path: string): CheckpointStore {
  const fileOf = (name: string): string => join(path, `${name}${ENDING}`);
  const filesOf = async (pattern: RegExp): Promise<readonly string[]> =>
    (await readdir(path).catch(ifAbsent)).filter((file) => pattern.test(file));
  return {
    name: path,
    list: async () => (await filesOf(/^[^.].*\.safetensors$/)).map((file) => file.slice(0, -ENDING.length)),
    write: async (name, chunks) => {
      await mkdir(path, { recursive: true });
      for (const file of await filesOf(LEFTOVER)) await rm(join(path, file), { force: true });
      await saveFolder(path, { [`${name}${ENDING}`]: chunks }, { overwrite: true });
    },
    open: (name) => fileSource(fileOf(name)),
    remove: (name) => rm(fileOf(name), { force: true }),
  };
}

function ifAbsent(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
