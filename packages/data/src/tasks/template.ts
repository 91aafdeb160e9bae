import { checkOptions, DataError, show } from '../errors.js';
import { readRecord, type DataRecord, type RecordReader } from './record.js';
import { classReader, classTarget, indexFact, textFormat, type TextFormat } from './text-format.js';

/** A format written as two templates. */
export interface TemplateFormatOptions {
  readonly name: string;
  /** `mrpc sentence1: {sentence1} sentence2: {sentence2}`; `{a/b}` leads into fields, `{{` and `}}` are braces. */
  readonly inputs: string;
  /** Default `{label}`. */
  readonly targets?: string;
  /** Names of the classes that the label's numbers mean; predictions then become class numbers. */
  readonly classes?: readonly string[];
  /** Field of the label. Default `label`. */
  readonly labelField?: string;
  /** All fields that a record may have; others throw. Default: a record may have more than the templates use. */
  readonly fields?: readonly string[];
  readonly metrics?: readonly string[];
}

const optionNames = ['name', 'inputs', 'targets', 'classes', 'labelField', 'fields', 'metrics'];

/**
 * A format of your own.
 * @throws DataError (unknown-option, template); from `examples` (data-record) for a missing or unknown field
 */
export function templateFormat(options: TemplateFormatOptions): TextFormat {
  checkOptions('templateFormat', options, optionNames);
  const { name, classes, labelField = 'label', fields, metrics } = options;
  const inputs = parseTemplate(options.inputs);
  const targets = parseTemplate(options.targets ?? `{${labelField}}`);
  const valueOf = (record: RecordReader, path: string): string =>
    classes !== undefined && path === labelField
      ? classTarget(record, labelField, classes)
      : printed(record, path);
  const format = textFormat({
    name,
    metrics,
    ...(classes === undefined ? {} : classReader(classes)),
    examples: (record) => [
      {
        inputs: fill(inputs, (path) => valueOf(record, path)),
        targets: fill(targets, (path) => valueOf(record, path)),
        facts: indexFact(record),
      },
    ],
  });
  if (fields === undefined) return format;
  return {
    ...format,
    examples: (record, place) => format.examples(checkFields(record, { ...options, place }), place),
  };
}

function checkFields(
  record: DataRecord,
  { fields = [], name, place }: TemplateFormatOptions & { readonly place?: string },
): DataRecord {
  const unknown = Object.keys(record).find((field) => !fields.includes(field));
  if (unknown === undefined) return record;
  const problem = `the record has a field "${unknown}" that is not among ${fields.join(', ')}`;
  throw readRecord(record, { task: name, place }).wrong(unknown, problem);
}

function printed(record: RecordReader, path: string): string {
  const value = record.optional(path);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return record.text(path);
}

/** A template in pieces: texts, and paths of fields. */
export type Template = readonly (string | { readonly path: string })[];

/**
 * Takes a template apart.
 * @throws DataError (data-template) for a brace without its partner or an empty name
 */
export function parseTemplate(template: string): Template {
  const pieces: (string | { readonly path: string })[] = [];
  let rest = template;
  while (rest !== '') {
    const [piece, field] = /^(?:[^{}]+|\{\{|\}\}|\{([^{}\s]+)\})/.exec(rest) ?? [];
    if (piece === undefined) throw templateError(template, template.length - rest.length);
    pieces.push(field === undefined ? piece.replace(/^(\{\{|\}\})$/, (brace) => brace[0]!) : { path: field });
    rest = rest.slice(piece.length);
  }
  return pieces;
}

function templateError(template: string, at: number): DataError {
  return new DataError({
    op: 'parseTemplate',
    problem: `the brace at character ${at} of ${show(template)} opens or closes no field`,
    page: 'data-template',
    remedy: 'write fields as {name}, without spaces, and braces as {{ and }}.',
  });
}

/** A template with its fields put in. */
export function fill(template: Template, valueOf: (path: string) => string): string {
  return template.map((piece) => (typeof piece === 'string' ? piece : valueOf(piece.path))).join('');
}
