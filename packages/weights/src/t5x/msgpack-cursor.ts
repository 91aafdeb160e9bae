import { FormatError } from '@tesserae/tensor';
import type { ByteSource, ReadOptions } from '../byte-source.js';
import { readRange } from '../byte-source.js';

/** Bytes read ahead; most values are a few bytes, and arrays are passed over. */
const WINDOW_BYTES = 2 ** 16;

/** The error for a msgpack file that is damaged, or no checkpoint. */
export function msgpackError(
  problem: string,
  file: string,
  facts: { got?: unknown; needed?: unknown } = {},
): FormatError {
  return new FormatError({
    op: 'msgpack',
    problem,
    likely: 'The file is truncated or damaged, or no checkpoint of T5X or Flax. Fetch it again.',
    page: 'msgpack-format',
    file,
    ...facts,
  });
}

/** Reads a source from front to back through a window, so that arrays need not be read to be passed over. */
export class MsgpackCursor {
  at = 0;
  private window: DataView = new DataView(new ArrayBuffer(0));
  private windowStart = 0;

  constructor(
    readonly source: ByteSource,
    private readonly options: ReadOptions,
  ) {}

  get remaining(): number {
    return this.source.sizeBytes - this.at;
  }

  async uint(width: 1 | 2 | 4 | 8): Promise<number> {
    const view = await this.take(width);
    if (width === 1) return view.getUint8(0);
    if (width === 2) return view.getUint16(0);
    return width === 4 ? view.getUint32(0) : this.safe(view.getBigUint64(0));
  }

  async int(width: 1 | 2 | 4 | 8): Promise<number> {
    const view = await this.take(width);
    if (width === 1) return view.getInt8(0);
    if (width === 2) return view.getInt16(0);
    return width === 4 ? view.getInt32(0) : this.safe(view.getBigInt64(0));
  }

  async float(width: 4 | 8): Promise<number> {
    const view = await this.take(width);
    return width === 4 ? view.getFloat32(0) : view.getFloat64(0);
  }

  async text(length: number): Promise<string> {
    const { buffer, byteOffset, byteLength } = await this.take(length);
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset, byteLength));
  }

  /** Passes over bytes, and says where they begin. */
  skip(length: number): number {
    const start = this.at;
    if (length > this.remaining) throw this.ended(length);
    this.at += length;
    return start;
  }

  private async take(length: number): Promise<DataView> {
    const start = this.skip(length);
    const isInside = start >= this.windowStart && this.at <= this.windowStart + this.window.byteLength;
    if (!isInside) {
      const end = Math.min(this.source.sizeBytes, start + Math.max(length, WINDOW_BYTES));
      const bytes = await readRange(this.source, { start, end }, this.options);
      this.window = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      this.windowStart = start;
    }
    return new DataView(this.window.buffer, this.window.byteOffset + start - this.windowStart, length);
  }

  private safe(value: bigint): number {
    const plain = Number(value);
    if (Number.isSafeInteger(plain)) return plain;
    throw msgpackError(`a whole number of ${value} cannot be`, this.source.name);
  }

  private ended(length: number): FormatError {
    const { name, sizeBytes } = this.source;
    const problem = `${length} bytes wanted at ${this.at}, the file has ${sizeBytes}`;
    return msgpackError(problem, name, { got: sizeBytes, needed: this.at + length });
  }
}
