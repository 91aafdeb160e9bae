import { show, TokenizerError } from '../errors.js';
import type { Normalizer, PreTokenizer } from '../pipeline.js';
import { textOf, wholeText } from '../text/aligned-text.js';
import { stringFromUnits } from '../text/code-units.js';
import { pause } from './pause.js';

/** What the counting needs, and whom it tells. */
interface WordCountOptions {
  /** The function that errors name. */
  readonly op: string;
  readonly normalizer: Normalizer;
  /** Without one, a text is one word. */
  readonly preTokenizer: PreTokenizer | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called now and then with the number of texts and of distinct words so far. */
  readonly onProgress: (texts: number, words: number) => void;
}

/** Characters read between two pauses: some ten milliseconds of work. */
const charsPerTurn = 500_000;

/** How often each word occurs in the texts, after normalisation. */
export async function countWords(
  texts: Iterable<string> | AsyncIterable<string>,
  { op, normalizer, preTokenizer, signal, onProgress }: WordCountOptions,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  let textCount = 0;
  let charsThisTurn = 0;
  for await (const text of texts) {
    if (typeof text !== 'string') throw notText(op, text, textCount);
    const normalized = wholeText(normalizer.normalize(text, 0, text.length));
    const words = preTokenizer === undefined ? normalized : preTokenizer.preTokenize(normalized);
    const whole = textOf(words.text);
    for (let i = 0; i < words.spans.length; i += 2) {
      const start = words.spans[i]!;
      const end = words.spans[i + 1]!;
      const known = counts.get(whole.slice(start, end));
      // A new word is copied: a slice would keep its whole text alive.
      if (known === undefined) counts.set(stringFromUnits(words.text.units, start, end), 1);
      else counts.set(whole.slice(start, end), known + 1);
    }
    textCount++;
    charsThisTurn += text.length;
    if (charsThisTurn > charsPerTurn) {
      charsThisTurn = 0;
      onProgress(textCount, counts.size);
      await pause(signal);
    }
  }
  signal?.throwIfAborted();
  onProgress(textCount, counts.size);
  return counts;
}

function notText(op: string, text: unknown, index: number): TokenizerError {
  return new TokenizerError({
    code: 'bad-input',
    op,
    field: `texts[${index}]`,
    problem: `a text must be a string, got ${show(text)}`,
  });
}
