/** Median and range of some figures. */
export interface Rates {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Median and range. */
export function rates(values: readonly number[]): Rates {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return {
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    least: sorted[0]!,
    most: sorted.at(-1)!,
  };
}

/** Work whose result is a number, so that it cannot be left out. */
type Work = () => number | Promise<number>;

/** Times two sides by turns; both must do the same work. @returns seconds of each round */
export async function measure(
  { ours, rust }: { readonly ours: Work; readonly rust: Work },
  { rounds }: { readonly rounds: number },
): Promise<{ readonly ours: readonly number[]; readonly rust: readonly number[] }> {
  const times = { ours: [] as number[], rust: [] as number[] };
  const counts = new Set<number>();
  for (let round = -1; round < rounds; round++) {
    for (const [side, work] of [
      ['ours', ours],
      ['rust', rust],
    ] as const) {
      const start = performance.now();
      counts.add(await work());
      if (round >= 0) times[side].push((performance.now() - start) / 1000); // the first round warms up
    }
  }
  if (counts.size === 1) return times;
  throw new Error(`the two sides counted ${[...counts].join(' and ')} tokens`);
}
