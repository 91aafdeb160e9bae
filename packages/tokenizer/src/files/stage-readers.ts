import { TokenizerError } from '../errors.js';
import type { TextPattern } from '../regex/text-pattern.js';
import {
  arrayItems,
  booleanValue,
  fail,
  failUnsupported,
  optionalField,
  requiredField,
  stringValue,
  type JsonField,
} from './json-field.js';

/** Reads the section of one type of stage; `readers` read the stages within it, one level deeper. */
type StageReader<T> = (section: JsonField, readers: NestedReaders<T>) => T;

/** A record a type: what `tokenizer.json` calls it, and how its section is read. */
export type StageReaders<T> = Readonly<Record<string, StageReader<T>>>;

interface NestedReaders<T> {
  readonly readers: StageReaders<T>;
  readonly depth: number;
}

const MAX_DEPTH = 20;

/** The stage that a section describes. @throws TokenizerError (unsupported) naming the types that are read */
export function readStage<T>(section: JsonField, readers: StageReaders<T>, depth = 0): T {
  const field = requiredField(section, 'type');
  const type = stringValue(field);
  if (!Object.hasOwn(readers, type)) failUnsupported(field, `"${type}"`, Object.keys(readers));
  return readers[type]!(section, { readers, depth });
}

/** The stages of a Sequence, in the field `name`. */
export function readSequence<T>(
  section: JsonField,
  name: string,
  { readers, depth }: NestedReaders<T>,
): readonly T[] {
  const field = requiredField(section, name);
  if (depth >= MAX_DEPTH) fail(field, `is nested more than ${MAX_DEPTH} deep`);
  return arrayItems(field).map((item) => readStage(item, readers, depth + 1));
}

/** The field `name` as true or false, or what stands for it when it is missing. */
export function flagOr(
  section: JsonField,
  name: string,
  { missing }: { readonly missing: boolean },
): boolean {
  const field = optionalField(section, name);
  return field === undefined ? missing : booleanValue(field);
}

/** The field `pattern`: `{"String": …}`, `{"Regex": …}`, or a plain string. */
export function readPattern(section: JsonField): TextPattern {
  const field = requiredField(section, 'pattern');
  if (typeof field.value === 'string') return field.value;
  const regex = optionalField(field, 'Regex');
  return regex === undefined ? stringValue(requiredField(field, 'String')) : { regex: stringValue(regex) };
}

/** Makes a stage whose options the file gave: an error about them names file and section. */
export function within<T>(section: JsonField, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TokenizerError) || error.file !== undefined) throw error;
    const field = [section.path, error.field].filter((part) => part !== undefined).join('.');
    throw new TokenizerError({ ...error.facts, file: section.file, field });
  }
}
