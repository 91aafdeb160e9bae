/** A 64-bit hash as two 32-bit words, unsigned or signed alike. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/** The memory of a table; typed arrays, so that it can be handed to a worker. */
export interface HashTableData {
  /** High and low word of each slot. */
  readonly keys: Int32Array; // [2 * slots]
  /** Value + 1 of each slot; 0 where there is none. */
  readonly values: Int32Array; // [slots]
  readonly size: number;
}

/** Numbers by 64-bit hash: open addressing in typed arrays, 12 bytes a slot, at most two thirds of them taken. */
export interface HashTable {
  readonly size: number;
  readonly data: HashTableData;
  /** The value of a key, -1 where there is none. */
  get(high: number, low: number): number;
  /** Sets the value of a key: 0 … 2³¹ − 2. */
  set(high: number, low: number, value: number): void;
}

const firstSlots = 1024;

/** A table, empty or with the memory of another one. */
export function createHashTable(from?: HashTableData): HashTable {
  let keys = from?.keys ?? new Int32Array(2 * firstSlots);
  let values = from?.values ?? new Int32Array(firstSlots);
  let size = from?.size ?? 0;

  const slotOf = (high: number, low: number): number => {
    const mask = values.length - 1;
    let slot = (low ^ Math.imul(high, 0x9e3779b1)) & mask;
    while (values[slot] !== 0 && (keys[2 * slot] !== high || keys[2 * slot + 1] !== low)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  };
  const put = (high: number, low: number, stored: number): void => {
    const slot = slotOf(high, low);
    if (values[slot] === 0) size++;
    [keys[2 * slot], keys[2 * slot + 1], values[slot]] = [high, low, stored];
  };
  const grow = (): void => {
    const [oldKeys, oldValues] = [keys, values];
    keys = new Int32Array(2 * oldKeys.length);
    values = new Int32Array(2 * oldValues.length);
    size = 0;
    for (let slot = 0; slot < oldValues.length; slot++) {
      if (oldValues[slot] !== 0) put(oldKeys[2 * slot]!, oldKeys[2 * slot + 1]!, oldValues[slot]!);
    }
  };
  return {
    get size() {
      return size;
    },
    get data() {
      return { keys, values, size };
    },
    get: (high, low) => values[slotOf(high | 0, low | 0)]! - 1,
    set(high, low, value) {
      if (3 * (size + 1) > 2 * values.length) grow();
      put(high | 0, low | 0, value + 1);
    },
  };
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. Signed. */
export function mixWord(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
