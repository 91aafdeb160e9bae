import { FormatError } from '@tesserae/tensor';
import { listed, quoted } from '../errors.js';
import type { StoredSpec } from '../safetensors/header.js';
import { STORED_DTYPES, hostDTypeOf } from '../safetensors/stored-dtype.js';
import type { TensorFile } from '../tensor-file.js';
import { decodeIntegers, decodeTensor, integerReader, readableDType } from './decode.js';
import type { StoredTensor } from './gather.js';
import { readStored } from './gather.js';
import { elementCount } from './layout.js';

/** A file of tensors whose places in storage are known, so that they can be renamed and rearranged. */
export interface StoredFile extends TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** What a file of tensors is made of. */
interface StoredFileParts {
  /** How errors call it, and which reader they name. */
  readonly name: string;
  readonly op: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Tensors in storage as a file that is read one tensor at a time. */
export function storedFile({ name: file, op, tensors, metadata = {} }: StoredFileParts): StoredFile {
  const find = (name: string): StoredTensor =>
    tensors.get(name) ?? unknownTensor(name, [...tensors.keys()], { op, file });
  return {
    name: file,
    tensors,
    names: [...tensors.keys()],
    metadata,
    has: (name) => tensors.has(name),
    spec: (name) => specOf(find(name)),
    read: async (name, options) => {
      const tensor = find(name);
      const as = { stored: tensor.stored, shape: tensor.shape, name, op, file };
      readableDType(as);
      return decodeTensor(await readStored(tensor, options), as);
    },
    readIntegers: async (name, options) => {
      const tensor = find(name);
      const as = { stored: tensor.stored, shape: tensor.shape, name, op, file };
      integerReader(as);
      return decodeIntegers(await readStored(tensor, options), as);
    },
  };
}

function specOf({ stored, shape }: StoredTensor): StoredSpec {
  const end = elementCount(shape) * STORED_DTYPES[stored].sizeBytes;
  return { stored, dtype: hostDTypeOf(stored), shape, begin: 0, end };
}

/**
 * Throws the error for a name that a file does not have.
 * @throws FormatError with the names that come nearest
 */
export function unknownTensor(
  name: string,
  names: readonly string[],
  { op, file }: { readonly op: string; readonly file: string },
): never {
  const tail = name.split('.').slice(-2).join('.');
  const near = names.filter((candidate) => candidate.endsWith(tail));
  throw new FormatError({
    op,
    problem: `no tensor ${quoted(name)} among ${names.length}`,
    likely: near.length > 0 ? `Similar: ${listed(near, 4)}.` : `The file has ${listed(names, 4)}.`,
    page: 'tensor-missing',
    file,
    got: names,
    needed: name,
  });
}
