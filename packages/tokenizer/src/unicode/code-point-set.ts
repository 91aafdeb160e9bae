/** Tells whether a code point belongs to a set. */
export type CodePointTest = (codePoint: number) => boolean;

/**
 * Reads the compact form of `code-point-ranges.ts`.
 * @param text  ranges "gap" or "gap:extra" in base 36, each gap counted from the end of the range before
 */
export function codePointTest(text: string): CodePointTest {
  const lasts: number[] = [];
  const sizes: number[] = [];
  let last = 0;
  for (const word of text.split(' ')) {
    const [gap, extra = '0'] = word.split(':');
    sizes.push(parseInt(extra, 36));
    lasts.push((last += parseInt(gap!, 36) + parseInt(extra, 36)));
  }
  return (codePoint) => {
    let low = 0;
    let high = lasts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (codePoint > lasts[middle]!) low = middle + 1;
      else high = middle;
    }
    return codePoint >= lasts[low]! - sizes[low]!;
  };
}

/**
 * A class of the engine as it was in the version of Unicode that Hugging Face's library has frozen.
 * @param later  what has come into the class since, in the form that `codePointTest` reads
 * @param moved  characters that have left it since
 */
export function frozenClassTest(
  pattern: RegExp,
  { later, moved }: { readonly later: string; readonly moved: string },
): CodePointTest {
  const isLater = codePointTest(later);
  return (codePoint) => {
    const char = String.fromCodePoint(codePoint);
    return moved.includes(char) || (pattern.test(char) && !isLater(codePoint));
  };
}
