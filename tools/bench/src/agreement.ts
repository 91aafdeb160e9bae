import type { Checked } from './workload.js';

/** What one side computed. */
interface SideResult extends Checked {
  readonly name: string;
}

/** Sides computed different things, so their times mean nothing. */
export class DisagreementError extends Error {
  override readonly name = 'DisagreementError';
}

/**
 * Compares every side with the first: ids must be equal, values within the tolerance.
 * @throws DisagreementError naming job, sides, place and both values
 */
export function requireAgreement(
  job: string,
  [first, ...others]: readonly SideResult[],
  { tolerance }: { readonly tolerance: number },
): void {
  for (const other of others) {
    const refuse = (what: string): never => {
      throw new DisagreementError(
        `${job}: ${first!.name} and ${other.name} disagree: ${what}. Nothing was timed.`,
      );
    };
    const difference =
      first!.ids === undefined ? valuesDiffer(first!, other, tolerance) : idsDiffer(first!.ids, other.ids);
    if (difference !== undefined) refuse(difference);
  }
}

type Ids = NonNullable<Checked['ids']>;

function idsDiffer(ours: Ids, theirs: Ids | undefined): string | undefined {
  if (theirs?.length !== ours.length)
    return `${ours.length} rows of ids against ${theirs?.length ?? 'no ids'}`;
  for (const [row, ids] of ours.entries()) {
    const length = Math.max(ids.length, theirs[row]!.length);
    const at = Array.from({ length }, (_, index) => index).find(
      (index) => ids[index] !== theirs[row]![index],
    );
    if (at !== undefined) return `row ${row}, token ${at}: id ${ids[at]} against ${theirs[row]![at]}`;
  }
  return undefined;
}

function valuesDiffer(first: SideResult, other: SideResult, tolerance: number): string | undefined {
  const [ours, theirs] = [first.values ?? [], other.values ?? []];
  if (ours.length === 0 || ours.length !== theirs.length) {
    return `${ours.length} values against ${theirs.length}`;
  }
  const at = ours.findIndex((value, index) => {
    const allowed = tolerance * Math.max(1, Math.abs(value));
    return !(Math.abs(value - theirs[index]!) <= allowed);
  });
  return at < 0 ? undefined : `value ${at}: ${ours[at]} against ${theirs[at]}, tolerance ${tolerance}`;
}
