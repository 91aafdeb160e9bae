import { FormatError } from '@tesserae/tensor';
import type { DType } from '@tesserae/tensor';
import type { ByteSource, ReadOptions } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { quoted } from '../errors.js';
import { describe, isRecord, parseJsonObject } from '../json.js';
import type { StoredDType } from './stored-dtype.js';
import { STORED_DTYPES, hostDTypeOf, isStoredDType } from './stored-dtype.js';

/** The reference implementation's limit. */
export const MAX_HEADER_BYTES = 100_000_000;
/** Bytes before the header: its length, an unsigned 64-bit integer. */
export const LENGTH_BYTES = 8;

/** One tensor as a header describes it; offsets count from the end of the header. */
export interface StoredSpec {
  readonly stored: StoredDType;
  /** The host dtype with the same bits; absent for I64, I16, F8 and the like. */
  readonly dtype: DType | undefined;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A checked header: ranges lie inside the file and fill it without holes or overlaps. */
export interface SafetensorsHeader {
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, StoredSpec>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the tensors' bytes begin in the file. */
  readonly dataStart: number;
}

const op = 'safetensors';
const TRUNCATED =
  'The file is truncated (an interrupted download?) or not a safetensors file. Fetch it again.';
const DAMAGED = 'The header is damaged, or was written by a faulty tool. Fetch or convert the file again.';

/**
 * Reads and checks the header of a safetensors file; nothing else of the file is read.
 * @throws FormatError naming the file, the tensor, what was got and what is needed
 * @see https://github.com/huggingface/safetensors, "Format"
 */
export async function readSafetensorsHeader(
  source: ByteSource,
  options: ReadOptions = {},
): Promise<SafetensorsHeader> {
  const file = source.name;
  const length = await readHeaderLength(source, options);
  const dataStart = LENGTH_BYTES + length;
  const bytes = await readRange(source, { start: LENGTH_BYTES, end: dataStart }, options);
  const page = 'safetensors-header';
  const json = parseJsonObject(decodeText(bytes, file), { op, file, page, likely: DAMAGED });
  const tensors = new Map<string, StoredSpec>();
  for (const [name, entry] of Object.entries(json)) {
    if (name !== '__metadata__') tensors.set(name, checkEntry(name, entry, { file }));
  }
  checkRanges(tensors, { file, dataBytes: source.sizeBytes - dataStart });
  return { tensors, metadata: checkMetadata(json['__metadata__'], file), dataStart };
}

async function readHeaderLength(source: ByteSource, options: ReadOptions): Promise<number> {
  const file = source.name;
  if (source.sizeBytes < LENGTH_BYTES + 2) {
    throw new FormatError({
      op,
      problem: `the file has ${source.sizeBytes} bytes; at least ${LENGTH_BYTES + 2} are needed`,
      likely: TRUNCATED,
      page: 'safetensors-header-length',
      file,
      got: source.sizeBytes,
      needed: LENGTH_BYTES + 2,
    });
  }
  const bytes = await readRange(source, { start: 0, end: LENGTH_BYTES }, options);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const limit = Math.min(MAX_HEADER_BYTES, source.sizeBytes - LENGTH_BYTES);
  if (length < 2n || length > BigInt(limit)) {
    const bound = limit === MAX_HEADER_BYTES ? 'the format allows' : 'the file has room for';
    throw new FormatError({
      op,
      problem: `the header claims ${length} bytes; ${bound} ${limit}`,
      likely: TRUNCATED,
      page: 'safetensors-header-length',
      file,
      got: length,
      needed: limit,
    });
  }
  return Number(length);
}

function decodeText(bytes: Uint8Array, file: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (text.startsWith('{')) return text;
  } catch (cause) {
    throw new FormatError({
      op,
      problem: 'the header is not UTF-8',
      likely: DAMAGED,
      page: 'safetensors-header',
      file,
      cause,
    });
  }
  const problem = "the header does not begin with '{'";
  throw new FormatError({
    op,
    problem,
    likely: DAMAGED,
    page: 'safetensors-header',
    file,
    got: bytes[0],
    needed: 0x7b,
  });
}

