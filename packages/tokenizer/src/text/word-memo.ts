import { grown } from './growing-array.js';
import type { TokenSink } from './token-sink.js';

/** Words longer than this are rare and not remembered. */
const longestWord = 40;
/** When so many words are held, all are forgotten: frequent ones come back at once. */
const mostWords = 1 << 16;
/** Slots of the table; twice the words, so that a search stays short. */
const tableSize = 2 * mostWords;
const EMPTY = -1;

interface RecallJob {
  readonly start: number;
  readonly end: number;
  readonly sink: TokenSink;
  readonly leastMargin?: number;
}

interface RememberJob {
  readonly start: number;
  readonly end: number;
  readonly sink: TokenSink;
  /** The word's first token. */
  readonly from: number;
  /** How sure the tokens are, for `recall`. Default: entirely. */
  readonly margin?: number;
}

/**
 * The tokens of words met before. Natural text repeats its words, and looking one up costs a hash; the memory is
 * bounded. Nothing that a word becomes may depend on what stands around it.
 */
export class WordMemo {
  /** Entry of each slot. */
  readonly #slots = new Int32Array(tableSize).fill(EMPTY);
  /** By entry: hash, first unit, first token record; the next entry's values end them. */
  #entries = new Int32Array(3 * 1024);
  /** By entry: how sure its tokens are. */
  readonly #margins = new Float32Array(mostWords);
  #count = 0;
  #units = new Uint16Array(8 * 1024);
  /** Triples: id, start and end within the word. */
  #records = new Int32Array(3 * 2048);

  /**
   * Appends the remembered tokens of units [start, end).
   * @param leastMargin  words remembered with a smaller margin count as unknown
   * @returns false when the word is not known; then encode it and call `remember`
   */
  recall(units: Uint16Array, { start, end, sink, leastMargin = 0 }: RecallJob): boolean {
    if (end - start > longestWord) return false;
    const entry = this.#find(units, start, end, hashOf(units, start, end));
    if (entry === EMPTY || this.#margins[entry]! < leastMargin) return false;
    const records = this.#records;
    const entries = this.#entries;
    const stop = entries[3 * entry + 5]!;
    for (let i = entries[3 * entry + 2]!; i < stop; i += 3) {
      sink.push(records[i]!, start + records[i + 1]!, start + records[i + 2]!);
    }
    return true;
  }

  /** Remembers tokens [from, sink.length) as those of units [start, end). */
  remember(units: Uint16Array, { start, end, sink, from, margin = Infinity }: RememberJob): void {
    if (end - start > longestWord) return;
    const hash = hashOf(units, start, end);
    if (this.#find(units, start, end, hash) !== EMPTY) return;
    if (this.#count === mostWords) this.#clear();
    this.#margins[this.#count] = margin;
    const at = 3 * this.#count;
    if (at + 6 > this.#entries.length) this.#entries = grown(this.#entries, at + 6);
    const entries = this.#entries;
    const unitsAt = entries[at + 1]!;
    const recordsAt = entries[at + 2]!;
    const unitsEnd = unitsAt + end - start;
    const recordsEnd = recordsAt + 3 * (sink.length - from);
    if (unitsEnd > this.#units.length) this.#units = grown(this.#units, unitsEnd);
    if (recordsEnd > this.#records.length) this.#records = grown(this.#records, recordsEnd);
    for (let i = start, k = unitsAt; i < end; i++, k++) this.#units[k] = units[i]!;
    for (let token = from, i = recordsAt; token < sink.length; token++, i += 3) {
      this.#records[i] = sink.ids[token]!;
      this.#records[i + 1] = sink.offsets[2 * token]! - start;
      this.#records[i + 2] = sink.offsets[2 * token + 1]! - start;
    }
    entries[at] = hash;
    entries[at + 4] = unitsEnd;
    entries[at + 5] = recordsEnd;
    let slot = hash & (tableSize - 1);
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & (tableSize - 1);
    this.#slots[slot] = this.#count++;
  }

  #find(units: Uint16Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const entries = this.#entries;
    for (let slot = hash & (tableSize - 1); ; slot = (slot + 1) & (tableSize - 1)) {
      const entry = slots[slot]!;
      if (entry === EMPTY) return EMPTY;
      if (entries[3 * entry] === hash && this.#isWord(entry, units, start, end)) return entry;
    }
  }

  #isWord(entry: number, units: Uint16Array, start: number, end: number): boolean {
    const from = this.#entries[3 * entry + 1]!;
    if (this.#entries[3 * entry + 4]! - from !== end - start) return false;
    for (let i = start, k = from; i < end; i++, k++) if (units[i] !== this.#units[k]) return false;
    return true;
  }

  #clear(): void {
    this.#slots.fill(EMPTY);
    this.#count = 0;
  }
}

function hashOf(units: Uint16Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ units[i]!, 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) ^ (hash >>> 12);
}
