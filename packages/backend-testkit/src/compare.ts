import type { DType, HostTensor } from '@tesserae/tensor';
import { equalSpecs, formatSpec, readElement, stridesOf } from '@tesserae/tensor';
import { MismatchError } from './mismatch-error.js';

/** Two numbers agree when |got - needed| <= atol + rtol·|needed|. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** Tolerance of each dtype. */
export type Tolerances = { readonly [D in DType]: Tolerance };

const exact = { rtol: 0, atol: 0 };

/**
 * Two correct backends differ by the order of their sums and the last bits of exp or tanh: a few dozen units in the
 * last place of f32, one or two of the 16-bit formats per rounding step. Integers and booleans agree exactly.
 */
export const DEFAULT_TOLERANCES: Tolerances = {
  f32: { rtol: 2e-5, atol: 1e-5 },
  f16: { rtol: 1e-2, atol: 1e-2 },
  bf16: { rtol: 5e-2, atol: 5e-2 },
  f64: { rtol: 1e-9, atol: 1e-9 },
  i32: exact,
  i8: exact,
  u8: exact,
  bool: exact,
};

/** How far a tensor is from the one that was needed. */
export interface Comparison {
  readonly isClose: boolean;
  readonly maxAbs: number;
  readonly maxRel: number;
  /** Position of the worst element, by its share of the tolerance; undefined when all are equal. */
  readonly worstAt: readonly number[] | undefined;
  /** All of it in a few lines, with the first values of both. */
  readonly report: string;
}

/** Elements of each side that the report shows. */
const SHOWN = 6;

/** Compares `got` with `needed`; NaN agrees with NaN, an infinity with itself only. */
export function compareTensors(got: HostTensor, needed: HostTensor, { rtol, atol }: Tolerance): Comparison {
  if (!equalSpecs(got, needed)) {
    const report = `got ${formatSpec(got)}, needed ${formatSpec(needed)}`;
    return { isClose: false, maxAbs: NaN, maxRel: NaN, worstAt: undefined, report };
  }
  let [maxAbs, maxRel, worst, worstIndex, failures] = [0, 0, 0, -1, 0];
  for (let index = 0; index < needed.data.length; index++) {
    const [x, y] = [readElement(got, index), readElement(needed, index)];
    if (Object.is(x, y) || x === y) continue;
    const difference = Math.abs(x - y);
    const abs = Number.isNaN(difference) ? Infinity : difference;
    const share = abs / (atol + rtol * Math.abs(y)); // 0 / 0 cannot be: equal values were passed over
    if (!(share <= 1)) failures++;
    maxAbs = Math.max(maxAbs, abs);
    maxRel = Math.max(maxRel, abs / Math.abs(y));
    if (!(share <= worst)) [worst, worstIndex] = [Number.isNaN(share) ? Infinity : share, index];
  }
  const worstAt = worstIndex < 0 ? undefined : positionOf(worstIndex, needed.shape);
  const report = describe(got, needed, { maxAbs, maxRel, failures, worstIndex, worstAt, rtol, atol });
  return { isClose: failures === 0, maxAbs, maxRel, worstAt, report };
}

interface Findings extends Tolerance {
  readonly maxAbs: number;
  readonly maxRel: number;
  readonly failures: number;
  readonly worstIndex: number;
  readonly worstAt: readonly number[] | undefined;
}

function describe(got: HostTensor, needed: HostTensor, findings: Findings): string {
  const { maxAbs, maxRel, failures, worstIndex, worstAt, rtol, atol } = findings;
  if (worstAt === undefined) return `equal: ${formatSpec(got)}`;
  const first = (tensor: HostTensor): string =>
    Array.from({ length: Math.min(SHOWN, tensor.data.length) }, (_, index) =>
      readElement(tensor, index),
    ).join(', ');
  return [
    `${failures} of ${needed.data.length} elements of ${formatSpec(needed)} differ by more than rtol ${rtol}, atol ${atol}`,
    `  largest difference ${maxAbs} (relative ${maxRel})`,
    `  worst at [${worstAt.join(',')}]: got ${readElement(got, worstIndex)}, needed ${readElement(needed, worstIndex)}`,
    `  first values got    ${first(got)}`,
    `  first values needed ${first(needed)}`,
  ].join('\n');
}

function positionOf(index: number, shape: readonly number[]): readonly number[] {
  let rest = index;
  return stridesOf(shape).map((stride) => {
    const position = Math.floor(rest / stride);
    rest %= stride;
    return position;
  });
}

/** @throws MismatchError with the comparison's report when a tensor is too far from the one needed */
export function requireClose(
  got: HostTensor,
  needed: HostTensor,
  { op, tolerances }: { readonly op: string; readonly tolerances: Tolerances },
): void {
  const comparison = compareTensors(got, needed, tolerances[needed.dtype]);
  if (!comparison.isClose) throw new MismatchError({ op, problem: comparison.report, got, needed });
}
