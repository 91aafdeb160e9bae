import { TokenizerError } from './errors.js';

/** Which text loses tokens: the longer one until both are equal, only the first, or only the second. */
export type TruncationStrategy = 'longestFirst' | 'onlyFirst' | 'onlySecond';

/** Lengths of the two texts in tokens; `second` is undefined when there is no pair. */
interface PairLengths {
  readonly first: number;
  readonly second: number | undefined;
}

/** A window of a text: tokens [from, to). */
interface TokenWindow {
  readonly from: number;
  readonly to: number;
}

/** How windows are laid. */
interface WindowRules {
  readonly kept: number;
  readonly stride: number;
  /** The end that is cut: windows begin at the other. */
  readonly side: 'right' | 'left';
  readonly isOnlyFirst: boolean;
}

/**
 * The windows of `kept` tokens over `length` tokens, each sharing `stride` tokens with the one before; only the
 * first when there is nothing left over.
 * @throws TokenizerError (bad-length) when windows would not move on
 */
export function tokenWindows(
  length: number,
  { kept, stride, side, isOnlyFirst }: WindowRules,
): readonly TokenWindow[] {
  if (kept >= length) return [{ from: 0, to: length }];
  if (stride >= kept && !isOnlyFirst) {
    const problem = `windows of ${kept} tokens cannot share ${stride}`;
    const remedy = 'a smaller stride, or a larger maxLength: special tokens count, too.';
    throw new TokenizerError({ code: 'bad-length', op: 'encode', field: 'stride', problem, remedy });
  }
  const windows: TokenWindow[] = [];
  for (let done = 0; ; done += kept - stride) {
    const end = Math.min(length, done + kept);
    windows.push(side === 'right' ? { from: done, to: end } : { from: length - end, to: length - done });
    if (end === length || isOnlyFirst) return windows;
  }
}

/**
 * The lengths both texts are cut to, so that together they have at most `room` tokens.
 * @throws TokenizerError (bad-length) when the text that may be cut is not long enough to make room
 */
export function truncatedLengths(
  lengths: PairLengths,
  { room, strategy }: { readonly room: number; readonly strategy: TruncationStrategy },
): PairLengths {
  const { first, second } = lengths;
  const excess = first + (second ?? 0) - room;
  if (excess <= 0) return lengths;
  if (strategy === 'longestFirst') {
    return second === undefined ? { first: room, second } : cutLonger(first, second, room);
  }
  const isFirst = strategy === 'onlyFirst';
  const target = (isFirst ? first : (second ?? 0)) - excess;
  if (target > 0) return isFirst ? { first: target, second } : { first, second: target };
  const text = isFirst ? `first text has ${first}` : `second text has ${second ?? 'not been given'}`;
  const problem = `${excess} tokens must go, but the ${text}`;
  const remedy = "another maxLength, or truncation: 'longestFirst'.";
  throw new TokenizerError({ code: 'bad-length', op: 'encode', field: 'truncation', problem, remedy });
}

/**
 * The longer text gives way first; from equal lengths on, both do, and the odd token is as in Hugging Face.
 */
function cutLonger(first: number, second: number, room: number): PairLengths {
  const isSwapped = first > second;
  let shorter = Math.min(first, second);
  let longer = shorter > room ? shorter : Math.max(shorter, room - shorter);
  if (shorter + longer > room) {
    shorter = Math.floor(room / 2);
    longer = room - shorter;
  }
  return isSwapped ? { first: longer, second: shorter } : { first: shorter, second: longer };
}
