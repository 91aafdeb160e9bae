/** A substring: the `length` symbols at order[first … last]. */
export interface Candidate {
  readonly first: number;
  readonly last: number;
  readonly length: number;
  readonly frequency: number;
}

/** Candidates in parallel arrays; a weight is frequency times length. */
export interface CandidateTable {
  readonly firsts: Int32Array;
  readonly lasts: Int32Array;
  readonly lengths: Int32Array;
  readonly weights: Float64Array;
}

/** Keeps the heaviest candidates; among equals those that came first. */
export interface CandidateList {
  add(candidate: Candidate): void;
  heaviest(): CandidateTable;
}

/** @param limit  how many are kept; up to four times as many are held meanwhile */
export function createCandidateList(limit: number): CandidateList {
  const firsts: number[] = [];
  const lasts: number[] = [];
  const lengths: number[] = [];
  const weights: number[] = [];
  const keepHeaviest = () => {
    if (weights.length <= limit) return;
    const least = Float64Array.from(weights).sort()[weights.length - limit]!;
    let room = limit;
    for (const weight of weights) if (weight > least) room--;
    let kept = 0;
    for (let i = 0; i < weights.length; i++) {
      if (weights[i]! < least || (weights[i] === least && room-- <= 0)) continue;
      firsts[kept] = firsts[i]!;
      lasts[kept] = lasts[i]!;
      lengths[kept] = lengths[i]!;
      weights[kept++] = weights[i]!;
    }
    for (const column of [firsts, lasts, lengths, weights]) column.length = kept;
  };
  return {
    add({ first, last, length, frequency }) {
      firsts.push(first);
      lasts.push(last);
      lengths.push(length);
      weights.push(frequency * length);
      if (weights.length >= 4 * limit) keepHeaviest();
    },
    heaviest() {
      keepHeaviest();
      return {
        firsts: Int32Array.from(firsts),
        lasts: Int32Array.from(lasts),
        lengths: Int32Array.from(lengths),
        weights: Float64Array.from(weights),
      };
    },
  };
}
