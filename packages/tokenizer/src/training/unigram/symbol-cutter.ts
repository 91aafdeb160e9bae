/**
 * Words without the symbols in them: a word is cut at each, leftmost first, the longest where several begin,
 * so that no piece can hold a part of one.
 */
export function wordsWithoutSymbols(
  words: ReadonlyMap<string, number>,
  symbols: readonly string[],
): ReadonlyMap<string, number> {
  if (symbols.length === 0) return words;
  const longestFirst = [...symbols].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escaped).join('|'), 'u');
  const rest = new Map<string, number>();
  for (const [word, count] of words) {
    const parts = pattern.test(word) ? word.split(pattern) : [word];
    for (const part of parts) rest.set(part, (rest.get(part) ?? 0) + count);
  }
  rest.delete('');
  return rest;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
