import { checkChoice, checkOptions, DataError, optionError } from '../errors.js';
import { type DataSource, filesOf } from './data-file.js';
import { type LineFormat, lineRecords, linewise } from './line-records.js';
import { checkReaderOptions, type ReaderOptions } from './reader-options.js';

/** A text, such as one line of a file. */
export interface TextRecord {
  readonly text: string;
}

/** Options of `readText`. */
export interface TextOptions extends ReaderOptions {
  /** What becomes of lines without a visible character: kept (default), or skipped. */
  readonly blankLines?: 'keep' | 'skip';
}

/** The lines of plain text, each a record. */
export function readText(source: DataSource, options: TextOptions = {}): AsyncGenerator<TextRecord> {
  const op = 'readText';
  checkReaderOptions(op, options, ['blankLines']);
  checkChoice(op, 'blankLines', options.blankLines, ['keep', 'skip']);
  const skipsBlank = options.blankLines === 'skip';
  const parse = ({ text }: TextRecord) => (skipsBlank && text.trim() === '' ? undefined : { text });
  return lineRecords(source, { ...options, format: { op, start: () => linewise(parse) } });
}

/** Files whose lines belong together, by the name of the field that their lines become. */
export type ParallelSources<K extends string> = Readonly<Record<K, DataSource>>;

/**
 * Parallel text: line n of each file belongs together, as in `train.en` and `train.de`.
 * `readParallel({ en, de })` yields `{ en: '…', de: '…' }`; any number of files will do, such as several references.
 * @throws DataError (data-parallel) when one side has more lines than another
 */
export async function* readParallel<K extends string>(
  sources: ParallelSources<K>,
  options: Omit<ReaderOptions, 'after' | 'onInvalid'> = {},
): AsyncGenerator<Readonly<Record<K, string>>> {
  const op = 'readParallel';
  checkOptions(op, options, ['encoding', 'invalidBytes', 'maxLineBytes', 'allowEmpty', 'signal']);
  const names = Object.keys(sources) as K[];
  if (names.length < 2) throw optionError(op, 'sources', 'two files at least are needed, such as { en, de }');
  const sides = names.map((name) => readText(sources[name], options));
  let count = 0;
  try {
    for (;;) {
      const lines = await Promise.all(sides.map((side) => side.next()));
      const ended = lines.findIndex(({ done }) => done === true);
      if (ended >= 0) {
        const longer = lines.findIndex(({ done }) => done !== true);
        if (longer < 0) return;
        throw unequal({ op, sources, names, ended: names[ended]!, longer: names[longer]!, count });
      }
      count++;
      yield Object.fromEntries(names.map((name, index) => [name, lines[index]!.value.text])) as Record<
        K,
        string
      >;
    }
  } finally {
    await Promise.all(sides.map((side) => side.return(undefined)));
  }
}

function unequal<K extends string>(facts: {
  readonly op: string;
  readonly sources: ParallelSources<K>;
  readonly names: readonly K[];
  readonly ended: K;
  readonly longer: K;
  readonly count: number;
}): DataError {
  const { op, sources, ended, longer, count } = facts;
  const nameOf = (side: K) =>
    filesOf(sources[side])
      .map((file) => file.name)
      .join(', ');
  return new DataError({
    op,
    problem: `'${ended}' (${nameOf(ended)}) ends after ${count} lines, '${longer}' (${nameOf(longer)}) goes on`,
    file: nameOf(ended),
    line: count + 1,
    field: ended,
    page: 'data-parallel',
    remedy:
      'a file that was cut off, or from which lines were dropped. The files must have the same number of lines.',
  });
}

/** Text in paragraphs, as pre-training wants it. */
export interface TextDocument {
  /** Where the layout has titles. */
  readonly title?: string;
  readonly paragraphs: readonly string[];
}

/** How documents are told apart. */
export type DocumentLayout = 'blank-line' | 'line' | 'file' | 'wikitext';

/** Options of `readDocuments`. */
export interface DocumentOptions extends ReaderOptions {
  /**
   * `blank-line` (default): documents are parted by blank lines, each line is a paragraph (ELECTRA, BERT);
   * `line`: each line is a document; `file`: each file is one;
   * `wikitext`: a line ` = Title = ` begins a document (WikiText), deeper headings are paragraphs.
   */
  readonly layout?: DocumentLayout;
  /** Whether the first line of a document is its title; for `blank-line` and `file`. Default false. */
  readonly hasTitle?: boolean;
}

/** Documents of plain text. */
export function readDocuments(
  source: DataSource,
  options: DocumentOptions = {},
): AsyncGenerator<TextDocument> {
  const op = 'readDocuments';
  const { layout = 'blank-line', hasTitle = false } = options;
  checkReaderOptions(op, options, ['layout', 'hasTitle']);
  checkChoice(op, 'layout', layout, ['blank-line', 'line', 'file', 'wikitext']);
  if (hasTitle && (layout === 'line' || layout === 'wikitext')) {
    throw optionError(op, 'hasTitle', `hasTitle does not go with layout '${layout}'`);
  }
  return lineRecords(source, { ...options, format: documentFormat(op, layout, hasTitle) });
}

function documentFormat(op: string, layout: DocumentLayout, hasTitle: boolean): LineFormat<TextDocument> {
  if (layout === 'line') {
    const parse = ({ text }: TextRecord) => (text.trim() === '' ? undefined : { paragraphs: [text] });
    return { op, start: () => linewise(parse) };
  }
  if (layout === 'wikitext') return { op, start: wikitextParser };
  return { op, start: () => blockParser({ endsAtBlank: layout === 'blank-line', hasTitle }) };
}

type DocumentParser = ReturnType<LineFormat<TextDocument>['start']>;

function blockParser(options: { readonly endsAtBlank: boolean; readonly hasTitle: boolean }): DocumentParser {
  let lines: string[] = [];
  let start = { byte: 0, line: 1, skip: 0 };
  const complete = (next: typeof start) => {
    if (lines.length === 0) return undefined;
    const [first, ...rest] = lines;
    const record = options.hasTitle ? { title: first!.trim(), paragraphs: rest } : { paragraphs: lines };
    lines = [];
    return { records: [record], start, next };
  };
  return {
    push(line) {
      if (line.text.trim() === '') return options.endsAtBlank ? complete(line.next) : undefined;
      if (lines.length === 0) start = line.start;
      lines.push(line.text);
      return undefined;
    },
    end: complete,
  };
}

/** ` = Title = `, and not ` = = Section = = `. */
const TITLE = /^\s*= ([^=].*?) =\s*$/;

function wikitextParser(): DocumentParser {
  let title: string | undefined;
  let paragraphs: string[] = [];
  let start = { byte: 0, line: 1, skip: 0 };
  const complete = (next: typeof start) => {
    if (title === undefined && paragraphs.length === 0) return undefined;
    const record = title === undefined ? { paragraphs } : { title, paragraphs };
    title = undefined;
    paragraphs = [];
    return { records: [record], start, next };
  };
  return {
    push(line) {
      const found = TITLE.exec(line.text)?.[1];
      const completed = found === undefined ? undefined : complete(line.start);
      if (found !== undefined || (title === undefined && paragraphs.length === 0)) start = line.start;
      if (found !== undefined) title = found;
      else if (line.text.trim() !== '') paragraphs.push(line.text.trim());
      return completed;
    },
    end: complete,
  };
}
