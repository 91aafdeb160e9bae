/** Where the words of the reference are in the hypothesis, and which words of either side are wrong. */
export interface Alignment {
  readonly cost: number;
  /** Per word of the reference, the hypothesis word that it is beside; −1 before the first. */
  readonly positions: readonly number[];
  readonly referenceErrors: readonly boolean[];
  readonly hypothesisErrors: readonly boolean[];
}

/** An edit that turns the hypothesis into the reference. */
type Edit = 'keep' | 'substitute' | 'insert' | 'delete';

const BEAM_WIDTH = 25;

/**
 * Word edit distances to one reference, within a beam about the diagonal. Rows of the hypothesis that was aligned
 * last are kept: a shift leaves its beginning as it was.
 */
export class EditDistances {
  readonly #reference: readonly string[];
  readonly #buffers: readonly [Float64Array, Float64Array];
  #hypothesis: readonly string[] = [];
  #rows: readonly Float64Array[] = [];

  constructor(reference: readonly string[]) {
    this.#reference = reference;
    this.#buffers = [new Float64Array(reference.length + 1), new Float64Array(reference.length + 1)];
  }

  /** Aligns, and keeps the rows for the distances of its shifts. */
  align(hypothesis: readonly string[]): Alignment {
    const width = this.#reference.length + 1;
    const rows = [Float64Array.from({ length: width }, (_, column) => column)];
    for (let line = 1; line <= hypothesis.length; line++) {
      const row = new Float64Array(width);
      this.#fillRow(row, { above: rows[line - 1]!, line, hypothesis });
      rows.push(row);
    }
    this.#rows = rows;
    this.#hypothesis = hypothesis;
    return { cost: rows.at(-1)![width - 1]!, ...this.#trace() };
  }

  /** Cost of a hypothesis as long as the one that was aligned last. */
  cost(hypothesis: readonly string[]): number {
    let same = 0;
    while (same < hypothesis.length - 1 && hypothesis[same] === this.#hypothesis[same]) same++;
    let above = this.#rows[same]!;
    for (let line = same + 1; line <= hypothesis.length; line++) {
      const row = this.#buffers[line % 2]!;
      this.#fillRow(row, { above, line, hypothesis });
      above = row;
    }
    return above[this.#reference.length]!;
  }

  #fillRow(
    row: Float64Array,
    {
      above,
      line,
      hypothesis,
    }: { readonly above: Float64Array; line: number; hypothesis: readonly string[] },
  ): void {
    const reference = this.#reference;
    const width = reference.length;
    const slope = width / hypothesis.length;
    const beam = BEAM_WIDTH < slope / 2 ? Math.ceil(slope / 2 + BEAM_WIDTH) : BEAM_WIDTH;
    const diagonal = Math.floor(line * slope);
    const first = Math.max(0, diagonal - beam);
    const end = line === hypothesis.length ? width + 1 : Math.min(width + 1, diagonal + beam);
    const word = hypothesis[line - 1];
    row.fill(Infinity);
    if (first === 0) row[0] = above[0]! + 1;
    for (let column = Math.max(1, first); column < end; column++) {
      const change = above[column - 1]! + (word === reference[column - 1] ? 0 : 1);
      row[column] = Math.min(change, above[column]! + 1, row[column - 1]! + 1);
    }
  }

  #trace(): Omit<Alignment, 'cost'> {
    const path: Edit[] = [];
    let [line, column] = [this.#rows.length - 1, this.#reference.length];
    while (line > 0 || column > 0) {
      const edit = this.#editAt(line, column);
      path.push(edit);
      if (edit !== 'insert') line--;
      if (edit !== 'delete') column--;
    }
    return alignmentOf(path.reverse());
  }

  /** Where costs are equal the first of keep or substitute, delete, insert wins: the shifts depend on it. */
  #editAt(line: number, column: number): Edit {
    if (line === 0) return 'insert';
    const [above, cost] = [this.#rows[line - 1]!, this.#rows[line]![column]!];
    const isKept = column > 0 && this.#hypothesis[line - 1] === this.#reference[column - 1];
    if (column > 0 && above[column - 1]! + (isKept ? 0 : 1) === cost) return isKept ? 'keep' : 'substitute';
    return above[column]! + 1 === cost ? 'delete' : 'insert';
  }
}

function alignmentOf(path: readonly Edit[]): Omit<Alignment, 'cost'> {
  const positions: number[] = [];
  const referenceErrors: boolean[] = [];
  const hypothesisErrors: boolean[] = [];
  let position = -1;
  for (const edit of path) {
    if (edit !== 'insert') {
      position++;
      hypothesisErrors.push(edit !== 'keep');
    }
    if (edit === 'delete') continue;
    positions.push(position);
    referenceErrors.push(edit !== 'keep');
  }
  return { positions, referenceErrors, hypothesisErrors };
}
