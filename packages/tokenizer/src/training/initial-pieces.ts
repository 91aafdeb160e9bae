/** Pieces so far. */
export interface Pieces {
  readonly tokens: string[];
  /** Characters that words may consist of. */
  readonly alphabet: ReadonlySet<string>;
  /** The id of a token, which is added when it is new. */
  idOf(token: string): number;
}

/** What the vocabulary begins with; the meaning of each is in TrainWordPieceOptions. */
interface AlphabetOptions {
  readonly limitAlphabet: number;
  readonly initialAlphabet: string;
  readonly specialTokens: readonly string[];
  readonly continuingSubwordPrefix: string;
}

/** Special tokens, then the alphabet by code point, then the continuing characters that occur. */
export function initialPieces(counts: ReadonlyMap<string, number>, options: AlphabetOptions): Pieces {
  const { limitAlphabet, initialAlphabet, specialTokens, continuingSubwordPrefix: prefix } = options;
  const frequency = new Map<string, number>();
  const continuing = new Set<string>();
  for (const [word, count] of counts) {
    let isFirst = true;
    for (const char of word) {
      frequency.set(char, (frequency.get(char) ?? 0) + count);
      if (!isFirst) continuing.add(char);
      isFirst = false;
    }
  }
  for (const char of initialAlphabet) frequency.set(char, Infinity);
  const byFrequency = [...frequency].sort(([a, countA], [b, countB]) =>
    countA === countB ? compareChars(a, b) : countB - countA,
  );
  const alphabet = byFrequency.slice(0, limitAlphabet).map(([char]) => char);
  alphabet.sort(compareChars);
  const tokens: string[] = [];
  const ids = new Map<string, number>();
  const idOf = (token: string) => {
    const known = ids.get(token);
    if (known !== undefined) return known;
    ids.set(token, tokens.length);
    return tokens.push(token) - 1;
  };
  for (const token of [...specialTokens, ...alphabet]) idOf(token);
  for (const char of alphabet) if (continuing.has(char)) idOf(prefix + char);
  return { tokens, alphabet: new Set(alphabet), idOf };
}

function compareChars(a: string, b: string): number {
  return a.codePointAt(0)! - b.codePointAt(0)!;
}
