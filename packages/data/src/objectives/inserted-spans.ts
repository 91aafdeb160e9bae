import { checkInteger, checkOptions, optionError } from '../errors.js';
import { createRandom } from '../random/random.js';
import type { Random } from '../random/random.js';
import type { TextPair } from './text-objectives.js';
import { splitTextToWords } from './text-objectives.js';

/** Options of `insertedSpans`. */
export interface InsertedSpansOptions {
  readonly seed: number;
  /** Noisy forms of each text; default 1. */
  readonly copies?: number;
  /** The most spans that are put into a text; default 2. */
  readonly mostSpans?: number;
  /** The most words of a span; default 6. */
  readonly mostWords?: number;
  /** Share of the spans that repeat what stands before them, as speakers do; the others come from other texts. Default 0.4. */
  readonly repeatShare?: number;
}

const KNOWN = ['seed', 'copies', 'mostSpans', 'mostWords', 'repeatShare'];

/**
 * Texts with spans put in that do not belong there; the target is the text without them. What a small model learns from it first is to
 * copy, which few examples of a task do not teach. A denoising objective like T5's, on whole texts, without sentinels.
 * @param texts  of which spans are taken, too
 * @returns `copies` pairs of each text, a copy of all texts after another
 */
export function* insertedSpans(texts: readonly string[], options: InsertedSpansOptions): Generator<TextPair> {
  checkOptions('insertedSpans', options, KNOWN);
  const { seed, copies = 1, mostSpans = 2, mostWords = 6, repeatShare = 0.4 } = options;
  for (const [name, value] of Object.entries({ copies, mostSpans, mostWords }))
    checkInteger('insertedSpans', name, value, 1);
  if (!(repeatShare >= 0 && repeatShare <= 1))
    throw optionError('insertedSpans', 'repeatShare', `it is ${repeatShare}, needed a share from 0 to 1`);
  const words = texts.map(splitTextToWords);
  for (let copy = 0; copy < copies; copy++) {
    for (const [index, own] of words.entries()) {
      const random = createRandom(seed, ['inserted-spans', copy, index]);
      const noisy = withSpans(own, words, { random, mostSpans, mostWords, repeatShare });
      yield { inputs: noisy.join(' '), targets: own.join(' ') };
    }
  }
}

interface SpanSettings extends Required<
  Pick<InsertedSpansOptions, 'mostSpans' | 'mostWords' | 'repeatShare'>
> {
  readonly random: Random;
}

function withSpans(
  own: readonly string[],
  texts: readonly (readonly string[])[],
  { random, mostSpans, mostWords, repeatShare }: SpanSettings,
): readonly string[] {
  const noisy = [...own];
  const count = 1 + random.below(mostSpans);
  for (let span = 0; span < count; span++) {
    const at = random.below(noisy.length + 1);
    const length = 1 + random.below(mostWords);
    if (random.uniform() < repeatShare) {
      noisy.splice(at, 0, ...noisy.slice(Math.max(0, at - length), at));
    } else {
      const other = texts[random.below(texts.length)]!;
      const start = random.below(Math.max(1, other.length));
      noisy.splice(at, 0, ...other.slice(start, start + length));
    }
  }
  return noisy;
}
