import { show, TokenizerError, unmetNeed, type Rule, type Rules } from '../errors.js';
import { snakeCase } from '../stage-json.js';

/** A value in a JSON file, with its place, so that errors can name it. */
export interface JsonField {
  readonly file: string;
  /** Such as `post_processor.single[0]`; empty for the whole file. */
  readonly path: string;
  readonly value: unknown;
}

const op = 'tokenizerFromFiles';

/**
 * Parses a file.
 * @throws TokenizerError (malformed-file) when it is not JSON
 */
export function parseJson(file: string, text: string): JsonField {
  try {
    return { file, path: '', value: JSON.parse(text) as unknown };
  } catch (cause) {
    throw new TokenizerError({
      code: 'malformed-file',
      op,
      file,
      problem: `not JSON: ${(cause as Error).message}`,
      cause,
    });
  }
}

/** The field `key` of an object; undefined when it is absent or null. */
export function optionalField(parent: JsonField, key: string): JsonField | undefined {
  const value = objectValue(parent);
  if (!Object.hasOwn(value, key) || value[key] === null) return undefined;
  return { file: parent.file, path: parent.path === '' ? key : `${parent.path}.${key}`, value: value[key] };
}

/** The field `key` of an object. @throws TokenizerError when it is absent or null */
export function requiredField(parent: JsonField, key: string): JsonField {
  return optionalField(parent, key) ?? fail(parent, `the field "${key}" is missing`);
}

/** The entries of an object. @throws TokenizerError when the field is not an object */
export function objectEntries(field: JsonField): [string, JsonField][] {
  const { file, path } = field;
  return Object.entries(objectValue(field)).map(([key, value]) => [
    key,
    { file, path: `${path}[${JSON.stringify(key)}]`, value },
  ]);
}

/** The items of an array. @throws TokenizerError when the field is not an array */
export function arrayItems(field: JsonField): JsonField[] {
  const { file, path, value } = field;
  if (!Array.isArray(value)) return mustBe(field, 'an array');
  return value.map((item: unknown, index) => ({ file, path: `${path}[${index}]`, value: item }));
}

/** The value of a field. @throws TokenizerError when it is against the rule */
export function valueOf<T>(field: JsonField, rule: Rule): T {
  const needed = unmetNeed(field.value, rule);
  return needed === undefined ? (field.value as T) : mustBe(field, needed);
}

/** The value of the field `key`, undefined when it is absent or null. @throws TokenizerError as `valueOf` */
export function optional<T>(parent: JsonField, key: string, rule: Rule): T | undefined {
  return mapField(optionalField(parent, key), (field) => valueOf<T>(field, rule));
}

/** The value of the field `key`. @throws TokenizerError as `valueOf`, and when it is absent or null */
export function required<T>(parent: JsonField, key: string, rule: Rule): T {
  return valueOf(requiredField(parent, key), rule);
}

/** Options by their rules: files have the same names in snake case. @throws TokenizerError as `valueOf` */
export function readOptions<T>(parent: JsonField, rules: Rules<T>): T {
  const entries = Object.entries<Rule>(rules).flatMap(([name, rule]) => {
    const value = optional(parent, snakeCase(name), rule);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(entries) as T;
}

/** What `read` makes of a field, undefined when there is none. */
export function mapField<T>(field: JsonField | undefined, read: (field: JsonField) => T): T | undefined {
  return field && read(field);
}

function objectValue(field: JsonField): Readonly<Record<string, unknown>> {
  const { value } = field;
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : mustBe(field, 'an object');
}

/** Throws that a field has another type. */
function mustBe(field: JsonField, needed: string): never {
  return fail(field, `must be ${needed}, is ${show(field.value)}`);
}

/** Throws that a field is not as it should be. */
export function fail({ file, path }: JsonField, problem: string): never {
  throw new TokenizerError({
    code: 'malformed-file',
    op,
    file,
    field: path || undefined,
    problem: `${path} ${problem}`.trim(),
  });
}

/** Throws that a field asks for something this version does not have. */
export function failUnsupported(field: JsonField, got: string, remedy: string): never {
  const { file, path } = field;
  const problem = `${path} ${got} is not supported`;
  throw new TokenizerError({ code: 'unsupported', op, file, field: path, problem, remedy });
}

/** The remedy that lists what there is. */
export function supportedRemedy(names: readonly string[]): string {
  return `another kind of tokenizer. Supported here: ${names.join(', ')}.`;
}
