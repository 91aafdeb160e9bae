import type { CleaningRules } from './cleaning-options.js';
import { createHashTable } from './hash-table.js';
import type { Piece } from './inspection.js';
import { createSimilarityIndex } from './near-duplicates.js';

/** An earlier document that a text repeats. */
export interface Duplicate {
  readonly kind: 'exact' | 'near';
  readonly of: number;
  readonly similarity: number;
}

/** Remembers the texts that were kept. */
export interface DuplicateFilter {
  /** The earlier document that this piece repeats; undefined for a new one, which is remembered. */
  check(piece: Piece, document: number): Duplicate | undefined;
  /** What was remembered since the last call, as records of `recordBytes`, to be restored after an interruption. */
  takeRecords(): Uint8Array;
  /** Remembers what records say. */
  restore(records: Uint8Array): void;
  readonly recordBytes: number;
}

/** Bytes of hash and document number, before the signature. */
const fixedBytes = 16;

/** A filter of the rules' kind; documents in the order they come. */
export function createDuplicateFilter(rules: CleaningRules): DuplicateFilter {
  const { duplicates, permutations } = rules;
  const recordBytes = fixedBytes + (duplicates === 'near' ? 2 * permutations : 0);
  const exact = createHashTable();
  const similar = duplicates === 'near' ? createSimilarityIndex(rules) : undefined;
  const log = createRecordLog(recordBytes);
  let documents = new Float64Array(1024); // of each remembered text
  let count = 0;
  const remember = (piece: Required<Pick<Piece, 'hash'>> & Piece, document: number): void => {
    exact.set(piece.hash.high, piece.hash.low, count);
    if (piece.signature !== undefined) similar?.add(piece.signature);
    if (count === documents.length) documents = doubled(documents);
    documents[count++] = document;
  };
  return {
    recordBytes,
    check(piece, document) {
      const { hash, signature } = piece;
      if (hash === undefined) return undefined;
      const same = exact.get(hash.high, hash.low);
      if (same >= 0) return { kind: 'exact', of: documents[same]!, similarity: 1 };
      const like = signature === undefined ? undefined : similar?.find(signature);
      if (like !== undefined)
        return { kind: 'near', of: documents[like.index]!, similarity: like.similarity };
      remember({ ...piece, hash }, document);
      log.add(piece, document);
      return undefined;
    },
    takeRecords: () => log.take(),
    restore(records) {
      for (const { hash, signature, document } of readRecords(records, recordBytes)) {
        remember({ text: '', hash, signature }, document);
      }
    },
  };
}

function* readRecords(records: Uint8Array, recordBytes: number) {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  const length = (recordBytes - fixedBytes) / 2;
  for (let at = 0; at + recordBytes <= records.length; at += recordBytes) {
    const hash = { high: view.getInt32(at, true), low: view.getInt32(at + 4, true) };
    const value = (_: unknown, place: number) => view.getUint16(at + fixedBytes + 2 * place, true);
    yield { hash, signature: Uint16Array.from({ length }, value), document: view.getFloat64(at + 8, true) };
  }
}

function createRecordLog(recordBytes: number) {
  let bytes = new Uint8Array(64 * recordBytes);
  let used = 0;
  return {
    add({ hash, signature = new Uint16Array(0) }: Piece, document: number): void {
      if (used + recordBytes > bytes.length) {
        const larger = new Uint8Array(2 * bytes.length);
        larger.set(bytes);
        bytes = larger;
      }
      const view = new DataView(bytes.buffer, used, recordBytes);
      view.setInt32(0, hash!.high, true);
      view.setInt32(4, hash!.low, true);
      view.setFloat64(8, document, true);
      signature.forEach((value, place) => view.setUint16(fixedBytes + 2 * place, value, true));
      used += recordBytes;
    },
    take(): Uint8Array {
      const taken = bytes.slice(0, used);
      used = 0;
      return taken;
    },
  };
}

function doubled(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}
