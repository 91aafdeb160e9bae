import { DataError, show } from '../errors.js';

/** Reads members of JSON values whose shape is not yet known, with errors that say the path. */
export interface FieldReader {
  text(name: string): string;
  number(name: string): number;
  list(name: string): readonly unknown[];
  object(name: string): FieldReader;
  /** The objects of a list. */
  objects(name: string): readonly FieldReader[];
  has(name: string): boolean;
  any(name: string): unknown;
}

/**
 * A reader of the members of `value`.
 * @throws DataError (data-field-missing, data-field-type) naming the path, such as `data[3].paragraphs`
 */
export function fieldReader(
  value: unknown,
  options: { readonly op: string; readonly path?: string },
): FieldReader {
  const { op, path = '' } = options;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw typeError(op, path === '' ? 'the document' : path, { value, needed: 'an object' });
  }
  const members = value as Readonly<Record<string, unknown>>;
  const pathOf = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const has = (name: string): boolean =>
    Object.hasOwn(members, name) && members[name] !== null && members[name] !== undefined;
  const read = <T>(name: string, needed: string, isRight: (value: unknown) => boolean): T => {
    if (!has(name)) throw missingError(op, pathOf(name), Object.keys(members));
    if (!isRight(members[name])) throw typeError(op, pathOf(name), { value: members[name], needed });
    return members[name] as T;
  };
  const list = (name: string): readonly unknown[] => read(name, 'a list', Array.isArray);
  return {
    text: (name) => read(name, 'a text', (member) => typeof member === 'string'),
    number: (name) => read(name, 'a number', (member) => typeof member === 'number'),
    list,
    object: (name) => fieldReader(members[name], { op, path: pathOf(name) }),
    objects: (name) =>
      list(name).map((entry, index) => fieldReader(entry, { op, path: `${pathOf(name)}[${index}]` })),
    has,
    any: (name) => members[name],
  };
}

function missingError(op: string, field: string, names: readonly string[]): DataError {
  return new DataError({
    op,
    problem: `there is no '${field}'; the fields beside are ${names.slice(0, 20).map(show).join(', ') || 'none'}`,
    field,
    page: 'data-field-missing',
    remedy: 'a file of another format, or of another version of it.',
  });
}

function typeError(
  op: string,
  field: string,
  got: { readonly value: unknown; readonly needed: string },
): DataError {
  return new DataError({
    op,
    problem: `${field} is ${show(got.value)}, must be ${got.needed}`,
    field,
    page: 'data-field-type',
    remedy: 'a file of another format, or of another version of it.',
  });
}
