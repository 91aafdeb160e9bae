import { checkChoice, DataError, optionError, show } from '../errors.js';
import type { DataSource } from './data-file.js';
import { type LineParser, lineRecords, type TextLine } from './line-records.js';
import type { Position } from './place.js';
import { checkReaderOptions, type ReaderOptions } from './reader-options.js';
import { convertTags, type ConvertTagsOptions, tagSpans, type TagScheme } from './tag-scheme.js';

/** A sentence with a list for each column that was asked for, all of one length. */
export type TaggedSentence<K extends string = 'tokens' | 'tags'> = Readonly<Record<K, readonly string[]>>;

/** Options of `readConll`. */
export interface ConllOptions<K extends string = 'tokens' | 'tags'> extends ReaderOptions {
  /** Column of each field, from 0, or from -1 at the end of the line; default `{ tokens: 0, tags: -1 }`. */
  readonly columns?: Readonly<Record<K, number>>;
  /** What parts columns; default: tabs if the line has one, else spaces. */
  readonly separator?: 'tab' | 'space';
  /** The scheme of the field `tags`; then it is checked. */
  readonly scheme?: TagScheme;
  /** The scheme to convert `tags` to; needs `scheme`. */
  readonly convertTo?: TagScheme;
  /** Tags that `scheme` does not allow: an error (default), or read as conlleval reads them. */
  readonly invalidTags?: 'error' | 'repair';
  /** What lines begin with that are no tokens, such as '# '; default: there are none, as '#' may be a token. */
  readonly comment?: string;
}

const OPTIONS = ['columns', 'separator', 'scheme', 'convertTo', 'invalidTags', 'comment'];
const SCHEMES: readonly TagScheme[] = ['iob1', 'iob2', 'iobes', 'bilou'];

interface Layout {
  readonly op: string;
  readonly columns: Readonly<Record<string, number>>;
  readonly separator?: 'tab' | 'space';
  readonly comment?: string;
  readonly tags?: (tags: readonly string[]) => readonly string[];
}

/**
 * Sentences of a CoNLL file: a token a line with its columns, a blank line after each sentence. `-DOCSTART-` lines are
 * passed over.
 * @throws DataError data-columns, data-tags
 */
export function readConll<K extends string = 'tokens' | 'tags'>(
  source: DataSource,
  options: ConllOptions<K> = {},
): AsyncGenerator<TaggedSentence<K>> {
  const op = 'readConll';
  checkReaderOptions(op, options, OPTIONS);
  checkChoice(op, 'separator', options.separator, ['tab', 'space']);
  const columns: Readonly<Record<string, number>> = options.columns ?? { tokens: 0, tags: -1 };
  for (const [name, column] of Object.entries(columns)) {
    if (!Number.isInteger(column))
      throw optionError(op, `columns.${name}`, `${show(column)} is no whole number`);
  }
  const { separator, comment } = options;
  const layout: Layout = { op, columns, separator, comment, tags: tagReader(op, options, columns) };
  return lineRecords(source, { ...options, format: { op, start: () => sentenceParser<K>(layout) } });
}

function tagReader<K extends string>(
  op: string,
  options: ConllOptions<K>,
  columns: Readonly<Record<string, number>>,
): Layout['tags'] {
  const { scheme, convertTo, invalidTags = 'error' } = options;
  for (const [field, value] of Object.entries({ scheme, convertTo })) checkChoice(op, field, value, SCHEMES);
  checkChoice(op, 'invalidTags', options.invalidTags, ['error', 'repair']);
  if (scheme === undefined) {
    const needing =
      convertTo !== undefined ? 'convertTo' : options.invalidTags !== undefined && 'invalidTags';
    if (needing) throw optionError(op, needing, `${needing} needs \`scheme\`, the scheme of the file`);
    return undefined;
  }
  if (columns['tags'] === undefined) throw optionError(op, 'scheme', "scheme needs a column named 'tags'");
  const conversion: ConvertTagsOptions = { from: scheme, to: convertTo ?? scheme, invalidTags };
  const mustRewrite = convertTo !== undefined || invalidTags === 'repair';
  if (mustRewrite) return (tags) => convertTags(tags, conversion);
  return (tags) => {
    tagSpans(tags, { scheme });
    return tags;
  };
}

function sentenceParser<K extends string>(layout: Layout): LineParser<TaggedSentence<K>> {
  let rows: string[][] = [];
  let start: Position | undefined;
  let failed: unknown;
  const complete = (next: Position) => {
    const sentence = { rows, start: start!, failed };
    [rows, start, failed] = [[], undefined, undefined];
    if (sentence.failed !== undefined) throw sentence.failed;
    if (sentence.rows.length === 0) return undefined;
    const record = toSentence(layout, sentence.rows, sentence.start);
    return { records: [record as TaggedSentence<K>], start: sentence.start, next };
  };
  return {
    push(line) {
      // ASCII blanks only: a token may be a no-break space
      if (/^[ \t]*$/.test(line.text)) return complete(line.next);
      if (layout.comment !== undefined && line.text.startsWith(layout.comment)) return undefined;
      if (line.text.startsWith('-DOCSTART-')) return undefined;
      start ??= line.start;
      try {
        rows.push(splitColumns(layout, line, rows[0]?.length));
      } catch (error) {
        failed ??= error; // the whole sentence is lost: thrown at its end, so that reading can go on behind it
      }
      return undefined;
    },
    end: complete,
  };
}

function splitColumns(layout: Layout, line: TextLine, needed: number | undefined): string[] {
  const separator = layout.separator ?? (line.text.includes('\t') ? 'tab' : 'space');
  const cells = separator === 'tab' ? line.text.split('\t') : line.text.replace(/^ +| +$/g, '').split(/ +/);
  if (needed !== undefined && cells.length !== needed) {
    throw columnError(layout, line, `${cells.length} columns; the lines before have ${needed}`);
  }
  for (const [name, column] of Object.entries(layout.columns)) {
    const cell = cells.at(column);
    if (column < cells.length && cell !== undefined && cell !== '') continue;
    throw columnError(layout, line, `no column ${column} for '${name}' (it has ${cells.length})`);
  }
  return cells;
}

function columnError({ op }: Layout, line: TextLine, problem: string): DataError {
  return new DataError({
    op,
    problem: `${show(line.text)} has ${problem}`,
    line: line.start.line,
    page: 'data-columns',
    remedy:
      'another `separator`, a token with a space in it, a comment (see `comment`), or a missing blank line.',
  });
}

function toSentence(
  layout: Layout,
  rows: readonly string[][],
  start: Position,
): Record<string, readonly string[]> {
  const sentence: Record<string, readonly string[]> = {};
  for (const [name, column] of Object.entries(layout.columns)) {
    const cells = rows.map((row) => row.at(column)!);
    sentence[name] = name === 'tags' && layout.tags !== undefined ? atLine(layout.tags, cells, start) : cells;
  }
  return sentence;
}

function atLine(
  read: (tags: readonly string[]) => readonly string[],
  tags: readonly string[],
  start: Position,
): readonly string[] {
  try {
    return read(tags);
  } catch (error) {
    if (error instanceof DataError) throw new DataError({ ...error.facts, line: start.line });
    throw error;
  }
}