function checkMetadata(metadata: unknown, file: string): Readonly<Record<string, string>> {
  if (metadata === undefined) return {};
  if (isRecord(metadata) && Object.values(metadata).every((value) => typeof value === 'string')) {
    return metadata as Readonly<Record<string, string>>;
  }
  throw new FormatError({
    op,
    problem: `__metadata__ must map names to strings, got ${describe(metadata)}`,
    likely: DAMAGED,
    page: 'safetensors-header',
    file,
    got: metadata,
  });
}

function checkEntry(name: string, entry: unknown, { file }: { readonly file: string }): StoredSpec {
  const fail = (
    problem: string,
    facts: { page: string; got?: unknown; needed?: unknown; likely?: string },
  ): never => {
    throw new FormatError({ op, problem: `${quoted(name)}: ${problem}`, likely: DAMAGED, file, ...facts });
  };
  const page = 'safetensors-tensor';
  if (!isRecord(entry)) return fail(`an object is needed, got ${describe(entry)}`, { page, got: entry });
  const { dtype: stored, shape, data_offsets: offsets } = entry;
  if (!isStoredDType(stored)) {
    const needed = Object.keys(STORED_DTYPES);
    const problem = `unknown dtype ${describe(stored)}; known are ${needed.join(', ')}`;
    const likely = 'Convert the file to one of these types, or update this package if the format has grown.';
    return fail(problem, { page: 'safetensors-dtype', got: stored, needed, likely });
  }
  if (!isSizes(shape)) {
    const problem = `shape must be a list of non-negative integers, got ${describe(shape)}`;
    return fail(problem, { page: 'safetensors-shape', got: shape });
  }
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    const problem = `data_offsets must be two integers, begin <= end, got ${describe(offsets)}`;
    return fail(problem, { page: 'safetensors-offsets', got: offsets });
  }
  const [begin, end] = offsets as readonly [number, number];
  const needed = byteCount(shape, STORED_DTYPES[stored].sizeBytes);
  if (needed !== end - begin) {
    const size = Number.isSafeInteger(needed) ? `${needed} bytes` : 'more bytes than can be counted';
    const problem = `${stored} ${describe(shape)} takes ${size}, its range has ${end - begin}`;
    return fail(problem, { page: 'safetensors-size', got: end - begin, needed });
  }
  return { stored, dtype: hostDTypeOf(stored), shape, begin, end };
}

function isSizes(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.every((size) => Number.isSafeInteger(size) && size >= 0 && !Object.is(size, -0))
  );
}

/** Bytes of a shape; NaN when a partial product leaves the safe integers, as the reference refuses it too. */
function byteCount(shape: readonly number[], elementBytes: number): number {
  let count = elementBytes;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return NaN;
  }
  return count;
}

function checkRanges(
  tensors: ReadonlyMap<string, StoredSpec>,
  { file, dataBytes }: { readonly file: string; readonly dataBytes: number },
): void {
  const fail = (problem: string, got: number, needed: number): never => {
    const [likely, page] =
      needed > dataBytes ? [TRUNCATED, 'file-truncated'] : [DAMAGED, 'safetensors-offsets'];
    throw new FormatError({ op, problem, likely, page, file, got, needed });
  };
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const [name, { begin, end }] of ordered) {
    if (end > dataBytes) {
      fail(`${quoted(name)} ends at byte ${end} of the data, the file holds ${dataBytes}`, dataBytes, end);
    }
    if (begin !== reached) {
      const relation =
        begin < reached ? 'overlaps the tensor before it' : 'leaves a hole after the tensor before it';
      fail(`${quoted(name)} begins at ${begin} and ${relation}, which ends at ${reached}`, begin, reached);
    }
    reached = end;
  }
  if (reached !== dataBytes) {
    fail(`the tensors end at byte ${reached} of the data, the file holds ${dataBytes}`, dataBytes, reached);
  }
}
