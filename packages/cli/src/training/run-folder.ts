import { join } from 'node:path';
import { OptionError } from '@tesserae/tensor';
import type { CheckpointOptions, RunLogger, TrainerEvent } from '@tesserae/training';
import { folderCheckpointStore, folderLogger, writeReport } from '@tesserae/training/node';
import { openFolder, saveFolder } from '@tesserae/weights/node';
import type { z } from 'zod';
import type { Output } from '../output.js';
import type { checkpointsSchema } from './config-parts.js';
import { showRun } from './run-events.js';

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

/** How a run is shown, and where its log goes. */
interface LoggedRun {
  readonly output: Output;
  readonly seed: number;
  /** What lines about it begin with. */
  readonly label: string;
  /** Title of the report. */
  readonly title: string;
  /** Folder of the log; undefined: none is kept. */
  readonly folder: string | undefined;
  /** Name of the file of the config, and what it holds: every setting, defaults in place. */
  readonly file: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Runs a training to its end: shown as it goes, and in the folder its config beside its checkpoints, logs and a report. */
export async function runLogged<Result>(
  events: AsyncGenerator<TrainerEvent, Result>,
  { folder, title, file, config, ...shown }: LoggedRun,
): Promise<Result> {
  if (folder === undefined) return showRun(events, shown);
  const logger = withConfig(await folderLogger(folder), () =>
    saveFolder(folder, { [file]: configJson(config) }, { overwrite: true }),
  );
  const result = await showRun(events, { ...shown, logger });
  await writeReport(folder, { title, config });
  return result;
}

/** Writes the config when the run has begun: one that is refused leaves the folder as it was. */
function withConfig(logger: RunLogger, write: () => Promise<unknown>): RunLogger {
  return {
    log: async (event) => {
      if (event.type === 'start') await write();
      await logger.log(event);
    },
    close: () => logger.close(),
  };
}

/** A config as a file has it. */
export const configJson = (config: object): string => `${JSON.stringify(config, null, 2)}\n`;
