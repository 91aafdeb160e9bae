import type { ReadOptions } from '../byte-source.js';
import type { ModelFolder } from '../folder.js';
import { bundleError } from './bundle-error.js';

/** The note that TensorFlow keeps of its last save; a binary file of this name is T5X's. */
const NOTE = 'checkpoint';
const MAX_NOTE_BYTES = 2 ** 20;

/**
 * The prefix of the checkpoint in a folder: what the file `checkpoint` names if it is there, else the one of the
 * most steps; undefined when there is none.
 * @throws FormatError when all there is is of the form before version 2
 */
export async function findTensorFlow(
  folder: ModelFolder,
  options: ReadOptions = {},
): Promise<string | undefined> {
  const names = await folder.list();
  const prefixes = names
    .filter((name) => name.endsWith('.index'))
    .map((name) => name.slice(0, -'.index'.length));
  if (prefixes.length === 0) {
    const old = names.find((name) => /\.ckpt(-\d+)?$/.test(name));
    return old === undefined ? undefined : refuseVersion1(`${folder.name}/${old}`);
  }
  const noted = await notedPrefix(folder, options);
  if (noted !== undefined && prefixes.includes(noted)) return noted;
  return prefixes.sort((a, b) => stepOf(a) - stepOf(b) || (a < b ? -1 : 1)).at(-1);
}

const stepOf = (prefix: string): number => Number(/-(\d+)$/.exec(prefix)?.[1] ?? 0);

/** `model_checkpoint_path: "…/model.ckpt-1000000"`: the folder of the training machine is of no use here. */
async function notedPrefix(folder: ModelFolder, options: ReadOptions): Promise<string | undefined> {
  if (!(await folder.has(NOTE))) return undefined;
  const source = await folder.open(NOTE, options);
  if (source.sizeBytes > MAX_NOTE_BYTES) return undefined;
  const text = new TextDecoder().decode(await source.read(0, source.sizeBytes, options));
  return /^model_checkpoint_path:\s*"(?:[^"\n]*\/)?([^"/\n]+)"/m.exec(text)?.[1];
}

function refuseVersion1(file: string): never {
  throw bundleError('a checkpoint of TensorFlow in the form before version 2 (one file, no .index)', file, {
    page: 'tensorflow-version-1',
    likely: 'Load it with tf.compat.v1.train.Saver and save it with write_version=V2, which is the default.',
  });
}
