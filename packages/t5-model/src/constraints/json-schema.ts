import { OptionError } from '@tesserae/tensor';
import { ALL_CODE_POINTS } from './code-points.js';
import type { Expression, Grammar } from './expression.js';
import { choice, literal, optional, repeat, rule, sequence } from './expression.js';
import {
  COLON,
  COMMA,
  JSON_INTEGER,
  JSON_NUMBER,
  insideJson,
  jsonCharacter,
  jsonLiteral,
  jsonString,
} from './json-text.js';
import { containing, parseRegex } from './regex-syntax.js';

/** A JSON schema, or true (anything) or false (nothing). */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

type SchemaObject = Exclude<JsonSchema, boolean>;

/** Keywords that describe and do not constrain. */
const ANNOTATIONS = new Set([
  ...['$schema', '$id', '$comment', '$defs', 'definitions', 'title', 'description', 'default', 'examples'],
  ...['deprecated', 'readOnly', 'writeOnly'],
]);

/** Keywords understood for each type. */
const TYPE_KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems', 'maxItems'],
  string: ['pattern', 'minLength', 'maxLength'],
  integer: [],
  number: [],
  boolean: [],
  null: [],
};

const ANY_VALUE = 'any value';

/**
 * The JSON texts that a schema allows: members in the order of `properties`, no others; strings and numbers as
 * JSON.stringify writes them; one space or none after a comma and a colon.
 * @throws OptionError naming the place and the keyword for what is not understood
 */
export function jsonSchemaGrammar(schema: JsonSchema): Grammar {
  const compiler = new SchemaCompiler(schema);
  return { rules: compiler.rules, root: compiler.reference('#') };
}

class SchemaCompiler {
  readonly rules = new Map<string, Expression>();
  private readonly root: JsonSchema;

  constructor(root: JsonSchema) {
    this.root = root;
  }

  /** The rule of a place in the schema, such as `#/$defs/item`; schemas may refer to themselves. */
  reference(pointer: string): string {
    if (!this.rules.has(pointer)) {
      this.rules.set(pointer, sequence()); // known by name while it is compiled
      this.rules.set(pointer, this.value(this.resolve(pointer), pointer));
    }
    return pointer;
  }

  private resolve(pointer: string): JsonSchema {
    if (!/^#(\/|$)/.test(pointer)) refuse(pointer, 'a reference to another file');
    const steps = pointer.split('/').slice(1);
    const found = steps.reduce<unknown>(
      (at, step) => (at as SchemaObject)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')],
      this.root,
    );
    return isSchema(found) ? found : refuse(pointer, `the reference '${pointer}', which leads nowhere`);
  }

  private value(schema: JsonSchema, at: string): Expression {
    if (!isSchema(schema)) refuse(at, JSON.stringify(schema));
    if (schema === true) return this.anyValue();
    if (schema === false) return choice();
    const keywords = Object.keys(schema).filter((keyword) => !ANNOTATIONS.has(keyword));
    const whole = ['$ref', 'const', 'enum', 'anyOf', 'allOf'].find((keyword) => keywords.includes(keyword));
    if (whole !== undefined) {
      const others = keywords.filter((keyword) => keyword !== whole && keyword !== 'type');
      if (others.length > 0) refuse(`${at}/${others[0]}`, `${others[0]} beside ${whole}`);
      return this.whole(whole, schema, at);
    }
    const types = typesOf(schema, keywords, at);
    for (const keyword of keywords) {
      if (keyword === 'type' || types.some((type) => TYPE_KEYWORDS[type]!.includes(keyword))) continue;
      refuse(`${at}/${keyword}`, keyword);
    }
    return types.length === 0
      ? this.anyValue()
      : choice(...types.map((type) => this.typed(type, schema, at)));
  }

  /** A keyword that says all there is to say. */
  private whole(keyword: string, schema: SchemaObject, at: string): Expression {
    const given = schema[keyword];
    if (keyword === '$ref') return rule(this.reference(String(given)));
    if (keyword === 'const') return this.allowed([given], schema, at);
    if (!Array.isArray(given) || given.length === 0) refuse(`${at}/${keyword}`, JSON.stringify(given));
    if (keyword === 'enum') return this.allowed(given, schema, at);
    if (schema['type'] !== undefined) refuse(`${at}/type`, `type beside ${keyword}`);
    if (keyword === 'allOf' && given.length > 1) refuse(`${at}/allOf`, 'allOf of several schemas');
    const options = (given as JsonSchema[]).map((option, index) =>
      this.value(option, `${at}/${keyword}/${index}`),
    );
    return choice(...options);
  }

  /** Values that are listed, those of the type where one is said too. */
  private allowed(values: readonly unknown[], schema: SchemaObject, at: string): Expression {
    const types = schema['type'] === undefined ? undefined : typesOf(schema, ['type'], at);
    const fitting = values.filter(
      (value) => types === undefined || types.some((type) => isOfType(value, type)),
    );
    return choice(...fitting.map(jsonLiteral));
  }

  private typed(type: string, schema: SchemaObject, at: string): Expression {
    switch (type) {
      case 'object':
        return this.object(schema, at);
      case 'array':
        return this.array(schema, at);
      case 'string':
        return jsonString(stringContent(schema, at));
      case 'integer':
        return JSON_INTEGER;
      case 'number':
        return JSON_NUMBER;
      case 'boolean':
        return choice(literal('true'), literal('false'));
      default:
        return literal('null');
    }
  }

  private array({ items = true, minItems, maxItems }: SchemaObject, at: string): Expression {
    const [least, most] = boundsOf(at, ['minItems', minItems], ['maxItems', maxItems]);
    const item = this.value(items as JsonSchema, `${at}/items`);
    if (most === 0) return literal('[]');
    const more = repeat(sequence(COMMA, item), Math.max(least - 1, 0), most - 1);
    const some = sequence(item, more);
    return sequence(literal('['), least === 0 ? optional(some) : some, literal(']'));
  }

  private object(schema: SchemaObject, at: string): Expression {
    const { properties = {}, required = [], additionalProperties } = schema;
    if (typeof properties !== 'object' || properties === null) refuse(`${at}/properties`, 'no object');
    if (!Array.isArray(required)) refuse(`${at}/required`, 'no list');
    const members = Object.entries(properties as Readonly<Record<string, JsonSchema>>);
    const strange = (required as unknown[]).find(
      (name) => !Object.hasOwn(properties as object, String(name)),
    );
    if (strange !== undefined) refuse(`${at}/required`, `'${String(strange)}', which is no property`);
    if (members.length === 0 && additionalProperties !== false) {
      return this.map((additionalProperties ?? true) as JsonSchema, at);
    }
    if (additionalProperties !== undefined && additionalProperties !== false) {
      refuse(`${at}/additionalProperties`, 'additionalProperties beside properties');
    }
    const content = this.members(members, { required: required as readonly string[], at });
    return sequence(literal('{'), content, literal('}'));
  }

  /** Any number of members whose values follow one schema. */
  private map(values: JsonSchema, at: string): Expression {
    const name = jsonString(repeat(jsonCharacter(ALL_CODE_POINTS), 0, Infinity));
    const member = sequence(name, COLON, this.value(values, `${at}/additionalProperties`));
    const some = sequence(member, repeat(sequence(COMMA, member), 0, Infinity));
    return sequence(literal('{'), optional(some), literal('}'));
  }

  /** One rule for the members from each place on, with and without one before. */
  private members(
    members: readonly (readonly [name: string, schema: JsonSchema])[],
    { required, at }: { readonly required: readonly string[]; readonly at: string },
  ): Expression {
    const from = (index: number, hasOneBefore: boolean): Expression =>
      rule(`${at} from member ${index}${hasOneBefore ? ', one before' : ''}`);
    members.forEach(([name, schema], index) => {
      const value = this.value(schema, `${at}/properties/${name}`);
      for (const hasOneBefore of index === 0 ? [false] : [true, false]) {
        const written = sequence(
          ...(hasOneBefore ? [COMMA] : []),
          ...[literal(JSON.stringify(name)), COLON, value, from(index + 1, true)],
        );
        const left = required.includes(name) ? [] : [from(index + 1, hasOneBefore)];
        this.rules.set(ruleName(from(index, hasOneBefore)), choice(written, ...left));
      }
    });
    for (const hasOneBefore of [true, false]) {
      this.rules.set(ruleName(from(members.length, hasOneBefore)), sequence());
    }
    return from(0, false);
  }

  /** Any JSON value at all. */
  private anyValue(): Expression {
    if (!this.rules.has(ANY_VALUE)) {
      this.rules.set(ANY_VALUE, sequence()); // known by name while it is compiled
      const types = ['object', 'array', 'string', 'number', 'boolean', 'null'];
      this.rules.set(ANY_VALUE, choice(...types.map((type) => this.typed(type, {}, ANY_VALUE))));
    }
    return rule(ANY_VALUE);
  }
}

const ruleName = (expression: Expression): string => (expression.kind === 'rule' ? expression.name : '');

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));

