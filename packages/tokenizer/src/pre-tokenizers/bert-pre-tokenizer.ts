import type { PreTokenizer, Words } from '../pipeline.js';
import { codePointIn, stringFromUnits } from '../text/code-units.js';
import { Scratch } from '../text/scratch.js';
import type { SpanList } from '../text/span-list.js';
import { createPunctuationTest } from '../unicode/bert-classes.js';
import type { CodePointTest } from '../unicode/code-point-set.js';
import { isWhiteSpace } from '../unicode/white-space.js';

const LETTER = 0;
const SPACE = 1;
const PUNCTUATION = 2;
const SURROGATE = 3;

/** Cuts at white space, which is dropped, and makes a word of each punctuation character. */
export function createBertPreTokenizer(): PreTokenizer {
  const isPunctuation = createPunctuationTest();
  const classes = classTable(isPunctuation);
  return Object.freeze({
    type: 'BertPreTokenizer',
    preTokenize({ text, spans }: Words, scratch = new Scratch()): Words {
      const cuts = scratch.spans();
      for (let i = 0; i < spans.length; i += 2) {
        cut(text.units, { start: spans[i]!, end: spans[i + 1]!, classes, isPunctuation, cuts });
      }
      return { text, spans: cuts.finish() };
    },
    toJson: () => ({ type: 'BertPreTokenizer' }),
  });
}

/** What may be white space or punctuation: to ask about every unit would take long. */
const candidates = /[\p{P}$+<=>^`|~\u166d\p{White_Space}]/gu;

/** Class of every code unit; white space beyond U+FFFF does not exist. */
function classTable(isPunctuation: CodePointTest): Uint8Array {
  const classes = new Uint8Array(0x10000);
  const units = new Uint16Array(0x10000);
  for (let unit = 0; unit < 0x10000; unit++) units[unit] = unit;
  for (const { 0: char, index } of stringFromUnits(units, 0, units.length).matchAll(candidates)) {
    const unit = char.charCodeAt(0);
    classes[index] = isWhiteSpace(unit) ? SPACE : isPunctuation(unit) ? PUNCTUATION : LETTER;
  }
  return classes.fill(SURROGATE, 0xd800, 0xe000);
}

interface CutJob {
  readonly start: number;
  readonly end: number;
  readonly classes: Uint8Array;
  readonly isPunctuation: CodePointTest;
  readonly cuts: SpanList;
}

function cut(units: Uint16Array, { start, end, classes, isPunctuation, cuts }: CutJob): void {
  let wordStart = start;
  for (let i = start; i < end; i++) {
    let kind = classes[units[i]!]!;
    if (kind === LETTER) continue;
    let width = 1;
    if (kind === SURROGATE) {
      const codePoint = codePointIn(units, i, end);
      if (codePoint > 0xffff) width = 2;
      kind = isPunctuation(codePoint) ? PUNCTUATION : LETTER;
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
