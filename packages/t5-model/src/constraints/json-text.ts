import type { CodePoints } from './code-points.js';
import { codePoints, codePointsOf, complementOf, intersectCodePoints } from './code-points.js';
import type { Expression } from './expression.js';
import { character, choice, literal, optional, repeat, sequence } from './expression.js';

// JSON as text: as JSON.stringify writes it, with or without one space after a comma or a colon.

const space = optional(literal(' '));

/** Between two items. */
export const COMMA: Expression = sequence(literal(','), space);

/** Between a name and its value. */
export const COLON: Expression = sequence(literal(':'), space);

/** Characters that JSON writes as they are. */
const PLAIN = complementOf(
  codePoints([
    [0, 0x1f],
    [0x22, 0x22],
    [0x5c, 0x5c],
  ]),
);

/** Characters that JSON writes with a letter after a backslash. */
const SHORT: readonly (readonly [letter: string, code: string])[] = [
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
];

/** One character of a set inside a JSON string, escaped where it must be. */
export function jsonCharacter(set: CodePoints): Expression {
  const has = (codePoint: number): boolean => intersectCodePoints(set, [[codePoint, codePoint]]).length > 0;
  const plain = intersectCodePoints(set, PLAIN);
  const short = SHORT.filter(([letter]) => has(letter.codePointAt(0)!)).map(([, code]) => literal(code));
  const long = Array.from({ length: 0x20 }, (_, codePoint) => codePoint)
    .filter((codePoint) => has(codePoint) && !SHORT.some(([letter]) => letter.codePointAt(0) === codePoint))
    .map((codePoint) => literal(`\\u${codePoint.toString(16).padStart(4, '0')}`));
  return choice(...(plain.length > 0 ? [character(plain)] : []), ...short, ...long);
}

/** The expression with every character as it stands inside a JSON string. */
export function insideJson(expression: Expression): Expression {
  switch (expression.kind) {
    case 'character':
      return jsonCharacter(expression.set);
    case 'sequence':
      return sequence(...expression.parts.map(insideJson));
    case 'choice':
      return choice(...expression.options.map(insideJson));
    case 'repeat':
      return repeat(insideJson(expression.part), expression.least, expression.most);
    case 'rule':
      return expression;
  }
}

/** A string whose content is given. */
export const jsonString = (content: Expression): Expression => sequence(literal('"'), content, literal('"'));

const digits = (least: number): Expression => repeat(character(codePointsOf('0123456789')), least, Infinity);

/** A whole number, without fraction and exponent. */
export const JSON_INTEGER: Expression = sequence(
  optional(literal('-')),
  choice(literal('0'), sequence(character(codePointsOf('123456789')), digits(0))),
);

/** Any number. */
export const JSON_NUMBER: Expression = sequence(
  JSON_INTEGER,
  optional(sequence(literal('.'), digits(1))),
  optional(sequence(character(codePointsOf('eE')), optional(character(codePointsOf('+-'))), digits(1))),
);

/** A value, all of it given. */
export function jsonLiteral(value: unknown): Expression {
  if (Array.isArray(value)) return bracketed('[]', value.map(jsonLiteral));
  if (typeof value !== 'object' || value === null) return literal(JSON.stringify(value));
  return bracketed(
    '{}',
    Object.entries(value).map(([name, member]) =>
      sequence(literal(JSON.stringify(name)), COLON, jsonLiteral(member)),
    ),
  );
}

function bracketed(brackets: '[]' | '{}', items: readonly Expression[]): Expression {
  const separated = items.flatMap((item, index) => (index === 0 ? [item] : [COMMA, item]));
  return sequence(literal(brackets[0]!), ...separated, literal(brackets[1]!));
}
