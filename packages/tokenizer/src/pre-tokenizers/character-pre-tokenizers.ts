import { checkOptions, flag } from '../errors.js';
import type { PreTokenizer, Words } from '../pipeline.js';
import { codePointIn } from '../text/code-units.js';
import { SpanList } from '../text/span-list.js';
import { createPunctuationTest } from '../unicode/bert-classes.js';
import { LATER_THAN_UNICODE_16_RANGES } from '../unicode/code-point-ranges.js';
import { codePointTest } from '../unicode/code-point-set.js';
import { isWhiteSpace } from '../unicode/white-space.js';
import { delimiterBehaviors, SpanSplitter, type DelimiterBehavior } from './span-splitter.js';

/** Cuts into runs of word characters and runs of others, without white space: `\w+|[^\w\s]+`. */
export function createWhitespacePreTokenizer(): PreTokenizer {
  const isLater = codePointTest(LATER_THAN_UNICODE_16_RANGES);
  const word = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
  const classOf = classLookup((codePoint) => {
    if (isWhiteSpace(codePoint)) return SPACE;
    return word.test(String.fromCodePoint(codePoint)) && !isLater(codePoint) ? WORD : OTHER;
  });
  return stage('Whitespace', {}, ({ text, spans }) => {
    const cuts = new SpanList((text.length >> 2) + 1);
    for (let i = 0; i < spans.length; i += 2)
      cutRuns(text.units, spans[i]!, spans[i + 1]!, { classOf, cuts });
    return cuts.finish();
  });
}

const SPACE = 1;
const WORD = 2;
const OTHER = 3;

/** Cuts at white space, which is dropped. */
export function createWhitespaceSplitPreTokenizer(): PreTokenizer {
  return delimiterStage('WhitespaceSplit', {}, { isDelimiter: isWhiteSpace, behavior: 'Removed' });
}

/** What becomes of punctuation. */
export interface PunctuationOptions {
  /** Default `Isolated`. */
  readonly behavior?: DelimiterBehavior;
}

/** Cuts at punctuation: category P, and the ASCII symbols. */
export function createPunctuationPreTokenizer(options: PunctuationOptions = {}): PreTokenizer {
  checkOptions('createPunctuationPreTokenizer', options, { behavior: delimiterBehaviors });
  const { behavior = 'Isolated' } = options;
  const isDelimiter = createPunctuationTest();
  return delimiterStage('Punctuation', { behavior }, { isDelimiter, behavior });
}

/** How digits are cut off. */
export interface DigitsOptions {
  /** Makes a word of each digit, not of each number. Default false. */
  readonly individualDigits?: boolean;
}

/** Cuts numbers (category N) from what is around them. */
export function createDigitsPreTokenizer(options: DigitsOptions = {}): PreTokenizer {
  checkOptions('createDigitsPreTokenizer', options, { individualDigits: flag });
  const { individualDigits = false } = options;
  const digit = /\p{N}/u;
  return delimiterStage(
    'Digits',
    { individual_digits: individualDigits },
    {
      isDelimiter: (codePoint) => digit.test(String.fromCodePoint(codePoint)),
      behavior: individualDigits ? 'Isolated' : 'Contiguous',
    },
  );
}

function stage(
  type: string,
  settings: Readonly<Record<string, string | boolean>>,
  cut: (words: Words) => Int32Array,
): PreTokenizer {
  return Object.freeze({
    type,
    preTokenize: (words: Words): Words => ({ text: words.text, spans: cut(words) }),
    toJson: () => ({ type, ...settings }),
  });
}

function delimiterStage(
  type: string,
  settings: Readonly<Record<string, string | boolean>>,
  rule: { readonly isDelimiter: (codePoint: number) => boolean; readonly behavior: DelimiterBehavior },
): PreTokenizer {
  const classOf = classLookup((codePoint) => (rule.isDelimiter(codePoint) ? SPACE : WORD));
  return stage(type, settings, ({ text, spans }) => {
    const splitter = new SpanSplitter(rule.behavior, (text.length >> 2) + 1);
    for (let i = 0; i < spans.length; i += 2) {
      cutAtDelimiters(text.units, spans[i]!, spans[i + 1]!, { classOf, splitter });
    }
    return splitter.finish();
  });
}

/** Class of the character at `index`; units below U+D800 and above U+DFFF go through a table. */
type ClassLookup = (units: Uint16Array, index: number, end: number) => number;

function classLookup(classify: (codePoint: number) => number): ClassLookup {
  const known = new Uint8Array(0x10000);
  return (units, index, end) => {
    const unit = units[index]!;
    if ((unit & 0xf800) === 0xd800) return classify(codePointIn(units, index, end));
    return (known[unit] ||= classify(unit));
  };
}

function cutRuns(
  units: Uint16Array,
  start: number,
  end: number,
  { classOf, cuts }: { readonly classOf: ClassLookup; readonly cuts: SpanList },
): void {
  let runStart = start;
  let runClass = SPACE;
  for (let i = start; i < end; i++) {
    const own = classOf(units, i, end);
    if (own !== runClass) {
      if (runClass !== SPACE) cuts.push(runStart, i);
      runStart = i;
      runClass = own;
    }
    if (codePointIn(units, i, end) > 0xffff) i++;
  }
  if (runClass !== SPACE) cuts.push(runStart, end);
}

function cutAtDelimiters(
  units: Uint16Array,
  start: number,
  end: number,
  { classOf, splitter }: { readonly classOf: ClassLookup; readonly splitter: SpanSplitter },
): void {
  let covered = start;
  for (let i = start; i < end; i++) {
    const width = codePointIn(units, i, end) > 0xffff ? 2 : 1;
    if (classOf(units, i, end) === SPACE) {
      if (covered < i) splitter.addRest(covered, i);
      splitter.addDelimiter(i, i + width);
      covered = i + width;
    }
    i += width - 1;
  }
  if (covered < end) splitter.addRest(covered, end);
  splitter.endWord();
}
