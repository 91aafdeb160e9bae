import type { ByteSource, ReadOptions } from '../byte-source.js';
import { rangeSource } from '../byte-source.js';
import type { StoredTensor } from '../stored/gather.js';
import type { StoredFile } from '../stored/stored-file.js';
import { storedFile, unknownTensor } from '../stored/stored-file.js';
import type { SafetensorsHeader } from './header.js';
import { readSafetensorsHeader } from './header.js';

/** A safetensors file, opened: its header is checked, its tensors are read when asked for. */
export interface SafetensorsFile extends StoredFile {
  readonly header: SafetensorsHeader;
}

const op = 'safetensors';

/**
 * Opens a safetensors file; only the header is read.
 * @throws FormatError when the header is not what the format and the file's size allow
 */
export async function openSafetensors(
  source: ByteSource,
  options: ReadOptions = {},
): Promise<SafetensorsFile> {
  const header = await readSafetensorsHeader(source, options);
  const { dataStart, metadata } = header;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { stored, shape, begin, end }] of header.tensors) {
    const bytes = rangeSource(source, { start: dataStart + begin, end: dataStart + end });
    tensors.set(name, { stored, shape, bytes });
  }
  const names = [...header.tensors.keys()];
  return {
    ...storedFile({ name: source.name, op, tensors, metadata }),
    header,
    spec: (name) => header.tensors.get(name) ?? unknownTensor(name, names, { op, file: source.name }),
  };
}
