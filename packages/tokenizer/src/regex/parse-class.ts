import type { CharacterClasses, CharTest } from './character-class.js';
import type { PatternReader } from './pattern-reader.js';

/** What the readers of a pattern share. */
export interface ParseContext {
  readonly reader: PatternReader;
  readonly classes: CharacterClasses;
  /** Tests made so far, so that one text has one test. */
  readonly tests: Map<string, CharTest>;
}

/** A character, or a class such as `\s`. */
export type Escape = number | CharTest;

const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };
const shorthands: Readonly<Record<string, string>> = { w: 'word', s: 'space', d: 'digit', h: 'xdigit' };

/** Reads what follows a backslash where it means a character or a class. */
export function parseEscape(context: ParseContext): Escape {
  const { reader } = context;
  const hex = reader.match(/x\{([0-9a-fA-F]{1,8})\}|x([0-7][0-9a-fA-F])|u([0-9a-fA-F]{4})/y);
  if (hex !== undefined) {
    const codePoint = parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16);
    if (codePoint > 0x10ffff) throw reader.broken('a code point beyond U+10FFFF');
    return codePoint;
  }
  const property = reader.match(/([pP])\{(\^?)([^}]{1,40})\}/y);
  if (property !== undefined) {
    const [text, letter, caret, name] = property;
    const test = remember(context, name!.toLowerCase(), () => context.classes.property(name!));
    if (test === undefined) throw reader.unsupported(`the property ${name}`, text.length + 1);
    return (letter === 'P') === (caret === '^') ? test : inverted(context, name!.toLowerCase(), test);
  }
  const char = reader.next('a character after the backslash');
  if (Object.hasOwn(controls, char)) return controls[char]!;
  const name = Object.hasOwn(shorthands, char.toLowerCase()) ? shorthands[char.toLowerCase()]! : undefined;
  if (name !== undefined) {
    const test = namedClass(context, name)!;
    return char === char.toLowerCase() ? test : inverted(context, name, test);
  }
  if (/[\dxupPcCMkgRXKGyYNOoQE]/.test(char)) throw reader.unsupported(`\\${char}`, 2);
  return char.codePointAt(0)!;
}

/** The test of a name, made once. */
function namedClass(context: ParseContext, name: string): CharTest | undefined {
  return remember(context, name, () => context.classes.named(name));
}

function inverted(context: ParseContext, name: string, test: CharTest): CharTest {
  return remember(context, `^${name}`, () => (char) => !test(char))!;
}

function remember(
  { tests }: ParseContext,
  key: string,
  make: () => CharTest | undefined,
): CharTest | undefined {
  const known = tests.get(key) ?? make();
  if (known !== undefined) tests.set(key, known);
  return known;
}

/** Reads a class after its `[`: ranges, escapes, `[:name:]`, classes within, `&&`. */
export function parseClass(context: ParseContext, depth = 0): CharTest {
  const { reader } = context;
  if (depth > 20) throw reader.unsupported('a class nested more than 20 deep');
  const isInverted = reader.skip('^');
  const intersected: CharTest[] = [];
  let members: CharTest[] = [];
  for (let isFirst = true; !reader.skip(']') || isFirst; isFirst = false) {
    if (isFirst && reader.sees(']]')) reader.skip(']'); // the first of two is a character
    else if (isFirst && reader.skip(']')) throw reader.broken('an empty class');
    if (reader.skip('&&')) {
      intersected.push(anyOf(members));
      members = [];
    } else members.push(parseMember(context, depth));
  }
  const own = anyOf(members);
  const test: CharTest =
    intersected.length === 0 ? own : (char) => own(char) && intersected.every((other) => other(char));
  return isInverted ? (char) => !test(char) : test;
}

function anyOf(tests: readonly CharTest[]): CharTest {
  return tests.length === 1 ? tests[0]! : (char) => tests.some((test) => test(char));
}

function parseMember(context: ParseContext, depth: number): CharTest {
  const { reader } = context;
  const posix = reader.match(/\[:(\^?)(\w+):\]/y);
  if (posix !== undefined) {
    const test = namedClass(context, posix[2]!);
    if (test === undefined) throw reader.unsupported(posix[0], posix[0].length);
    return posix[1] === '^' ? inverted(context, posix[2]!, test) : test;
  }
  if (reader.skip('[')) return parseClass(context, depth + 1);
  const first = parseClassChar(context);
  if (typeof first !== 'number') return first;
  const range = reader.match(/-(?!\]|\[|&&)/y);
  if (range === undefined) return (char) => char === first;
  const last = parseClassChar(context);
  if (typeof last !== 'number') return (char) => char === first || char === 0x2d || last(char);
  if (last < first) throw reader.broken('a range that runs backwards');
  return (char) => char >= first && char <= last;
}

function parseClassChar(context: ParseContext): Escape {
  const char = context.reader.next('the ] of a class');
  if (char !== '\\') return char.codePointAt(0)!;
  return context.reader.skip('b') ? 8 : parseEscape(context);
}
