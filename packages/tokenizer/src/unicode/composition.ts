import { createLaterTest, type Part } from './canonical-order.js';

/** Makes the composition of NFC and NFKC: joins starters with what follows them and is not blocked. */
export function createComposer(): (parts: readonly Part[]) => Part[] {
  const isLater = createLaterTest();
  return (parts) =>
    composeParts(parts, (first, second) => {
      const composed = String.fromCodePoint(first, second).normalize('NFC');
      const codePoint = composed.codePointAt(0)!;
      return composed.length === (codePoint > 0xffff ? 2 : 1) && !isLater(codePoint) ? codePoint : undefined;
    });
}

/** Unicode standard, D117. */
function composeParts(
  parts: readonly Part[],
  compose: (first: number, second: number) => number | undefined,
): Part[] {
  const result: Part[] = [];
  let starter = -1;
  let lastRank = 0;
  for (const part of parts) {
    const isBlocked = starter < 0 || (starter < result.length - 1 && lastRank >= part.rank);
    const composed = isBlocked ? undefined : compose(result[starter]!.codePoint, part.codePoint);
    if (composed !== undefined) {
      const taken = result[starter]!.taken + part.taken;
      result[starter] = { codePoint: composed, rank: 0, taken };
      continue;
    }
    if (part.rank === 0) starter = result.length;
    lastRank = part.rank;
    result.push(part);
  }
  return result;
}
