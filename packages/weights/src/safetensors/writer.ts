import { DtypeError, FormatError, OptionError, formatSpec, sizeInBytes } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import { listed, quoted } from '../errors.js';
import { LENGTH_BYTES, MAX_HEADER_BYTES } from './header.js';
import type { StoredDType } from './stored-dtype.js';
import { storedDTypeOf, storedRank } from './stored-dtype.js';

/** Named tensors to be written: a Map, or pairs of name and tensor. */
export type TensorEntries = Iterable<readonly [string, HostTensor]>;

/** How a safetensors file is written. */
export interface WriteOptions {
  /**
   * Text to keep beside the tensors; `format: 'pt'` is added unless given, for Hugging Face's loaders ask for
   * it.
   */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Names of i32 tensors to store as I64, as PyTorch keeps ids. */
  readonly asInt64?: readonly string[];
}

interface Part {
  readonly name: string;
  readonly stored: StoredDType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const op = 'writeSafetensors';

/**
 * The bytes of a safetensors file as chunks to be written one after another. Chunks are views of the tensors'
 * own arrays (only those `asInt64` are converted), so write them before the tensors change.
 * Tensors are laid out as Hugging Face's serialiser does: wider types first, then by name; header padded to 8
 * bytes.
 * @throws FormatError for a repeated or reserved name, or data that does not fill its shape · OptionError
 */
export function writeSafetensors(
  tensors: TensorEntries,
  options: WriteOptions = {},
): Uint8Array<ArrayBuffer>[] {
  const { metadata = {}, asInt64 = [] } = options;
  const parts = partsOf(tensors, new Set(asInt64));
  const header = headerOf(parts, { format: 'pt', ...metadata });
  return [header, ...parts.map(({ bytes }) => bytes).filter((bytes) => bytes.length > 0)];
}

/** All chunks in one array; for small files and for tests. */
export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

function partsOf(tensors: TensorEntries, asInt64: ReadonlySet<string>): readonly Part[] {
  const parts = new Map<string, Part>();
  for (const [name, tensor] of tensors) {
    checkEntry(name, tensor, parts);
    parts.set(name, partOf(name, tensor, asInt64.has(name)));
  }
  const unknown = [...asInt64].filter((name) => !parts.has(name));
  if (unknown.length > 0) {
    const problem = `asInt64 names ${listed(unknown)}, which is not among the tensors`;
    throw new OptionError({
      op,
      problem,
      likely: 'Check the spelling.',
      page: 'unknown-option',
      got: unknown,
    });
  }
  return [...parts.values()].sort(
    (a, b) => storedRank(a.stored) - storedRank(b.stored) || (a.name < b.name ? -1 : 1),
  );
}

function checkEntry(name: string, tensor: HostTensor, seen: ReadonlyMap<string, Part>): void {
  const page = 'safetensors-write';
  if (seen.has(name) || name === '__metadata__') {
    const problem =
      name === '__metadata__' ? `${quoted(name)} is reserved` : `${quoted(name)} is given twice`;
    throw new FormatError({ op, problem, likely: 'Give every tensor a name of its own.', page, got: name });
  }
  const [got, needed] = [tensor.data.byteLength, sizeInBytes(tensor)];
  if (got !== needed) {
    throw new FormatError({
      op,
      problem: `${quoted(name)}: ${formatSpec(tensor)} takes ${needed} bytes, its array has ${got}`,
      likely: 'The tensor was put together by hand, or its memory was transferred away. Use hostTensor.',
      page,
      got,
      needed,
    });
  }
}

function partOf(name: string, tensor: HostTensor, isInt64: boolean): Part {
  const { dtype, shape, data } = tensor;
  if (isInt64) {
    if (dtype !== 'i32') {
      const problem = `${quoted(name)} is ${dtype}; only i32 can be stored as I64`;
      throw new DtypeError({
        op,
        problem,
        likely: 'Leave it out of asInt64.',
        page: 'safetensors-integers',
        got: dtype,
      });
    }
    const wide = BigInt64Array.from(data, BigInt);
    return { name, stored: 'I64', shape, bytes: new Uint8Array(wide.buffer) };
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, stored: storedDTypeOf(dtype), shape, bytes };
}

/**
 * Length and header; members are put together as text because objects would move names that look like
 * numbers.
 */
function headerOf(
  parts: readonly Part[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const members = [`"__metadata__":${JSON.stringify(metadata)}`];
  let begin = 0;
  for (const { name, stored, shape, bytes } of parts) {
    const end = begin + bytes.length;
    members.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype: stored, shape, data_offsets: [begin, end] })}`,
    );
    begin = end;
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  if (length > MAX_HEADER_BYTES) {
    const problem = `the header takes ${length} bytes; the format allows ${MAX_HEADER_BYTES}`;
    const likely = 'Write fewer tensors into one file, or less metadata.';
    throw new FormatError({
      op,
      problem,
      likely,
      page: 'safetensors-header-length',
      got: length,
      needed: MAX_HEADER_BYTES,
    });
  }
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}
