import type { CodePoints } from './code-points.js';
import { ALL_CODE_POINTS, codePoints, codePointsOf, complementOf } from './code-points.js';
import type { Expression, Grammar } from './expression.js';
import { character, choice, literal, repeat, rule, sequence } from './expression.js';
import { SyntaxReader } from './syntax-reader.js';

// Grammars in the form of GBNF: name ::= "text" [a-z] other-rule ( … ) | …, with * + ? {m,n} and # comments.

/**
 * Reads a grammar. A rule goes on over lines until the next `name ::=`.
 * @param root  the rule that whole texts follow
 * @throws OptionError for what is malformed, with its line; for a rule that is there twice
 */
export function parseGrammar(source: string, root: string): Grammar {
  const reader = new SyntaxReader(source, { page: 'grammar-syntax' });
  const rules = new Map<string, Expression>();
  skipSpace(reader);
  while (!reader.isAtEnd) {
    const name = ruleName(reader);
    if (name === '') reader.fail(`a rule is needed before '${reader.peek()}'`);
    if (rules.has(name)) reader.fail(`the rule '${name}' is there twice`);
    skipSpace(reader);
    reader.expect('::=');
    skipSpace(reader);
    rules.set(name, alternatives(reader));
  }
  return { rules, root };
}

const ruleName = (reader: SyntaxReader): string => reader.takeWhile(/[\w-]/);

function skipSpace(reader: SyntaxReader): void {
  for (;;) {
    reader.takeWhile(/\s/);
    if (reader.peek() !== '#') return;
    reader.takeWhile(/[^\n]/);
  }
}

function alternatives(reader: SyntaxReader): Expression {
  const options = [terms(reader)];
  while (reader.take('|')) {
    skipSpace(reader);
    options.push(terms(reader));
  }
  return choice(...options);
}

function terms(reader: SyntaxReader): Expression {
  const parts: Expression[] = [];
  while (!reader.isAtEnd && !['|', ')'].includes(reader.peek()) && !beginsRule(reader)) {
    const part = atom(reader);
    const bounds = reader.bounds();
    parts.push(bounds === undefined ? part : repeat(part, ...bounds));
    skipSpace(reader);
  }
  return sequence(...parts);
}

/** True when `name ::=` comes, which ends the rule before. */
function beginsRule(reader: SyntaxReader): boolean {
  const start = reader.position;
  const isName = ruleName(reader) !== '';
  if (isName) skipSpace(reader);
  const begins = isName && reader.take('::=');
  reader.position = start;
  return begins;
}

function atom(reader: SyntaxReader): Expression {
  if (reader.take('(')) {
    skipSpace(reader);
    const inner = alternatives(reader);
    reader.expect(')');
    return inner;
  }
  if (reader.take('"')) return literal(quoted(reader));
  if (reader.take('[')) return character(characterClass(reader));
  if (reader.take('.')) return character(ALL_CODE_POINTS);
  const name = ruleName(reader);
  return name === '' ? reader.fail(`'${reader.peek()}' begins nothing`) : rule(name);
}

function quoted(reader: SyntaxReader): string {
  let text = '';
  while (!reader.take('"')) text += letterOf(reader);
  return text;
}

function characterClass(reader: SyntaxReader): CodePoints {
  const isNegated = reader.take('^');
  const ranges: CodePoints[number][] = [];
  while (!reader.take(']')) {
    const low = letterOf(reader);
    const isRange = reader.peek() === '-' && reader.peek(1) !== ']';
    if (!isRange) {
      ranges.push(...codePointsOf(low));
      continue;
    }
    reader.next();
    const high = letterOf(reader);
    if (low.codePointAt(0)! > high.codePointAt(0)!)
      reader.fail('a range in brackets goes from a character to a later one');
    ranges.push([low.codePointAt(0)!, high.codePointAt(0)!]);
  }
  const set = codePoints(ranges);
  return isNegated ? complementOf(set) : set;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
  '[': '[',
  ']': ']',
  '-': '-',
  '^': '^',
};

function letterOf(reader: SyntaxReader): string {
  const letter = reader.next();
  if (letter !== '\\') return letter;
  const escaped = reader.next();
  const codePoint = reader.codePointEscape(escaped);
  if (codePoint !== undefined) {
    return codePoint <= 0x10ffff
      ? String.fromCodePoint(codePoint)
      : reader.fail('a number that is no character');
  }
  return Object.hasOwn(ESCAPES, escaped) ? ESCAPES[escaped]! : reader.fail(`the escape \\${escaped}`);
}