/** The types that `type` lists, or that the keywords are about. */
function typesOf(schema: SchemaObject, keywords: readonly string[], at: string): readonly string[] {
  const { type } = schema;
  if (type === undefined) {
    return Object.keys(TYPE_KEYWORDS).filter((name) =>
      keywords.some((keyword) => TYPE_KEYWORDS[name]!.includes(keyword)),
    );
  }
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  const strange = types.find((name) => typeof name !== 'string' || !Object.hasOwn(TYPE_KEYWORDS, name));
  if (strange !== undefined || types.length === 0) refuse(`${at}/type`, JSON.stringify(type));
  return types as readonly string[];
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return type === (value === null || Array.isArray(value) ? 'other' : typeof value);
}

function stringContent({ pattern, minLength, maxLength }: SchemaObject, at: string): Expression {
  if (pattern === undefined) {
    const bounds = boundsOf(at, ['minLength', minLength], ['maxLength', maxLength]);
    return repeat(jsonCharacter(ALL_CODE_POINTS), ...bounds);
  }
  if (minLength !== undefined || maxLength !== undefined) refuse(`${at}/pattern`, 'pattern beside a length');
  if (typeof pattern !== 'string') refuse(`${at}/pattern`, JSON.stringify(pattern));
  return insideJson(containing(parseRegex(pattern)));
}

type Bound = readonly [keyword: string, value: unknown];

function boundsOf(at: string, low: Bound, high: Bound): readonly [least: number, most: number] {
  const [least, most] = [
    [...low, 0],
    [...high, Infinity],
  ].map(([keyword, value, fallback]) => {
    if (value === undefined) return fallback as number;
    const isCount = Number.isSafeInteger(value) && (value as number) >= 0;
    return isCount ? (value as number) : refuse(`${at}/${String(keyword)}`, JSON.stringify(value));
  }) as [number, number];
  return least <= most ? [least, most] : refuse(`${at}/${high[0]}`, `${most}, which is below ${low[0]}`);
}

function refuse(at: string, what: string): never {
  throw new OptionError({
    op: 'jsonSchemaConstraint',
    problem: `not understood at ${at}: ${what}`,
    likely: 'The page lists the keywords that are; say the rest another way, or check it afterwards.',
    page: 'json-schema',
    got: what,
  });
}
