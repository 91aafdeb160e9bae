import { show, TokenizerError } from '../errors.js';

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
      remedy: 'a download that was cut off, or a Git LFS pointer.',
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

/** The field as a string. @throws TokenizerError when it is something else */
export function stringValue(field: JsonField): string {
  return typeof field.value === 'string' ? field.value : mustBe(field, 'a string');
}

/** The field as true or false. @throws TokenizerError when it is something else */
export function booleanValue(field: JsonField): boolean {
  return typeof field.value === 'boolean' ? field.value : mustBe(field, 'true or false');
}

/** The field as an integer of at least 0. @throws TokenizerError when it is something else */
export function countValue(field: JsonField): number {
  const value = field.value as number;
  return Number.isSafeInteger(value) && value >= 0 ? value : mustBe(field, 'an integer of at least 0');
}

/** The field `key` as a string, undefined when it is absent. */
export function optionalString(parent: JsonField, key: string): string | undefined {
  return mapField(optionalField(parent, key), stringValue);
}

/** The field `key` as true or false, undefined when it is absent. */
export function optionalFlag(parent: JsonField, key: string): boolean | undefined {
  return mapField(optionalField(parent, key), booleanValue);
}

/** The field `key` as an integer of at least 0, undefined when it is absent. */
export function optionalCount(parent: JsonField, key: string): number | undefined {
  return mapField(optionalField(parent, key), countValue);
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
export function mustBe(field: JsonField, needed: string): never {
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
    remedy: 'a damaged or hand-edited file; fetch it again.',
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
