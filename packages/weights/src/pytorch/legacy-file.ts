import { FormatError } from '@tesserae/tensor';
import type { ByteSource, ReadOptions } from '../byte-source.js';
import { rangeSource, readRange } from '../byte-source.js';
import { quoted } from '../errors.js';
import type { StoredTensor } from '../stored/gather.js';
import type { PickleValue } from './pickle-values.js';
import { isContainer } from './pickle-values.js';
import { namedTensors } from './state-dict.js';
import type { TorchContents } from './torch-contents.js';
import { checkStorage, readPickle } from './torch-contents.js';
import type { TorchStorage } from './torch-world.js';
import { storedWidth, torchError } from './torch-world.js';
import { viewOf } from './zip-directory.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
/** Before the elements of a storage: how many there are. */
const COUNT_BYTES = 8;

/**
 * Files of PyTorch before 1.6: magic number, protocol and system as pickles, the object, the keys of its
 * storages, and then their elements, each behind its count.
 * @throws FormatError when the file is something else, or ends early
 */
export async function readLegacy(source: ByteSource, options: ReadOptions): Promise<TorchContents> {
  const file = source.name;
  await checkMagicBytes(source, options);
  const pickles: PickleValue[] = [];
  const storages = new Map<string, TorchStorage>();
  let end = 0;
  for (let count = 0; count < 5; count++) {
    const read = await readPickle(source, end, { file, ...options });
    pickles.push(read.value);
    read.storages.forEach((storage, key) => storages.set(key, storage));
    end = read.end;
  }
  const [magic, protocol, system, root, keys] = pickles;
  if (magic !== MAGIC || protocol !== PROTOCOL) return notTorch(source);
  const tensors = namedTensors(root!, file);
  const isBigEndian = isContainer(system, 'dict') && system.items.get('little_endian') === false;
  const places = await placesOf(source, { keys: keys!, start: end, storages, isBigEndian }, options);
  const stored = new Map<string, StoredTensor>();
  for (const [name, { storage, layout }] of tensors) {
    const bytes = places.get(storage.key);
    checkStorage(storage, bytes?.sizeBytes, { name, file });
    stored.set(name, { stored: storage.stored, shape: layout.sizes, layout, bytes: bytes!, isBigEndian });
  }
  return { tensors: stored, metadata: { format: 'pytorch-legacy' } };
}

/** The pickle of the magic number: protocol 2, LONG1 of ten bytes. Anything else is not looked at further. */
async function checkMagicBytes(source: ByteSource, options: ReadOptions): Promise<void> {
  const head = await readRange(source, { start: 0, end: Math.min(14, source.sizeBytes) }, options);
  const isPickle = head.length === 14 && head[0] === 0x80 && head[2] === 0x8a && head[3] === 10;
  if (!isPickle) notTorch(source);
}

interface StorageSection {
  readonly keys: PickleValue;
  readonly start: number;
  readonly storages: ReadonlyMap<string, TorchStorage>;
  readonly isBigEndian: boolean;
}

/** Storages follow in the order of their keys. */
async function placesOf(
  source: ByteSource,
  { keys, start, storages, isBigEndian }: StorageSection,
  options: ReadOptions,
): Promise<ReadonlyMap<string, ByteSource>> {
  const file = source.name;
  if (!isContainer(keys, 'list')) throw torchError('the keys of the storages are no list', file);
  const places = new Map<string, ByteSource>();
  let at = start;
  for (const key of keys.items) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined)
      throw torchError(`a storage ${quoted(String(key))} that the object does not name`, file);
    const view = viewOf(await readRange(source, { start: at, end: at + COUNT_BYTES }, options));
    const count = Number(view.getBigInt64(0, !isBigEndian));
    const end = at + COUNT_BYTES + count * storedWidth(storage);
    if (!Number.isSafeInteger(count) || count < 0 || end > source.sizeBytes)
      throw torchError(`${quoted(storage.key)} claims ${count} elements, which the file has not`, file);
    places.set(storage.key, rangeSource(source, { start: at + COUNT_BYTES, end }));
    at = end;
  }
  return places;
}

function notTorch({ name: file, sizeBytes }: ByteSource): never {
  throw new FormatError({
    op: 'pytorch',
    problem: `the file (${sizeBytes} bytes) is not what torch.save writes`,
    likely:
      'It is truncated, a pointer of Git LFS, an error page, or of PyTorch before 0.1.10. Fetch it again, or save it ' +
      'with a newer PyTorch.',
    page: 'pytorch-file',
    file,
    got: sizeBytes,
  });
}
