/** How many tokens the best segmentation has, by a Viterbi search of its own over scored pieces. */
export function createTokenCounter(
  pieces: readonly (readonly [piece: string, score: number])[],
): (words: readonly string[]) => number {
  const scores = new Map(pieces.filter(([, score]) => score < 0));
  const longest = Math.max(...[...scores.keys()].map((piece) => piece.length));
  const unknownScore = Math.min(...scores.values()) - 10;
  const hasBytes = pieces.some(([piece]) => piece === '<0x00>');
  const known = new Map<string, number>();
  const count = (word: string): number => {
    const chars = Array.from(word);
    const best = [{ score: 0, tokens: 0 }];
    for (let end = 1; end <= chars.length; end++) {
      const bytes = hasBytes ? new TextEncoder().encode(chars[end - 1]).length : 1;
      const before = best[end - 1]!;
      best[end] = { score: before.score + unknownScore, tokens: before.tokens + bytes };
      for (let start = end - 1; start >= Math.max(0, end - longest); start--) {
        const score = scores.get(chars.slice(start, end).join(''));
        if (score === undefined || best[start]!.score + score <= best[end]!.score) continue;
        best[end] = { score: best[start]!.score + score, tokens: best[start]!.tokens + 1 };
      }
    }
    return best.at(-1)!.tokens;
  };
  return (words) => {
    let total = 0;
    for (const word of words) {
      const tokens = known.get(word) ?? count(word);
      known.set(word, tokens);
      total += tokens;
    }
    return total;
  };
}
