import type { ByteSource, ReadOptions } from '../byte-source.js';
import { MsgpackCursor, msgpackError } from './msgpack-cursor.js';

/** A value of a msgpack file; bytes and extensions are places in it, not read. */
export type MsgpackValue =
  | null
  | boolean
  | number
  | string
  | readonly MsgpackValue[]
  | ReadonlyMap<string, MsgpackValue>
  | MsgpackBytes;

/** Bytes in a msgpack file: plain ones, or those of an extension type. */
export class MsgpackBytes {
  constructor(
    readonly start: number,
    readonly end: number,
    /** Undefined for plain bytes. */
    readonly extension: number | undefined,
  ) {}
}

/** Far beyond any checkpoint. */
const MOST_LEVELS = 64;
const MOST_VALUES = 4_000_000;
const MAX_TEXT_BYTES = 2 ** 24;

/**
 * Reads the structure of a msgpack file (or of the part from `start` on); bytes in it are passed over.
 * @throws FormatError when it is damaged, nests without end, has keys that are no text, or goes on after its value
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export async function readMsgpack(source: ByteSource, options: ReadOptions = {}): Promise<MsgpackValue> {
  const reader = new MsgpackReader(new MsgpackCursor(source, options), options);
  const value = await reader.value(0);
  const { remaining } = reader.cursor;
  if (remaining > 0) throw msgpackError(`${remaining} bytes follow the value`, source.name);
  return value;
}

class MsgpackReader {
  private values = 0;

  constructor(
    readonly cursor: MsgpackCursor,
    private readonly options: ReadOptions,
  ) {}

  async value(level: number): Promise<MsgpackValue> {
    if (level > MOST_LEVELS) throw this.error(`values nested more than ${MOST_LEVELS} levels deep`);
    if (++this.values > MOST_VALUES) throw this.error(`more than ${MOST_VALUES} values`);
    this.options.signal?.throwIfAborted();
    const code = await this.cursor.uint(1);
    if (code < 0x80) return code;
    if (code >= 0xe0) return code - 0x100;
    if (code < 0x90) return this.map(code & 0x0f, level);
    if (code < 0xa0) return this.array(code & 0x0f, level);
    if (code < 0xc0) return this.text(code & 0x1f);
    const read = VALUES.get(code);
    if (read === undefined) throw this.error(`no value begins with byte 0x${code.toString(16)}`);
    return read(this, level);
  }

  async map(count: number, level: number): Promise<ReadonlyMap<string, MsgpackValue>> {
    this.checkCount(count * 2);
    const entries = new Map<string, MsgpackValue>();
    for (let index = 0; index < count; index++) {
      const key = await this.value(level + 1);
      if (typeof key !== 'string') throw this.error('a key that is no text');
      if (entries.has(key)) throw this.error(`the key '${key.slice(0, 100)}' is given twice`);
      entries.set(key, await this.value(level + 1));
    }
    return entries;
  }

  async array(count: number, level: number): Promise<readonly MsgpackValue[]> {
    this.checkCount(count);
    const items: MsgpackValue[] = [];
    for (let index = 0; index < count; index++) items.push(await this.value(level + 1));
    return items;
  }

  async text(length: number): Promise<string> {
    if (length > MAX_TEXT_BYTES) throw this.error(`a text of ${length} bytes`);
    return this.cursor.text(length);
  }

  bytes(length: number, extension?: number): MsgpackBytes {
    const start = this.cursor.skip(length);
    return new MsgpackBytes(start, start + length, extension);
  }

  /** Every value takes a byte at least. */
  private checkCount(count: number): void {
    if (count > this.cursor.remaining) throw this.error(`${count} values in ${this.cursor.remaining} bytes`);
  }

  private error(problem: string): Error {
    return msgpackError(`${problem}, at byte ${this.cursor.at}`, this.cursor.source.name);
  }
}

type ReadValue = (reader: MsgpackReader, level: number) => MsgpackValue | Promise<MsgpackValue>;

const extensionOf =
  (length: number): ReadValue =>
  async (reader) => {
    const type = await reader.cursor.int(1);
    return reader.bytes(length, type);
  };

const sizedExtension =
  (width: 1 | 2 | 4): ReadValue =>
  async (reader) => {
    const length = await reader.cursor.uint(width);
    return reader.bytes(length, await reader.cursor.int(1));
  };

const VALUES: ReadonlyMap<number, ReadValue> = new Map<number, ReadValue>([
  [0xc0, () => null],
  [0xc2, () => false],
  [0xc3, () => true],
  ...([1, 2, 4] as const).map((width, index): [number, ReadValue] => [
    0xc4 + index,
    async (reader) => reader.bytes(await reader.cursor.uint(width)),
  ]),
  ...([1, 2, 4] as const).map((width, index): [number, ReadValue] => [0xc7 + index, sizedExtension(width)]),
  [0xca, (reader) => reader.cursor.float(4)],
  [0xcb, (reader) => reader.cursor.float(8)],
  ...([1, 2, 4, 8] as const).map((width, index): [number, ReadValue] => [
    0xcc + index,
    (reader) => reader.cursor.uint(width),
  ]),
  ...([1, 2, 4, 8] as const).map((width, index): [number, ReadValue] => [
    0xd0 + index,
    (reader) => reader.cursor.int(width),
  ]),
  ...[1, 2, 4, 8, 16].map((length, index): [number, ReadValue] => [0xd4 + index, extensionOf(length)]),
  ...([1, 2, 4] as const).map((width, index): [number, ReadValue] => [
    0xd9 + index,
    async (reader) => reader.text(await reader.cursor.uint(width)),
  ]),
  [0xdc, async (reader, level) => reader.array(await reader.cursor.uint(2), level)],
  [0xdd, async (reader, level) => reader.array(await reader.cursor.uint(4), level)],
  [0xde, async (reader, level) => reader.map(await reader.cursor.uint(2), level)],
  [0xdf, async (reader, level) => reader.map(await reader.cursor.uint(4), level)],
]);
