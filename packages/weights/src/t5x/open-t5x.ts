import type { ByteSource, ReadOptions } from '../byte-source.js';
import { quoted } from '../errors.js';
import type { ModelFolder } from '../folder.js';
import type { StoredTensor } from '../stored/gather.js';
import type { StoredFile } from '../stored/stored-file.js';
import { storedFile } from '../stored/stored-file.js';
import { flaxArray, isMap } from './flax-arrays.js';
import type { MsgpackValue } from './msgpack.js';
import { readMsgpack } from './msgpack.js';
import { msgpackError } from './msgpack-cursor.js';
import { openZarr } from './zarr.js';

/** Where T5X keeps the parameters; its optimiser's state lies beside them. */
const TARGETS = [['optimizer', 'target'], ['target'], ['params']];
/** A reference to an array in a directory of its own. */
const PLACEHOLDER = 'PLACEHOLDER://';

/**
 * Opens a checkpoint of T5X (Flax msgpack): the parameters under their paths, joined by '/'. Arrays may lie in
 * the file, or beside it as directories of Zarr, as TensorStore writes them.
 * @param folder  where those directories are
 * @throws FormatError when the file is damaged or holds no parameters
 */
export async function openT5X(
  source: ByteSource,
  folder: ModelFolder,
  options: ReadOptions = {},
): Promise<StoredFile> {
  const root = await readMsgpack(source, options);
  const found = TARGETS.map((path) => path.reduce(childOf, root)).find(isMap);
  const target = found ?? root;
  if (!isMap(target)) throw msgpackError('the file holds no map of parameters', source.name);
  const tensors = new Map<string, StoredTensor>();
  await collect(target, { path: '', source, folder, tensors, options });
  if (tensors.size === 0) throw msgpackError('the file holds no arrays', source.name);
  return storedFile({ name: source.name, op: 'msgpack', tensors, metadata: { format: 't5x' } });
}

const childOf = (value: MsgpackValue | undefined, key: string): MsgpackValue | undefined =>
  isMap(value) ? value.get(key) : undefined;

interface Collecting {
  readonly path: string;
  readonly source: ByteSource;
  readonly folder: ModelFolder;
  readonly tensors: Map<string, StoredTensor>;
  readonly options: ReadOptions;
}

async function collect(value: MsgpackValue, at: Collecting): Promise<void> {
  const { path, source, folder, tensors, options } = at;
  const directory = directoryOf(value);
  const tensor =
    directory === undefined
      ? await flaxArray(value, at, options)
      : await openZarr(folder, directory, { path, ...options });
  if (tensor !== undefined) tensors.set(path, tensor);
  else if (isMap(value)) {
    for (const [key, child] of value) {
      const part = key.includes('/') ? refuseKey(key, source.name) : key;
      await collect(child, { ...at, path: path === '' ? part : `${path}/${part}` });
    }
  }
}

/** The directory of an array: `PLACEHOLDER://target.encoder…`, or the description that TensorStore is opened with. */
function directoryOf(value: MsgpackValue): string | undefined {
  if (typeof value === 'string' && value.startsWith(PLACEHOLDER)) return value.slice(PLACEHOLDER.length);
  const path = isMap(value) && value.has('driver') ? childOf(value.get('kvstore'), 'path') : undefined;
  return typeof path === 'string' ? path.replace(/\/+$/, '').split('/').at(-1) : undefined;
}

function refuseKey(key: string, file: string): never {
  throw msgpackError(`the key ${quoted(key)} holds a '/'`, file);
}
