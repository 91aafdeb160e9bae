import { OptionError } from '@tesserae/tensor';

// Words that must occur in a beam's text, tracked as Hugging Face's constrained beam search does.

/** One of these words, each a list of ids, must occur. */
export interface WordConstraint {
  /** Sequences of ids; one of them must be written. */
  readonly words: readonly (readonly number[])[];
}

/** This run of ids must occur. @throws OptionError when it is empty */
export function phrasalConstraint(ids: readonly number[]): WordConstraint {
  return disjunctiveConstraint([ids]);
}

/** One of these runs of ids must occur. @throws OptionError for empty ones, and where one begins with another */
export function disjunctiveConstraint(words: readonly (readonly number[])[]): WordConstraint {
  if (words.length === 0 || words.some((word) => word.length === 0)) {
    throw new OptionError({
      op: 'disjunctiveConstraint',
      problem: 'a word that must occur has no ids',
      page: 'option-value',
      got: words,
    });
  }
  for (const [index, word] of words.entries()) {
    const other = words.find((longer, at) => at !== index && word.every((id, place) => longer[place] === id));
    if (other === undefined) continue;
    throw new OptionError({
      op: 'disjunctiveConstraint',
      problem: `[${other.join(', ')}] begins with [${word.join(', ')}], which is one of the words too`,
      likely: 'Leave out the longer one.',
      page: 'option-value',
      got: words,
    });
  }
  return { words };
}

/** How far a beam has come: constraints it has met, and the one it is in the middle of. */
interface Progress {
  readonly met: number;
  readonly pending: readonly WordConstraint[];
  /** The constraint that was begun, and its ids so far. */
  readonly begun: { readonly constraint: WordConstraint; readonly ids: readonly number[] } | undefined;
}

/** Where beams stand with respect to a list of constraints. */
export interface ConstraintTracker {
  /** The state after these ids. */
  after(ids: readonly number[]): ConstraintState;
}

/** Where one beam stands. */
export interface ConstraintState {
  /** True when every word has occurred. */
  readonly isMet: boolean;
  /** Tokens of progress: beams are compared with those that have the same. */
  readonly bank: number;
  /** Ids that bring the beam on, in the order of the constraints. */
  readonly advancing: readonly number[];
}

/** Follows the constraints of a call. */
export function constraintTracker(constraints: readonly WordConstraint[]): ConstraintTracker {
  const longest = Math.max(...constraints.map(lengthOf));
  const none: Progress = { met: 0, pending: constraints, begun: undefined };
  return {
    after: (ids) => {
      const progress = ids.reduce(addId, none);
      return {
        isMet: isMet(progress),
        bank:
          progress.met * longest + (progress.begun === undefined ? 0 : longest - remainingOf(progress.begun)),
        advancing: isMet(progress) ? [] : advancingOf(progress),
      };
    },
  };
}

const isMet = ({ pending, begun }: Progress): boolean => pending.length === 0 && begun === undefined;

const lengthOf = ({ words }: WordConstraint): number => Math.max(...words.map((word) => word.length));

const remainingOf = ({ constraint, ids }: NonNullable<Progress['begun']>): number =>
  lengthOf(constraint) - ids.length;

/** Ids that go on from these. */
function nextIds({ words }: WordConstraint, ids: readonly number[]): readonly number[] {
  const going = words.filter(
    (word) => word.length > ids.length && ids.every((id, place) => word[place] === id),
  );
  return Array.from(new Set(going.map((word) => word[ids.length]!)));
}

function advancingOf({ pending, begun }: Progress): readonly number[] {
  if (begun !== undefined) return nextIds(begun.constraint, begun.ids);
  return pending.flatMap((constraint) => nextIds(constraint, []));
}

/** A wrong id inside a word undoes its progress and is not looked at as the beginning of another. */
function addId(progress: Progress, id: number): Progress {
  if (isMet(progress)) return progress;
  const { met, pending, begun } = progress;
  if (begun !== undefined) {
    if (!nextIds(begun.constraint, begun.ids).includes(id)) {
      return { met, pending: [...pending, begun.constraint], begun: undefined };
    }
    return stepped(progress, { constraint: begun.constraint, ids: [...begun.ids, id] });
  }
  const constraint = pending.find((one) => nextIds(one, []).includes(id));
  if (constraint === undefined) return progress;
  const others = pending.filter((one) => one !== constraint);
  return stepped({ met, pending: others, begun: undefined }, { constraint, ids: [id] });
}

function stepped(progress: Progress, begun: NonNullable<Progress['begun']>): Progress {
  if (nextIds(begun.constraint, begun.ids).length > 0) return { ...progress, begun };
  return { ...progress, met: progress.met + 1, begun: undefined };
}
