import { hasLongVariant, ignoringCase, type CharacterClasses, type CharTest } from './character-class.js';
import type { PatternReader } from './pattern-reader.js';

/** What the readers of a pattern share. */
export interface ParseContext {
  readonly reader: PatternReader;
  readonly classes: CharacterClasses;
  /** Tests made so far, so that one text has one test. */
  readonly tests: Map<string, CharTest>;
}

/** A character, or a class such as `\s`. */
type Escape = number | CharTest;

const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };
const shorthands: Readonly<Record<string, string>> = { w: 'word', s: 'space', d: 'digit', h: 'xdigit' };

/** Where an expression stands in a pattern. */
export interface Surroundings {
  /** `i` is switched on. */
  readonly ignoresCase: boolean;
  /** Number of groups or classes around it. */
  readonly depth: number;
}

/** Reads what follows a backslash where it means a character or a class. */
export function parseEscape(context: ParseContext, { isInClass }: { readonly isInClass: boolean }): Escape {
  const { reader, classes } = context;
  const hex = reader.match(/x\{([0-9a-fA-F]{1,8})\}|x([0-7][0-9a-fA-F])|u([0-9a-fA-F]{4})/y);
  if (hex !== undefined) {
    const codePoint = parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16);
    if (codePoint > 0x10ffff) throw reader.broken('a code point beyond U+10FFFF');
    return codePoint;
  }
  const property = reader.match(/([pP])\{(\^?)([^}]{1,40})\}/y);
  if (property !== undefined) {
    const [text, letter, caret, given] = property;
    const name = given!.toLowerCase() === 'word' && !isInClass ? 'loneword' : given!;
    const isInverted = (letter === 'P') !== (caret === '^');
    const test = remember(context, { name: `p ${name}`, isInverted }, () => classes.property(name));
    if (test === undefined) throw reader.unsupported(`the property ${name}`, text.length + 1);
    return test;
  }
  const char = reader.next('a character after the backslash');
  const lower = char.toLowerCase();
  if (Object.hasOwn(controls, char)) return controls[char]!;
  if (Object.hasOwn(shorthands, lower)) {
    const name = lower === 'w' && !isInClass ? 'loneword' : shorthands[lower]!;
    return remember(context, { name, isInverted: char !== lower }, () => classes.named(name))!;
  }
  if (/[\dxupPcCMkgRXKGyYNOoQE]/.test(char)) throw reader.unsupported(`\\${char}`, 2);
  return char.codePointAt(0)!;
}

/** The test of a name, made once, so that what one name says is kept in one place. */
function remember(
  { tests }: ParseContext,
  { name, isInverted }: { readonly name: string; readonly isInverted: boolean },
  make: () => CharTest | undefined,
): CharTest | undefined {
  const key = isInverted ? `not ${name}` : name;
  let test = tests.get(key);
  if (test === undefined) {
    const plain = make();
    if (plain === undefined) return undefined;
    tests.set(key, (test = isInverted ? (char) => !plain(char) : plain));
  }
  return test;
}

const MAX_DEPTH = 20;

/** Reads a class after its `[`: ranges, escapes, `[:name:]`, classes within, `&&`. */
export function parseClass(context: ParseContext, { ignoresCase, depth }: Surroundings): CharTest {
  const { reader } = context;
  if (depth > MAX_DEPTH) throw reader.unsupported(`a class nested more than ${MAX_DEPTH} deep`);
  const isInverted = reader.skip('^');
  const intersected: CharTest[] = [];
  let members: CharTest[] = [];
  if (reader.match(/\](?![^]*\])/y) !== undefined) throw reader.broken('an empty class');
  if (reader.skip(']')) members.push((char) => char === 0x5d); // a first ] is a character
  while (!reader.skip(']')) {
    if (reader.skip('&&')) {
      intersected.push(anyOf(members));
      members = [];
    } else members.push(parseMember(context, { ignoresCase, depth: depth + 1 }));
  }
  const own = anyOf(members);
  const all: CharTest =
    intersected.length === 0 ? own : (char) => own(char) && intersected.every((other) => other(char));
  const test = ignoresCase ? ignoringCase(all) : all;
  return isInverted ? (char) => !test(char) : test;
}

function anyOf(tests: readonly CharTest[]): CharTest {
  return tests.length === 1 ? tests[0]! : (char) => tests.some((test) => test(char));
}

function parseMember(context: ParseContext, surroundings: Surroundings): CharTest {
  const { reader, classes } = context;
  const posix = reader.match(/\[:(\^?)(\w+):\]/y);
  if (posix !== undefined) {
    const [text, caret, name] = posix;
    const test = remember(context, { name: name!, isInverted: caret === '^' }, () => classes.named(name!));
    if (test === undefined) throw reader.unsupported(text, text.length);
    return test;
  }
  if (reader.skip('[')) return parseClass(context, surroundings);
  const first = parseClassChar(context);
  const isRange = reader.match(/-(?!\]|\[|&&)/y) !== undefined;
  const last = isRange ? parseClassChar(context) : first;
  if (typeof first !== 'number' && !isRange) return first;
  if (typeof first !== 'number' || typeof last !== 'number')
    throw reader.broken('a range from or to a class');
  if (last < first) throw reader.broken('a range that runs backwards');
  if (surroundings.ignoresCase) refuseLongVariants(context, first, last);
  return (char) => char >= first && char <= last;
}

function refuseLongVariants({ reader }: ParseContext, first: number, last: number): void {
  if (last - first > 0x2000) throw reader.unsupported('so long a range without regard to case');
  for (let char = first; char <= last; char++) {
    if (hasLongVariant(char))
      throw reader.unsupported(`a class with "${String.fromCodePoint(char)}" without regard to case`);
  }
}

function parseClassChar(context: ParseContext): Escape {
  const char = context.reader.next('the ] of a class');
  if (char !== '\\') return char.codePointAt(0)!;
  return context.reader.skip('b') ? 8 : parseEscape(context, { isInClass: true });
}
