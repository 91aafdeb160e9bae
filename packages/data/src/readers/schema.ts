import { checkOptions, DataError, optionError, show } from '../errors.js';

/** What a field may hold. */
export type FieldType = keyof FieldValues;

interface FieldValues {
  readonly text: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
  readonly integers: readonly number[];
  readonly any: unknown;
}

/** One field that a record must have. */
export interface FieldSpec {
  readonly type: FieldType;
  /** Its name, or column, in the file; default the name in the record. */
  readonly from?: string;
  /** Whether it may be missing or null; then the record lacks it. Default false. */
  readonly isOptional?: boolean;
  /** The values allowed, or a map from the values in the file to those in the record. Lists are checked by element. */
  readonly labels?:
    readonly (string | number | boolean)[] | Readonly<Record<string, string | number | boolean>>;
  /** What parts the elements of a list in a file of text columns, such as ','. */
  readonly split?: string;
}

/** The fields of a record. Fields of the file that are not named here are left out. */
export type Schema = Readonly<Record<string, FieldType | FieldSpec>>;

/** The record that a schema describes. */
export type RecordOf<S extends Schema> = {
  readonly [K in keyof S as S[K] extends { readonly isOptional: true } ? never : K]: ValueOf<S[K]>;
} & { readonly [K in keyof S as S[K] extends { readonly isOptional: true } ? K : never]?: ValueOf<S[K]> };

type ValueOf<F> = F extends FieldType
  ? FieldValues[F]
  : F extends { readonly labels: infer L; readonly type: infer T }
    ? L extends readonly unknown[]
      ? FieldValues[T & FieldType]
      : FieldValues[T & FieldType] extends readonly unknown[]
        ? readonly L[keyof L][]
        : L[keyof L]
    : F extends { readonly type: infer T extends FieldType }
      ? FieldValues[T]
      : never;

/** Makes records of what a file holds. */
export type RecordCheck = (raw: Readonly<Record<string, unknown>>) => object;

type Scalar = 'text' | 'number' | 'integer' | 'boolean';

interface Field {
  readonly op: string;
  readonly name: string;
  readonly from: string;
  readonly spec: FieldSpec;
  readonly labels?: ReadonlyMap<string, unknown>;
}

const TYPES: readonly FieldType[] = [
  'text',
  'number',
  'integer',
  'boolean',
  'texts',
  'numbers',
  'integers',
  'any',
];
const ELEMENTS: Partial<Record<FieldType, Scalar>> = {
  texts: 'text',
  numbers: 'number',
  integers: 'integer',
};

/**
 * Compiles a schema.
 * @param options.isText  whether the file has text only (CSV), so that numbers and lists are parsed from it
 * @throws DataError (option-value, unknown-option) when the schema itself is wrong
 * @returns a check that throws DataError: data-field-missing, data-field-type, data-label
 */
export function compileSchema(
  schema: Schema,
  options: { readonly op: string; readonly isText?: boolean },
): RecordCheck {
  const { op, isText = false } = options;
  const fields = Object.entries(schema).map(([name, spec]) => compileField(op, name, spec));
  return (raw) => {
    const record: Record<string, unknown> = {};
    for (const field of fields) {
      const value = Object.hasOwn(raw, field.from) ? raw[field.from] : undefined;
      if (value === undefined || value === null || (isText && value === '' && field.spec.isOptional)) {
        if (field.spec.isOptional === true) continue;
        throw missing(field, raw);
      }
      record[field.name] = readValue(field, isText ? parseText(field, value as string) : value);
    }
    return record;
  };
}

function compileField(op: string, name: string, given: FieldType | FieldSpec): Field {
  const spec = typeof given === 'string' ? { type: given } : given;
  checkOptions(op, spec, ['type', 'from', 'isOptional', 'labels', 'split']);
  if (!TYPES.includes(spec.type)) {
    throw optionError(
      op,
      `schema.${name}.type`,
      `type is ${show(spec.type)}, must be one of ${TYPES.join(', ')}`,
    );
  }
  const base = { op, name, from: spec.from ?? name, spec };
  if (spec.labels === undefined) return base;
  const pairs = Array.isArray(spec.labels)
    ? spec.labels.map((label: unknown) => [String(label), label] as const)
    : Object.entries(spec.labels);
  if (pairs.length === 0) throw optionError(op, `schema.${name}.labels`, 'labels is empty');
  return { ...base, labels: new Map(pairs) };
}

function readValue(field: Field, value: unknown): unknown {
  const { type } = field.spec;
  const element = ELEMENTS[type];
  if (element === undefined) return readScalar(field, type as Scalar | 'any', value);
  if (!Array.isArray(value)) throw wrongType(field, value);
  return value.map((entry) => readScalar(field, element, entry));
}

const IS_RIGHT: Readonly<Record<Scalar | 'any', (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  any: () => true,
};

function readScalar(field: Field, type: Scalar | 'any', value: unknown): unknown {
  if (field.labels !== undefined) return readLabel(field, value);
  if (!IS_RIGHT[type](value)) throw wrongType(field, value);
  return value;
}

function readLabel(field: Field, value: unknown): unknown {
  const label = typeof value === 'object' ? undefined : field.labels!.get(String(value));
  if (label !== undefined) return label;
  const allowed = [...field.labels!.keys()];
  const shown = allowed.slice(0, 20).map(show).join(', ');
  const more = allowed.length > 20 ? ` and ${allowed.length - 20} more` : '';
  throw new DataError({
    op: field.op,
    problem: `the label is ${show(value)}, not one of ${shown}${more}`,
    field: field.from,
    page: 'data-label',
    remedy: 'labels of another data set or version, the wrong column, or a header line read as data.',
  });
}

/** Values of text columns; what does not parse stays text, and the type check complains. */
function parseText(field: Field, text: string): unknown {
  const { type, split } = field.spec;
  const element = ELEMENTS[type];
  if (element !== undefined) {
    if (split === undefined) {
      throw optionError(
        field.op,
        `schema.${field.name}.split`,
        'lists in text columns need `split`, such as ","',
      );
    }
    return text === '' ? [] : text.split(split).map((part) => parseScalar(field, element, part));
  }
  return parseScalar(field, type as Scalar | 'any', text);
}

function parseScalar(field: Field, type: Scalar | 'any', text: string): unknown {
  if (field.labels !== undefined) return text;
  const trimmed = text.trim();
  if ((type === 'number' || type === 'integer') && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(trimmed)) {
    return Number(trimmed);
  }
  if (type === 'boolean' && /^(true|1)$/i.test(trimmed)) return true;
  if (type === 'boolean' && /^(false|0)$/i.test(trimmed)) return false;
  return text;
}

function missing(field: Field, raw: Readonly<Record<string, unknown>>): DataError {
  const names = Object.keys(raw);
  return new DataError({
    op: field.op,
    problem: `there is no '${field.from}'; the fields are ${names.slice(0, 20).map(show).join(', ') || 'none'}`,
    field: field.from,
    page: 'data-field-missing',
    remedy: 'another name in this file: say it with `from`. If it may be absent, set isOptional: true.',
  });
}

function wrongType(field: Field, value: unknown): DataError {
  return new DataError({
    op: field.op,
    problem: `the value is ${show(value)} (${kindOf(value)}), must be of type ${field.spec.type}`,
    field: field.from,
    page: 'data-field-type',
    remedy:
      'the wrong column, or a file in which this field has another type. Correct `type` in the schema, or the file.',
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
