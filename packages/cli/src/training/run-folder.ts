import { join } from 'node:path';
import { OptionError } from '@tesserae/tensor';
import type { CheckpointOptions } from '@tesserae/training';
import { folderCheckpointStore } from '@tesserae/training/node';
import { openFolder } from '@tesserae/weights/node';
import type { z } from 'zod';
import type { checkpointsSchema } from './config-parts.js';

/** Checkpoints in a run's folder, where the config asks for them or the run is to go on. @throws OptionError without a folder */
export function checkpointsIn(
  folder: string | undefined,
  {
    checkpoints,
    resumes,
  }: { readonly checkpoints: z.infer<typeof checkpointsSchema> | undefined; readonly resumes: boolean },
): CheckpointOptions | undefined {
  if (checkpoints === undefined && !resumes) return undefined;
  if (folder === undefined) {
    throw new OptionError({
      op: 'config',
      problem: 'checkpoints need a folder',
      likely: 'Give out, or --out.',
      page: 'training-config',
    });
  }
  const { every, keep } = checkpoints ?? {};
  return {
    store: folderCheckpointStore(join(folder, 'checkpoints')),
    resume: resumes,
    ...(every === undefined ? {} : { everySteps: every }),
    ...(keep === undefined ? {} : { keepLast: keep }),
  };
}

/** Better before hours of training than after them. @throws OptionError (file-exists) when a folder has a model */
export async function refuseExisting(out: string): Promise<void> {
  const folder = await openFolder(out).catch(() => undefined);
  if (folder === undefined || !(await folder.has('config.json'))) return;
  throw new OptionError({
    op: 'train',
    problem: `${join(out, 'config.json')} is there already`,
    likely: 'Choose another folder with --out, or pass --overwrite.',
    page: 'file-exists',
    got: out,
  });
}
