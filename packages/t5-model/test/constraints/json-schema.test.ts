import fc from 'fast-check';
import { OptionError } from '@tesserae/tensor';
import { createByt5Tokenizer } from '@tesserae/tokenizer';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../src/constraints/json-schema.js';
import { jsonSchemaConstraint } from '../../src/constraints/token-constraint.js';
import { constraintVocabulary } from '../../src/constraints/vocabulary.js';
import { TOKENIZERS, admits, randomWalk, textOf } from './tokenizers.js';

type SchemaObject = Readonly<Record<string, never>>;

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

/** A number of 400 digits is Infinity when parsed. */
const isWhole = (value: unknown): boolean =>
  Number.isInteger(value) || value === Infinity || value === -Infinity;

/** Whether a value is valid, by the words of the specification: a second opinion, of parsed values. */
function isValid(value: unknown, schema: JsonSchema, root: JsonSchema = schema): boolean {
  if (typeof schema === 'boolean') return schema;
  const given = schema as Record<string, unknown>;
  const is = (other: unknown): boolean => isValid(value, other as JsonSchema, root);
  const checks: Readonly<Record<string, (argument: never) => boolean>> = {
    $ref: (pointer: string) =>
      is(
        pointer
          .split('/')
          .slice(1)
          .reduce<unknown>((at, step) => (at as SchemaObject)[step], root),
      ),
    type: (types: string | string[]) =>
      [types].flat().some((type) => (type === 'integer' ? isWhole(value) : typeOf(value) === type)),
    const: (other) => JSON.stringify(value) === JSON.stringify(other),
    enum: (list: unknown[]) => list.some((other) => JSON.stringify(value) === JSON.stringify(other)),
    anyOf: (list: unknown[]) => list.some(is),
    allOf: (list: unknown[]) => list.every(is),
    pattern: (pattern: string) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
    minLength: (least: number) => typeof value !== 'string' || [...value].length >= least,
    maxLength: (most: number) => typeof value !== 'string' || [...value].length <= most,
    items: (items: JsonSchema) => !Array.isArray(value) || value.every((item) => isValid(item, items, root)),
    minItems: (least: number) => !Array.isArray(value) || value.length >= least,
    maxItems: (most: number) => !Array.isArray(value) || value.length <= most,
    required: (names: string[]) =>
      typeOf(value) !== 'object' || names.every((name) => Object.hasOwn(value as object, name)),
    properties: (members: Record<string, JsonSchema>) =>
      typeOf(value) !== 'object' ||
      Object.entries(value as object).every(
        ([name, member]) => !Object.hasOwn(members, name) || isValid(member, members[name]!, root),
      ),
    additionalProperties: (others: JsonSchema) =>
      typeOf(value) !== 'object' ||
      Object.entries(value as object).every(
        ([name, member]) =>
          Object.hasOwn((given['properties'] ?? {}) as object, name) || isValid(member, others, root),
      ),
  };
  return Object.entries(given).every(([keyword, argument]) => checks[keyword]?.(argument as never) ?? true);
}

const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  member: {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 6 },
      b: { type: ['integer', 'null'] },
      left: { type: 'boolean' },
      e: { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 3 },
    },
    required: ['name', 'e'],
    additionalProperties: false,
  },
  'all optional': {
    type: 'object',
    properties: { a: { const: 1 }, b: { enum: ['x', 2, null, [1, 'b'], { a: true }] }, c: { const: 'null' } },
    additionalProperties: false,
  },
  pattern: { type: 'string', pattern: '^[a-c]+["1]?$' },
  'pattern anywhere': { type: 'string', pattern: '[0-9]{2}' },
  length: { type: 'string', minLength: 2, maxLength: 4 },
  tree: {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: { b: { type: 'integer' }, left: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
        required: ['b'],
        additionalProperties: false,
      },
    },
  },
  map: { type: 'object', additionalProperties: { type: 'boolean' } },
  'numbers of a kind': { enum: [1, 'a', 2.5, true], type: 'integer' },
  'tuples of tuples': {
    type: 'array',
    maxItems: 2,
    items: { type: 'array', minItems: 2, maxItems: 2, items: { type: 'integer' } },
  },
};

describe.each(TOKENIZERS)('jsonSchemaConstraint over %s', async (_, create) => {
  const tokenizer = await create();
  const vocabulary = constraintVocabulary(tokenizer);

  it.each(Object.keys(SCHEMAS))('%s: whatever it allows is valid JSON of the schema', (name) => {
    const constraint = jsonSchemaConstraint(SCHEMAS[name]!, vocabulary);
    let ended = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const ids = randomWalk(constraint, { seed, eosTokenId: vocabulary.eosTokenId, most: 600 });
      if (ids === undefined) continue;
      ended++;
      const text = textOf(tokenizer, ids);
      expect(isValid(JSON.parse(text), SCHEMAS[name]!), text).toBe(true);
    }
    expect(ended).toBeGreaterThan(name === 'pattern anywhere' ? 5 : 25);
  });
});

