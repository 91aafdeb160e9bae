import { show, TokenizerError } from '../errors.js';

/** A value in a JSON file, with its place, so that errors can name it. */
export interface JsonField {
  readonly file: string;
  /** Such as `post_processor.single[0]`; empty for the whole file. */
  readonly path: string;
  readonly value: unknown;
}

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
      op: 'tokenizerFromFiles',
      file,
      problem: `not JSON: ${(cause as Error).message}`,
      remedy: 'a download that was cut off, or a Git LFS pointer instead of the file.',
      cause,
    });
  }
}

/** The field `key` of an object; undefined when it is absent or null. */
export function optionalField(parent: JsonField, key: string): JsonField | undefined {
  const object = objectValue(parent);
  if (!Object.hasOwn(object, key) || object[key] === null) return undefined;
  return { file: parent.file, path: parent.path === '' ? key : `${parent.path}.${key}`, value: object[key] };
}

/** The field `key` of an object. @throws TokenizerError when it is absent or null */
export function requiredField(parent: JsonField, key: string): JsonField {
  return optionalField(parent, key) ?? fail(parent, `the field "${key}" is missing`);
}

/** The entries of an object. @throws TokenizerError when the field is not an object */
export function objectEntries(field: JsonField): [string, JsonField][] {
  return Object.keys(objectValue(field)).map((key) => [
    key,
    { file: field.file, path: `${field.path}[${JSON.stringify(key)}]`, value: objectValue(field)[key] },
  ]);
}

/** The items of an array. @throws TokenizerError when the field is not an array */
export function arrayItems(field: JsonField): JsonField[] {
  if (!Array.isArray(field.value)) return fail(field, `must be an array, is ${show(field.value)}`);
  return field.value.map((value: unknown, index) => ({
    file: field.file,
    path: `${field.path}[${index}]`,
    value,
  }));
}

/** The field as a string. @throws TokenizerError when it is something else */
export function stringValue(field: JsonField): string {
  return typeof field.value === 'string'
    ? field.value
    : fail(field, `must be a string, is ${show(field.value)}`);
}

/** The field as true or false. @throws TokenizerError when it is something else */
export function booleanValue(field: JsonField): boolean {
  return typeof field.value === 'boolean'
    ? field.value
    : fail(field, `must be true or false, is ${show(field.value)}`);
}

/** The field as an integer of at least 0. @throws TokenizerError when it is something else */
export function countValue(field: JsonField): number {
  const { value } = field;
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : fail(field, `must be an integer of at least 0, is ${show(value)}`);
}

/** The field as an object. @throws TokenizerError when it is something else */
function objectValue(field: JsonField): Readonly<Record<string, unknown>> {
  const { value } = field;
  if (value !== null && typeof value === 'object' && !Array.isArray(value))
    return value as Record<string, unknown>;
  return fail(field, `must be an object, is ${show(value)}`);
}

/** Throws that a field is not as it should be. */
export function fail(field: JsonField, problem: string): never {
  throw new TokenizerError({
    code: 'malformed-file',
    op: 'tokenizerFromFiles',
    file: field.file,
    ...(field.path === '' ? {} : { field: field.path }),
    problem: field.path === '' ? problem : `${field.path} ${problem}`,
    remedy: 'a damaged or hand-edited file; fetch it again.',
  });
}

/** Throws that a field asks for something this version does not have. */
export function failUnsupported(field: JsonField, got: string, supported: readonly string[]): never {
  throw new TokenizerError({
    code: 'unsupported',
    op: 'tokenizerFromFiles',
    file: field.file,
    field: field.path,
    problem: `${field.path} ${got} is not supported`,
    remedy: `another kind of tokenizer. Supported here: ${supported.join(', ')}.`,
  });
}
