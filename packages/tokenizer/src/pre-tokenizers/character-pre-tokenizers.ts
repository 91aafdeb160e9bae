import { checkChoice, checkOptions } from '../errors.js';
import type { PreTokenizer, Words } from '../pipeline.js';
import { codePointIn } from '../text/code-units.js';
import { Scratch } from '../text/scratch.js';
import type { SpanList } from '../text/span-list.js';
import {
  BERT_PUNCTUATION_RANGES,
  LATER_THAN_UNICODE_16_RANGES,
  WHITE_SPACE_RANGES,
} from '../unicode/code-point-ranges.js';
import { parseCodePointSet } from '../unicode/code-point-set.js';
import { delimiterBehaviors, SpanSplitter, type DelimiterBehavior } from './span-splitter.js';

/** Cuts into runs of word characters and runs of others, without white space: `\w+|[^\w\s]+`. */
export function createWhitespacePreTokenizer(): PreTokenizer {
  const spaces = parseCodePointSet(WHITE_SPACE_RANGES);
  const later = parseCodePointSet(LATER_THAN_UNICODE_16_RANGES);
  const word = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
  const classes = classLookup((codePoint) => {
    if (spaces.has(codePoint)) return SPACE;
    return word.test(String.fromCodePoint(codePoint)) && !later.has(codePoint) ? WORD : OTHER;
  });
  return stage('Whitespace', {}, ({ text, spans }, cuts) => {
    for (let i = 0; i < spans.length; i += 2)
      cutRuns(text.units, spans[i]!, spans[i + 1]!, { classes, cuts });
  });
}

const SPACE = 1;
const WORD = 2;
const OTHER = 3;

/** Cuts at white space, which is dropped. */
export function createWhitespaceSplitPreTokenizer(): PreTokenizer {
  const spaces = parseCodePointSet(WHITE_SPACE_RANGES);
  return delimiterStage('WhitespaceSplit', {}, { isDelimiter: spaces.has, behavior: 'Removed' });
}

/** What becomes of punctuation. */
export interface PunctuationOptions {
  /** Default `Isolated`. */
  readonly behavior?: DelimiterBehavior;
}

/** Cuts at punctuation: category P, and the ASCII symbols. */
export function createPunctuationPreTokenizer(options: PunctuationOptions = {}): PreTokenizer {
  const op = 'createPunctuationPreTokenizer';
  checkOptions(op, options, ['behavior']);
  checkChoice(op, 'behavior', options.behavior, delimiterBehaviors);
  const { behavior = 'Isolated' } = options;
  const punctuation = parseCodePointSet(BERT_PUNCTUATION_RANGES);
  return delimiterStage('Punctuation', { behavior }, { isDelimiter: punctuation.has, behavior });
}

/** How digits are cut off. */
export interface DigitsOptions {
  /** Makes a word of each digit, not of each number. Default false. */
  readonly individualDigits?: boolean;
}

/** Cuts numbers (category N) from what is around them. */
export function createDigitsPreTokenizer(options: DigitsOptions = {}): PreTokenizer {
  const op = 'createDigitsPreTokenizer';
  checkOptions(op, options, ['individualDigits']);
  checkChoice(op, 'individualDigits', options.individualDigits, [true, false]);
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
  let runStart = start;
  let runClass = SPACE;
  for (let i = start; i < end; i++) {
    const own = classes.known[units[i]!]! || classes.at(units, i, end);
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
