import type { ErrorFacts } from '@tesserae/tensor';
import { TesseraeError } from '@tesserae/tensor';

/** A backend that computes, keeps or refuses something else than the contract says. */
export class MismatchError extends TesseraeError {}

/**
 * Checks a condition of the contract.
 * @throws MismatchError with `facts`
 */
export function requireThat(condition: boolean, facts: ErrorFacts): asserts condition {
  if (!condition) throw new MismatchError(facts);
}

type ErrorClass = abstract new (facts: ErrorFacts) => Error;

/**
 * Runs `body`, which must fail with an error of one of `classes` whose message contains `text`.
 * @throws MismatchError when it does not fail, or fails otherwise
 */
export async function requireError(
  body: () => unknown,
  {
    op,
    classes,
    text = '',
  }: { readonly op: string; readonly classes: readonly ErrorClass[]; readonly text?: string },
): Promise<void> {
  const needed = `${classes.map((type) => type.name).join(' or ')}${text === '' ? '' : ` naming '${text}'`}`;
  let caught: unknown;
  try {
    await body();
  } catch (error) {
    caught = error;
  }
  if (caught === undefined)
    throw new MismatchError({ op, problem: `nothing was thrown, needed ${needed}`, needed });
  const fits =
    caught instanceof Error &&
    classes.some((type) => caught instanceof type) &&
    caught.message.includes(text);
  if (!fits)
    throw new MismatchError({
      op,
      problem: `threw ${String(caught)}, needed ${needed}`,
      needed,
      cause: caught,
    });
}
