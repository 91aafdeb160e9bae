import { FormatError } from '@tesserae/tensor';
import type { ByteSource, ReadOptions } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { quoted } from '../errors.js';
import type { StoredTensor } from '../stored/gather.js';
import type { StoredFile } from '../stored/stored-file.js';
import { storedFile } from '../stored/stored-file.js';
import { readLegacy } from './legacy-file.js';
import { namedTensors } from './state-dict.js';
import type { TorchContents } from './torch-contents.js';
import { checkStorage, readPickle } from './torch-contents.js';
import { torchError } from './torch-world.js';
import type { ZipArchive } from './zip-archive.js';
import { openZip } from './zip-archive.js';

const op = 'pytorch';
/**
 * Opens a file of `torch.save`, as zip (PyTorch 1.6 on) or in the older form; nothing of its author is run.
 * @throws FormatError for a pickle that asks for anything but tensors and containers (naming it), or a damaged
 *   file
 */
export async function openPyTorch(source: ByteSource, options: ReadOptions = {}): Promise<StoredFile> {
  const head = await readRange(source, { start: 0, end: Math.min(4, source.sizeBytes) }, options);
  const isZip = head.length === 4 && head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
  const { tensors, metadata } = isZip ? await readZipped(source, options) : await readLegacy(source, options);
  return storedFile({ name: source.name, op, tensors, metadata });
}

async function readZipped(source: ByteSource, options: ReadOptions): Promise<TorchContents> {
  const file = source.name;
  const archive = await openZip(source, options);
  const pickles = archive.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) return notACheckpoint(archive, file);
  const folder = pickles[0]!.slice(0, -'data.pkl'.length);
  const { value } = await readPickle(archive.open(pickles[0]!)!, 0, { file, ...options });
  const isBigEndian = await readByteOrder(archive, `${folder}byteorder`, { file, ...options });
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { storage, layout }] of namedTensors(value, file)) {
    const bytes = archive.open(`${folder}data/${storage.key}`);
    checkStorage(storage, bytes?.sizeBytes, { name, file });
    tensors.set(name, { stored: storage.stored, shape: layout.sizes, layout, bytes: bytes!, isBigEndian });
  }
  return { tensors, metadata: { format: 'pytorch-zip' } };
}

async function readByteOrder(
  archive: ZipArchive,
  name: string,
  { file, ...options }: ReadOptions & { readonly file: string },
): Promise<boolean> {
  const source = archive.open(name);
  if (source === undefined) return false;
  const end = Math.min(source.sizeBytes, 16);
  const order = new TextDecoder().decode(await readRange(source, { start: 0, end }, options));
  if (order !== 'little' && order !== 'big') throw torchError(`a byte order of ${quoted(order)}`, file);
  return order === 'big';
}

function notACheckpoint({ names }: ZipArchive, file: string): never {
  throw new FormatError({
    op,
    problem: `the archive has no data.pkl, or several, among its ${names.length} files`,
    likely: 'It is another kind of archive. A checkpoint is what torch.save writes of a state_dict.',
    page: 'pytorch-file',
    file,
    got: names.slice(0, 20),
  });
}
