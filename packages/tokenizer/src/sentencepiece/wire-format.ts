import { TokenizerError } from '../errors.js';

/** Bytes [from, to) of a file, which hold a message. */
export interface MessageRange {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** Names the file in errors. */
export interface WireOrigin {
  readonly op: string;
  readonly file: string;
}

/** Takes a field: its number, and the value of a number or (then undefined) where a text or message is. */
type FieldVisitor = (number: number, value: number | undefined, range: MessageRange) => void;

/**
 * Reads the fields of a protobuf message one by one; 64-bit ones are skipped. Lengths are checked before anything is read.
 * @throws TokenizerError (malformed-file) when it is no message
 * @see protobuf.dev, "Encoding"
 */
export function readFields(
  { bytes, from, to: end }: MessageRange,
  where: WireOrigin,
  visit: FieldVisitor,
): void {
  let at = from;
  const fail = (found: string): never => {
    const problem = `not a SentencePiece model: ${found} at byte ${at} of ${bytes.length}`;
    throw new TokenizerError({ code: 'malformed-file', ...where, problem });
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70 && at < end; shift += 7) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return fail('a number is cut off or too long');
  };
  const take = (length: number): number => {
    if (!(length <= end - at)) fail(`a field of ${length} bytes`);
    at += length;
    return at - length;
  };
  while (at < end) {
    const key = varint();
    const type = key % 8;
    let value: number | undefined;
    let start = at;
    if (type === 0) value = varint();
    else if (type === 1) start = take(8);
    else if (type === 2) start = take(varint());
    else if (type === 5) value = new DataView(bytes.buffer, bytes.byteOffset + take(4)).getFloat32(0, true);
    else fail(`wire type ${type}`);
    if (type !== 1) visit(Math.floor(key / 8), value, { bytes, from: start, to: at });
  }
}
