import type { PreTokenizer, Words } from '../pipeline.js';
import { codePointIn } from '../text/code-units.js';
import { Scratch } from '../text/scratch.js';
import type { SpanList } from '../text/span-list.js';
import { BERT_PUNCTUATION_RANGES, WHITE_SPACE_RANGES } from '../unicode/code-point-ranges.js';
import { parseCodePointSet, type CodePointSet } from '../unicode/code-point-set.js';

const LETTER = 0;
const SPACE = 1;
const PUNCTUATION = 2;
const SURROGATE = 3;

/** Cuts at white space, which is dropped, and makes a word of each punctuation character. */
export function createBertPreTokenizer(): PreTokenizer {
  const punctuation = parseCodePointSet(BERT_PUNCTUATION_RANGES);
  const classes = classTable(punctuation);
  return Object.freeze({
    type: 'BertPreTokenizer',
    preTokenize({ text, spans }: Words, scratch = new Scratch()): Words {
      const cuts = scratch.spans();
      for (let i = 0; i < spans.length; i += 2) {
        cut(text.units, { start: spans[i]!, end: spans[i + 1]!, classes, punctuation, cuts });
      }
      return { text, spans: cuts.finish() };
    },
    toJson: () => ({ type: 'BertPreTokenizer' }),
  });
}

/** Class of every code unit; white space beyond U+FFFF does not exist. */
function classTable(punctuation: CodePointSet): Uint8Array {
  const classes = new Uint8Array(0x10000);
  parseCodePointSet(WHITE_SPACE_RANGES).forEachRange((first, last) => classes.fill(SPACE, first, last + 1));
  punctuation.forEachRange((first, last) => {
    if (first < 0x10000) classes.fill(PUNCTUATION, first, last + 1);
  });
  return classes.fill(SURROGATE, 0xd800, 0xe000);
}

interface CutJob {
  readonly start: number;
  readonly end: number;
  readonly classes: Uint8Array;
  readonly punctuation: CodePointSet;
  readonly cuts: SpanList;
}

function cut(units: Uint16Array, { start, end, classes, punctuation, cuts }: CutJob): void {
  let wordStart = start;
  for (let i = start; i < end; i++) {
    let kind = classes[units[i]!]!;
    if (kind === LETTER) continue;
    let width = 1;
    if (kind === SURROGATE) {
      const codePoint = codePointIn(units, i, end);
      if (codePoint > 0xffff) width = 2;
      kind = punctuation.has(codePoint) ? PUNCTUATION : LETTER;
    }
    if (kind !== LETTER) {
      if (wordStart < i) cuts.push(wordStart, i);
      if (kind === PUNCTUATION) cuts.push(i, i + width);
      wordStart = i + width;
    }
    i += width - 1;
  }
  if (wordStart < end) cuts.push(wordStart, end);
}
