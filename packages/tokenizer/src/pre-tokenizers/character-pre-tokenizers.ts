import { checkOptions, flag } from '../errors.js';
import type { PreTokenizer, Words } from '../pipeline.js';
import { codePointIn } from '../text/code-units.js';
import { Scratch } from '../text/scratch.js';
import type { SpanList } from '../text/span-list.js';
import { createPunctuationTest } from '../unicode/bert-classes.js';
import { LATER_THAN_UNICODE_16_RANGES } from '../unicode/code-point-ranges.js';
import { codePointTest } from '../unicode/code-point-set.js';
import { isWhiteSpace } from '../unicode/white-space.js';
import { delimiterBehaviors, SpanSplitter, type DelimiterBehavior } from './span-splitter.js';

/** Cuts into runs of word characters and runs of others, without white space: `\w+|[^\w\s]+`. */
export function createWhitespacePreTokenizer(): PreTokenizer {
  const isLater = codePointTest(LATER_THAN_UNICODE_16_RANGES);
  const word = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
  const classes = classLookup((codePoint) => {
    if (isWhiteSpace(codePoint)) return SPACE;
    return word.test(String.fromCodePoint(codePoint)) && !isLater(codePoint) ? WORD : OTHER;
  });
  return runStage('Whitespace', classes);
}

const SPACE = 1;
const WORD = 2;
const OTHER = 3;

/** Cuts at white space, which is dropped. */
export function createWhitespaceSplitPreTokenizer(): PreTokenizer {
  return runStage(
    'WhitespaceSplit',
    classLookup((codePoint) => (isWhiteSpace(codePoint) ? SPACE : WORD)),
  );
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
  cut: (words: Words, cuts: SpanList) => void,
): PreTokenizer {
  return Object.freeze({
    type,
    preTokenize(words: Words, scratch = new Scratch()): Words {
      const cuts = scratch.spans();
      cut(words, cuts);
      return { text: words.text, spans: cuts.finish() };
    },
    toJson: () => ({ type, ...settings }),
  });
}

function runStage(type: string, classes: Classes): PreTokenizer {
  return stage(type, {}, ({ text, spans }, cuts) => {
    for (let i = 0; i < spans.length; i += 2)
      cutRuns(text.units, spans[i]!, spans[i + 1]!, { classes, cuts });
  });
}

function delimiterStage(
  type: string,
  settings: Readonly<Record<string, string | boolean>>,
  rule: { readonly isDelimiter: (codePoint: number) => boolean; readonly behavior: DelimiterBehavior },
): PreTokenizer {
  const classes = classLookup((codePoint) => (rule.isDelimiter(codePoint) ? SPACE : WORD));
  return stage(type, settings, ({ text, spans }, cuts) => {
    const splitter = new SpanSplitter(rule.behavior, cuts);
    for (let i = 0; i < spans.length; i += 2) {
      cutAtDelimiters(text.units, spans[i]!, spans[i + 1]!, { classes, splitter });
    }
  });
}

/** Classes of characters, found when first met. */
interface Classes {
  /** By code unit; 0 where `at` must be asked. */
  readonly known: Uint8Array;
  /** Class of the character that begins at `index`. */
  at(units: Uint16Array, index: number, end: number): number;
}

function classLookup(classify: (codePoint: number) => number): Classes {
  const known = new Uint8Array(0x10000);
  return {
    known,
    at(units, index, end) {
      const unit = units[index]!;
      if ((unit & 0xf800) === 0xd800) return classify(codePointIn(units, index, end));
      return (known[unit] = classify(unit));
    },
  };
}

function cutRuns(
  units: Uint16Array,
  start: number,
  end: number,
  { classes, cuts }: { readonly classes: Classes; readonly cuts: SpanList },
): void {
  const { known } = classes;
  let runStart = start;
  let runClass = SPACE;
  for (let i = start; i < end; i++) {
    const at = i;
    let own = known[units[i]!]!;
    if (own === 0) {
      own = classes.at(units, i, end);
      if (codePointIn(units, i, end) > 0xffff) i++;
    }
    if (own === runClass) continue;
    if (runClass !== SPACE) cuts.push(runStart, at);
    runStart = at;
    runClass = own;
  }
  if (runClass !== SPACE) cuts.push(runStart, end);
}

function cutAtDelimiters(
  units: Uint16Array,
  start: number,
  end: number,
  { classes, splitter }: { readonly classes: Classes; readonly splitter: SpanSplitter },
): void {
  const { known } = classes;
  let covered = start;
  for (let i = start; i < end; i++) {
    const own = known[units[i]!]! || classes.at(units, i, end);
    if (own === SPACE) {
      const width = codePointIn(units, i, end) > 0xffff ? 2 : 1;
      if (covered < i) splitter.addRest(covered, i);
      splitter.addDelimiter(i, i + width);
      covered = i + width;
      i = covered - 1;
    }
  }
  if (covered < end) splitter.addRest(covered, end);
  splitter.endWord();
}
