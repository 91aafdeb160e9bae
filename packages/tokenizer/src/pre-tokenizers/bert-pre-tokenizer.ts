import type { PreTokenizer, Words } from '../pipeline.js';
import type { AlignedText } from '../text/aligned-text.js';
import { codePointIn } from '../text/code-units.js';
import { SpanList } from '../text/span-list.js';
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
    preTokenize(text: AlignedText): Words {
      return { text, spans: cut(text, classes, punctuation) };
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

function cut({ units, length }: AlignedText, classes: Uint8Array, punctuation: CodePointSet): Int32Array {
  const spans = new SpanList((length >> 2) + 1);
  let wordStart = 0;
  for (let i = 0; i < length; i++) {
    let kind = classes[units[i]!]!;
    if (kind === LETTER) continue;
    let width = 1;
    if (kind === SURROGATE) {
      const codePoint = codePointIn(units, i, length);
      if (codePoint > 0xffff) width = 2;
      kind = punctuation.has(codePoint) ? PUNCTUATION : LETTER;
    }
    if (kind !== LETTER) {
      if (wordStart < i) spans.push(wordStart, i);
      if (kind === PUNCTUATION) spans.push(i, i + width);
      wordStart = i + width;
    }
    i += width - 1;
  }
  if (wordStart < length) spans.push(wordStart, length);
  return spans.finish();
}