describe('jsonSchemaConstraint', () => {
  const vocabulary = constraintVocabulary(createByt5Tokenizer());
  const idsOf = (text: string): number[] => [...new TextEncoder().encode(text)].map((byte) => byte + 3);

  /** Values that fit each schema, in the order of its properties. */
  const text = fc.string({ unit: 'grapheme', maxLength: 8 });
  const node: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    node: fc.record(
      { b: fc.integer(), left: fc.oneof({ depthSize: 'small' }, fc.constant(null), tie('node')) },
      { requiredKeys: ['b'] },
    ),
  })).node;
  const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    member: fc
      .record(
        {
          name: text.filter((value) => [...value].length <= 6),
          b: fc.option(fc.integer()),
          left: fc.boolean(),
          e: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 3 }),
        },
        { requiredKeys: ['name', 'e'] },
      )
      .map(({ name, b, left, e }) => ({ name, b, left, e })),
    'all optional': fc.constantFrom(
      {},
      { a: 1 },
      { b: 'x' },
      { a: 1, b: [1, 'b'], c: 'null' },
      { c: 'null' },
    ),
    pattern: fc.constantFrom('a', 'abc"', 'ccc1'),
    'pattern anywhere': text.map((value) => `${value}42${value}`),
    length: text.filter((value) => [...value].length >= 2 && [...value].length <= 4),
    tree: node,
    map: fc.dictionary(text, fc.boolean()),
    'numbers of a kind': fc.constant(1),
    'tuples of tuples': fc.array(fc.tuple(fc.integer(), fc.integer()), { maxLength: 2 }),
  };

  it.each(Object.keys(SCHEMAS))('%s: lets valid values through, written close or with spaces', (name) => {
    const constraint = jsonSchemaConstraint(SCHEMAS[name]!, vocabulary);
    fc.assert(
      fc.property(VALUES[name]!, (value) => {
        const valid = JSON.parse(JSON.stringify(value)) as unknown; // without undefined members
        fc.pre(isValid(valid, SCHEMAS[name]!));
        const close = JSON.stringify(valid);
        expect(admits(constraint, [...idsOf(close), 1]), close).toBe(true);
        if (name === 'tuples of tuples') {
          expect(admits(constraint, [...idsOf(close.replaceAll(',', ', ')), 1])).toBe(true);
        }
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  it('an empty schema allows any JSON', () => {
    const constraint = jsonSchemaConstraint({}, vocabulary);
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        expect(admits(constraint, [...idsOf(JSON.stringify(value)), 1])).toBe(true);
      }),
      { numRuns: 100, seed: 3 },
    );
    for (const wrong of ['{a:1}', '[1,]', '01', '"\n"', 'tru', '+1', '.5']) {
      expect(admits(constraint, [...idsOf(wrong), 1]), wrong).toBe(false);
    }
  });

  it.each([
    [{ type: 'object', properties: { a: { type: 'integer', minimum: 3 } } }, /#\/properties\/a\/minimum/],
    [{ type: 'string', format: 'date' }, /#\/format/],
    [{ oneOf: [{}] }, /oneOf/],
    [{ allOf: [{}, {}] }, /allOf/],
    [{ type: 'array', uniqueItems: true }, /uniqueItems/],
    [{ type: 'string', items: {} }, /items/],
    [{ type: 'date' }, /#\/type.*"date"/],
    [{ type: 'object', properties: { a: {} }, additionalProperties: true }, /additionalProperties beside/],
    [{ type: 'object', properties: {}, required: ['a'] }, /'a', which is no property/],
    [{ type: 'array', minItems: 3, maxItems: 2 }, /below minItems/],
    [{ type: 'string', pattern: '(', minLength: 1 }, /pattern beside/],
    [{ type: 'string', pattern: '(?=a)' }, /look-around/],
    [{ $ref: '#/$defs/none' }, /leads nowhere/],
    [{ $ref: 'other.json' }, /another file/],
    [{ $ref: '#', type: 'object', title: 'x', minProperties: 1 }, /beside \$ref/],
    [{ $ref: '#' }, /begins with itself|never ends/],
    [false, /no text fits/],
  ] as readonly (readonly [JsonSchema, RegExp])[])('%j is refused', (schema, message) => {
    expect(() => jsonSchemaConstraint(schema, vocabulary)).toThrow(OptionError);
    expect(() => jsonSchemaConstraint(schema, vocabulary)).toThrow(message);
  });
});
