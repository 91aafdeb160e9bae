/** Converts indices into a text as Python counts (code points) to indices as JavaScript counts (UTF-16 code units). */
export type ToCodeUnit = (codePoint: number) => number;

/**
 * The converter of one text. An index beyond the text stays beyond it.
 * Texts without characters outside the basic plane, nearly all, cost nothing.
 */
export function codeUnitIndex(text: string): ToCodeUnit {
  const pairs: number[] = []; // code point index of each surrogate pair
  let count = 0;
  if (!/[\ud800-\udbff]/.test(text)) return (index) => index;
  for (const character of text) {
    if (character.length === 2) pairs.push(count);
    count++;
  }
  return (index) => index + pairsBefore(pairs, index);
}

function pairsBefore(pairs: readonly number[], index: number): number {
  let low = 0;
  let high = pairs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pairs[middle]! < index) low = middle + 1;
    else high = middle;
  }
  return low;
}
