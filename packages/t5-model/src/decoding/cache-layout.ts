// Where a session's rows find their keys and values: plain arithmetic on the host, no tensors.

/** The least capacity of a cache, in positions. */
const LEAST_CAPACITY = 32;

/** Positions that a cache is made for, to hold `length` of at most `maxLength`: it doubles when it is full. */
export function capacityFor(length: number, maxLength: number): number {
  let capacity = LEAST_CAPACITY;
  while (capacity < length) capacity *= 2;
  return Math.min(capacity, maxLength);
}

/** Sizes of a session's cache. */
export interface CacheSizes {
  readonly numSources: number;
  readonly rowsPerSource: number;
  /** Positions. */
  readonly capacity: number;
}

/**
 * Which row of its source wrote what each row sees at each position: i32[numSources, rowsPerSource, capacity].
 * Rows that part from one another keep reading what they have in common where it is; reordering beams copies nothing.
 */
export class Ancestry {
  readonly rows: Int32Array<ArrayBuffer>;

  constructor(readonly sizes: CacheSizes) {
    const { numSources, rowsPerSource, capacity } = sizes;
    this.rows = Int32Array.from(
      { length: numSources * rowsPerSource * capacity },
      (_, index) => Math.floor(index / capacity) % rowsPerSource,
    );
  }

  /** The writer of what `row` (of all rows) sees at a position. */
  at(row: number, position: number): number {
    return this.rows[row * this.sizes.capacity + position]!;
  }

  /** Rows go on as other rows of their sources; what lies after `position` is theirs to write. */
  reordered(origins: readonly number[], position: number): Ancestry {
    const { capacity } = this.sizes;
    const next = new Ancestry(this.sizes);
    origins.forEach((origin, row) => {
      const from = origin * capacity;
      next.rows.set(this.rows.subarray(from, from + position), row * capacity);
    });
    return next;
  }

  /** Forgets what lies after `position`. */
  cut(position: number): Ancestry {
    const { numSources, rowsPerSource } = this.sizes;
    const own = Array.from({ length: numSources * rowsPerSource }, (_, row) => row);
    return this.reordered(own, position);
  }

  /**
   * Where the slots of a new cache are in this one, whose rows go on as `origins` (of all rows): afterwards every row
   * has its own copy of what it sees. Slots that hold nothing yet read any slot.
   * @returns i32[numSources, numHeads, capacity * rowsPerSource] of the new sizes, indices of vectors
   */
  slotsFor(
    next: CacheSizes,
    {
      origins,
      position,
      numHeads,
    }: { readonly origins: readonly number[]; readonly position: number; readonly numHeads: number },
  ): Int32Array<ArrayBuffer> {
    const { rowsPerSource, capacity } = this.sizes;
    const oldSlots = capacity * rowsPerSource;
    const newSlots = next.capacity * next.rowsPerSource;
    const slots = new Int32Array(next.numSources * numHeads * newSlots);
    origins.forEach((origin, row) => {
      const [source, own] = [Math.floor(row / next.rowsPerSource), row % next.rowsPerSource];
      const oldSource = Math.floor(origin / rowsPerSource);
      for (let head = 0; head < numHeads; head++) {
        const [from, to] = [(oldSource * numHeads + head) * oldSlots, (source * numHeads + head) * newSlots];
        for (let at = 0; at < position; at++) {
          slots[to + at * next.rowsPerSource + own] = from + at * rowsPerSource + this.at(origin, at);
        }
      }
    });
    return slots;
  }
}
