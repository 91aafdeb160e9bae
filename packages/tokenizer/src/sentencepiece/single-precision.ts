import type { Words } from '../pipeline.js';
import { encodeWord, type TextJob } from '../models/unigram.js';

/** Four roundings of single precision, relative to a sum: two paths, each off by one a piece, and some room. */
const roundingStep = 2 ** -22;

/**
 * The `precision` of a Unigram model that is SentencePiece's: a sum in single precision runs through the text. What the memo holds is what double precision
 * would choose; a word with a closer call than rounding can decide is searched anew, and so are words with unknown
 * characters, whose log probability their tokens do not tell.
 */
export function singlePrecision({ text, spans }: Words, { sink, encoder, memo }: TextJob): void {
  const { lattice, unkScore, scores } = encoder;
  let total = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const start = spans[i]!;
    const end = spans[i + 1]!;
    const from = sink.length;
    const rounding = (end - start) * roundingStep * (Math.abs(total) + (end - start) * -unkScore);
    if (memo.recall(text.units, { start, end, sink, leastMargin: rounding })) {
      for (let k = from; k < sink.length; k++) total = Math.fround(total + scores.known[sink.ids[k]!]!);
    } else {
      const hasUnknown = encodeWord(text.units, { start, end, before: total, sink, encoder });
      const margin = lattice.margin / 2; // the search was itself off by rounding
      if (!hasUnknown && margin > rounding) memo.remember(text.units, { start, end, sink, from, margin });
      total = lattice.total;
    }
    sink.wordCount++;
  }
}
