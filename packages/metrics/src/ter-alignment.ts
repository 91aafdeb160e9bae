/** An edit that turns the hypothesis into the reference. */
type Edit = 'keep' | 'substitute' | 'insert' | 'delete';

/** A row of the distance table: cost of each cell, and the last edit on the way to it. */
interface Row {
  readonly costs: Float64Array;
  readonly edits: Edit[];
}

/** Where the words of the reference are in the hypothesis, and which words of either side are wrong. */
export interface Alignment {
  readonly cost: number;
  /** Per word of the reference, the hypothesis word that it is beside; −1 before the first. */
  readonly positions: readonly number[];
  readonly referenceErrors: readonly boolean[];
  readonly hypothesisErrors: readonly boolean[];
}

const BEAM_WIDTH = 25;

/**
 * Word edit distances to one reference, within a beam about the diagonal. Rows of the last aligned hypothesis are
 * kept: a shift leaves its beginning as it was.
 */
export class EditDistances {
  readonly #reference: readonly string[];
  #hypothesis: readonly string[] = [];
  #rows: readonly Row[];

  constructor(reference: readonly string[]) {
    this.#reference = reference;
    this.#rows = [this.#firstRow()];
  }

  /** Aligns, and keeps the rows for the distances of its shifts. */
  align(hypothesis: readonly string[]): Alignment {
    this.#rows = this.#fill(hypothesis, [this.#firstRow()]);
    this.#hypothesis = hypothesis;
    return { cost: this.#rows.at(-1)!.costs[this.#reference.length]!, ...this.#trace() };
  }

  /** Cost of a hypothesis as long as the one that was aligned last. */
  cost(hypothesis: readonly string[]): number {
    let same = 0;
    while (same < hypothesis.length - 1 && hypothesis[same] === this.#hypothesis[same]) same++;
    return this.#fill(hypothesis, this.#rows.slice(0, same + 1)).at(-1)!.costs[this.#reference.length]!;
  }

  #firstRow(): Row {
    const costs = Float64Array.from({ length: this.#reference.length + 1 }, (_, column) => column);
    return { costs, edits: new Array<Edit>(costs.length).fill('insert') };
  }

  #fill(hypothesis: readonly string[], known: readonly Row[]): readonly Row[] {
    const width = this.#reference.length;
    const slope = hypothesis.length === 0 ? 1 : width / hypothesis.length;
    const beam = BEAM_WIDTH < slope / 2 ? Math.ceil(slope / 2 + BEAM_WIDTH) : BEAM_WIDTH;
    const rows = [...known];
    for (let line = known.length; line <= hypothesis.length; line++) {
      const diagonal = Math.floor(line * slope);
      const last = line === hypothesis.length ? width + 1 : Math.min(width + 1, diagonal + beam);
      rows.push(
        this.#nextRow(rows[line - 1]!, hypothesis[line - 1]!, { first: Math.max(0, diagonal - beam), last }),
      );
    }
    return rows;
  }

  /** Where costs are equal the first of keep or substitute, delete, insert wins: the shifts depend on it. */
  #nextRow(
    above: Row,
    word: string,
    { first, last }: { readonly first: number; readonly last: number },
  ): Row {
    const costs = new Float64Array(above.costs.length).fill(Infinity);
    const edits = new Array<Edit>(above.costs.length).fill('insert');
    for (let column = first; column < last; column++) {
      const isKept = column > 0 && word === this.#reference[column - 1];
      if (column > 0) {
        costs[column] = above.costs[column - 1]! + (isKept ? 0 : 1);
        edits[column] = isKept ? 'keep' : 'substitute';
      }
      if (column === 0 || above.costs[column]! + 1 < costs[column]!) {
        costs[column] = above.costs[column]! + 1;
        edits[column] = 'delete';
      }
      if (column > 0 && costs[column - 1]! + 1 < costs[column]!) {
        costs[column] = costs[column - 1]! + 1;
        edits[column] = 'insert';
      }
    }
    return { costs, edits };
  }

  #trace(): Omit<Alignment, 'cost'> {
    const path: Edit[] = [];
    let [line, column] = [this.#rows.length - 1, this.#reference.length];
    while (line > 0 || column > 0) {
      const edit = this.#rows[line]!.edits[column]!;
      path.push(edit);
      if (edit !== 'insert') line--;
      if (edit !== 'delete') column--;
    }
    const positions: number[] = [];
    const referenceErrors: boolean[] = [];
    const hypothesisErrors: boolean[] = [];
    let position = -1;
    for (const edit of path.reverse()) {
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
}
