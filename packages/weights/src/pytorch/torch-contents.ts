import type { ByteSource, ReadOptions } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { quoted } from '../errors.js';
import type { StoredTensor } from '../stored/gather.js';
import type { Unpickled } from './pickle-machine.js';
import { unpickle } from './pickle-machine.js';
import { pickleError } from './pickle-values.js';
import type { TorchStorage } from './torch-world.js';
import { storedWidth, torchError, torchWorld } from './torch-world.js';

/** Far beyond any checkpoint, whose pickle names tensors and holds none of their bytes. */
const MAX_PICKLE_BYTES = 100_000_000;
/** Most pickles of models are smaller. */
const FIRST_WINDOW_BYTES = 2 ** 16;

/** What both forms give. */
export interface TorchContents {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A pickle, and the storages it named. */
interface ReadPickle extends Unpickled {
  readonly storages: ReadonlyMap<string, TorchStorage>;
}

/** @throws FormatError when the file has fewer bytes for a storage than its elements take */
export function checkStorage(
  storage: TorchStorage,
  got: number | undefined,
  { name, file }: { readonly name: string; readonly file: string },
): void {
  const needed = storage.numElements * storedWidth(storage);
  if (got !== undefined && got >= needed) return;
  const problem =
    got === undefined
      ? `the elements of ${quoted(name)} (${quoted(storage.key)}) are not in the file`
      : `${quoted(name)} needs ${needed} bytes, the file has ${got} for it`;
  throw torchError(problem, file, { got, needed });
}

/** Reads one pickle from a place on; its length is not known, so the window grows until it ends. */
export async function readPickle(
  source: ByteSource,
  start: number,
  { file, ...options }: ReadOptions & { readonly file: string },
): Promise<ReadPickle> {
  const most = Math.min(source.sizeBytes, start + MAX_PICKLE_BYTES);
  for (let window = FIRST_WINDOW_BYTES; ; window *= 8) {
    const end = Math.min(most, start + window);
    const bytes = await readRange(source, { start, end }, options);
    const world = torchWorld(file);
    const done = unpickle(bytes, 0, { world });
    if (done !== undefined) return { value: done.value, end: start + done.end, storages: world.storages };
    if (end === most) throw pickleError(`the pickle does not end within ${end - start} bytes`, file);
  }
}
