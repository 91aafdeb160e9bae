import type { CodePoints } from './code-points.js';
import {
  ALL_CODE_POINTS,
  CLASS_ESCAPES,
  LINE_ENDS,
  codePoints,
  codePointsOf,
  complementOf,
  propertyCodePoints,
} from './code-points.js';
import type { Expression } from './expression.js';
import { character, choice, repeat, sequence } from './expression.js';
import { SyntaxReader } from './syntax-reader.js';

// Regular expressions as JavaScript writes them, with the flag u: characters, classes, escapes, groups, alternatives
// and repetition. What no finite automaton can do (back-references, look-around) is refused.

/** What a pattern says, and whether it names the start and the end of the text. */
interface RegexSyntax {
  readonly expression: Expression;
  readonly hasStart: boolean;
  readonly hasEnd: boolean;
}

const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', '0': '\0' };

/**
 * Reads a pattern.
 * @throws OptionError for what is malformed or not understood, with its place
 */
export function parseRegex(pattern: string): RegexSyntax {
  const reader = new SyntaxReader(pattern, { page: 'regex-syntax' });
  const hasStart = reader.take('^');
  const options = alternatives(reader);
  const hasEnd = reader.take('$');
  if (reader.peek() === ')') reader.fail("')' closes nothing");
  if (!reader.isAtEnd) reader.fail("'$' stands elsewhere than at the end");
  if (options.length > 1 && (hasStart || hasEnd)) {
    reader.fail("'^' and '$' belong to one alternative only: write ^(?:a|b)$");
  }
  return { expression: choice(...options), hasStart, hasEnd };
}

function alternatives(reader: SyntaxReader): readonly Expression[] {
  const options = [terms(reader)];
  while (reader.take('|')) options.push(terms(reader));
  return options;
}

function terms(reader: SyntaxReader): Expression {
  const parts: Expression[] = [];
  while (!reader.isAtEnd && !['|', ')', '$'].includes(reader.peek())) parts.push(term(reader));
  return sequence(...parts);
}

function term(reader: SyntaxReader): Expression {
  const part = atom(reader);
  const bounds = reader.bounds();
  if (bounds === undefined) return part;
  reader.take('?'); // as few as possible: the same texts
  if (['*', '+', '?', '{'].includes(reader.peek())) reader.fail('a repetition of a repetition');
  return repeat(part, ...bounds);
}

function atom(reader: SyntaxReader): Expression {
  const letter = reader.next();
  if (letter === '(') return group(reader);
  if (letter === '[') return character(characterClass(reader));
  if (letter === '.') return character(complementOf(LINE_ENDS));
  if (letter === '\\') return character(escapedSet(reader));
  if (letter === '^') reader.fail("'^' stands elsewhere than at the start");
  if ('*+?{'.includes(letter)) reader.fail(`'${letter}' repeats nothing`);
  if (']}'.includes(letter)) reader.fail(`'${letter}' closes nothing; write \\${letter}`);
  return character(codePointsOf(letter));
}

function group(reader: SyntaxReader): Expression {
  if (reader.take('?') && !reader.take(':')) {
    if (!reader.take('<') || '=!'.includes(reader.peek())) reader.fail('look-around and flags of a group');
    reader.takeWhile(/[^>]/);
    reader.expect('>');
  }
  const options = alternatives(reader);
  if (reader.peek() === '$') reader.fail("'$' stands elsewhere than at the end");
  reader.expect(')');
  return choice(...options);
}

/** The set that a backslash begins; the backslash has been taken. */
function escapedSet(reader: SyntaxReader): CodePoints {
  const letter = reader.next();
  const named = CLASS_ESCAPES[letter.toLowerCase()];
  if (named !== undefined && 'dwsDWS'.includes(letter)) {
    return letter === letter.toLowerCase() ? named : complementOf(named);
  }
  if (letter === 'p' || letter === 'P') return property(reader, letter === 'P');
  return codePointsOf(escapedLetter(reader, letter));
}

function escapedLetter(reader: SyntaxReader, letter: string): string {
  const codePoint = letter === 'U' ? undefined : reader.codePointEscape(letter);
  if (codePoint !== undefined) return String.fromCodePoint(codePoint);
  if (Object.hasOwn(CONTROLS, letter) && !(letter === '0' && /\d/.test(reader.peek())))
    return CONTROLS[letter]!;
  if (/[\p{L}\p{N}]/u.test(letter))
    reader.fail(`the escape \\${letter} (a back-reference, a boundary or unknown)`);
  return letter;
}

function property(reader: SyntaxReader, isNegated: boolean): CodePoints {
  reader.expect('{');
  const name = reader.takeWhile(/[\w=]/);
  reader.expect('}');
  const set = propertyCodePoints(name) ?? reader.fail(`there is no Unicode property '${name}'`);
  return isNegated ? complementOf(set) : set;
}

/** A class in brackets; the opening one has been taken. */
function characterClass(reader: SyntaxReader): CodePoints {
  const isNegated = reader.take('^');
  const ranges: CodePoints[number][] = [];
  while (!reader.take(']')) {
    const low = classItem(reader);
    const isRange = reader.peek() === '-' && reader.peek(1) !== ']';
    if (!isRange) {
      ranges.push(...low);
      continue;
    }
    reader.next();
    const high = classItem(reader);
    const [from, to] = [onlyOne(low), onlyOne(high)];
    if (from === undefined || to === undefined || from > to) {
      reader.fail('a range in brackets goes from a character to a later one');
    }
    ranges.push([from, to]);
  }
  const set = codePoints(ranges);
  return isNegated ? complementOf(set) : set;
}

function classItem(reader: SyntaxReader): CodePoints {
  const letter = reader.next();
  if (letter !== '\\') return codePointsOf(letter);
  if (reader.take('-')) return codePointsOf('-');
  if (reader.take('b')) return codePointsOf('\b');
  return escapedSet(reader);
}

const onlyOne = ([first, ...rest]: CodePoints): number | undefined =>
  first !== undefined && rest.length === 0 && first[0] === first[1] ? first[0] : undefined;

/** The texts that contain a match: what is not said to be the start or the end may be anything. */
export function containing({ expression, hasStart, hasEnd }: RegexSyntax): Expression {
  const anything = repeat(character(ALL_CODE_POINTS), 0, Infinity);
  return sequence(...(hasStart ? [] : [anything]), expression, ...(hasEnd ? [] : [anything]));
}
