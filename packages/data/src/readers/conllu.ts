import { DataError, show } from '../errors.js';
import type { DataSource } from './data-file.js';
import { type LineParser, lineRecords, type TextLine } from './line-records.js';
import type { Position } from './place.js';
import { checkReaderOptions, type ReaderOptions } from './reader-options.js';

/** A surface token that stands for several words, such as `don't` for `do` and `n't`. */
export interface MultiwordToken {
  /** Index of its first word, from 0. */
  readonly start: number;
  /** Index after its last word. */
  readonly end: number;
  readonly form: string;
  readonly misc: string | null;
}

/** A word of the enhanced graph that the text does not have. */
export interface EmptyNode {
  /** Its id in the file, such as `8.1`. */
  readonly id: string;
  readonly form: string | null;
  readonly lemma: string | null;
  readonly upos: string | null;
  readonly deps: string | null;
}

/** A sentence of a treebank. Lists have an entry for each word; null where the file has `_`. */
export interface TreebankSentence {
  readonly sentId?: string;
  readonly text?: string;
  /** Other comments, without '# '. */
  readonly comments: readonly string[];
  readonly tokens: readonly string[];
  readonly lemmas: readonly (string | null)[];
  readonly upos: readonly (string | null)[];
  readonly xpos: readonly (string | null)[];
  readonly feats: readonly Readonly<Record<string, string>>[];
  /** Index of each word's head, from 0; -1 for the root. */
  readonly heads: readonly (number | null)[];
  readonly deprels: readonly (string | null)[];
  /** Enhanced dependencies as they stand. */
  readonly deps: readonly (string | null)[];
  readonly misc: readonly (string | null)[];
  readonly multiwordTokens: readonly MultiwordToken[];
  readonly emptyNodes: readonly EmptyNode[];
}

const OP = 'readConllu';

/**
 * Sentences of CoNLL-U, the format of Universal Dependencies. `tokens` are the syntactic words; multiword tokens and
 * empty nodes stand beside them.
 * @throws DataError (data-conllu) where the file breaks the format: columns, ids, heads
 * @see https://universaldependencies.org/format.html
 */
export function readConllu(
  source: DataSource,
  options: ReaderOptions = {},
): AsyncGenerator<TreebankSentence> {
  checkReaderOptions(OP, options);
  return lineRecords(source, { ...options, format: { op: OP, start: conlluParser } });
}

function conlluParser(): LineParser<TreebankSentence> {
  let lines: TextLine[] = [];
  const complete = (next: Position) => {
    const block = lines;
    lines = [];
    if (block.every(({ text }) => text.startsWith('#'))) return undefined;
    return { records: [toSentence(block)], start: block[0]!.start, next };
  };
  return {
    push(line) {
      if (line.text.trim() === '') return complete(line.next);
      lines.push(line);
      return undefined;
    },
    end: complete,
  };
}

function toSentence(block: readonly TextLine[]): TreebankSentence {
  const comments = block.filter(({ text }) => text.startsWith('#')).map(({ text }) => text.slice(1).trim());
  const rows = block.filter(({ text }) => !text.startsWith('#')).map(splitRow);
  const words = rows.filter(({ cells }) => /^\d+$/.test(cells[0]!));
  const sentence: TreebankSentence = {
    ...commentFields(comments),
    tokens: words.map(({ cells }) => cells[1]!),
    lemmas: words.map(({ cells }) => (cells[2] === '_' && cells[1] !== '_' ? null : cells[2]!)),
    upos: column(words, 3),
    xpos: column(words, 4),
    feats: words.map(readFeats),
    heads: words.map((row) => readHead(row, words.length)),
    deprels: column(words, 7),
    deps: column(words, 8),
    misc: column(words, 9),
    ...readOtherRows(rows),
  };
  return sentence;
}

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

function splitRow({ text, start }: TextLine): Row {
  const cells = text.split('\t');
  const row = { cells, line: start.line };
  if (cells.length !== 10) throw formatError(row, `the line has ${cells.length} columns, 10 are needed`);
  const empty = cells.findIndex((cell) => cell === '');
  if (empty >= 0) throw formatError(row, `column ${empty + 1} is empty`);
  return row;
}

function commentFields(comments: readonly string[]): Pick<TreebankSentence, 'sentId' | 'text' | 'comments'> {
  const valueOf = (key: string) =>
    comments.find((comment) => new RegExp(`^${key}\\s*=`).test(comment))?.replace(/^[^=]*=\s*/, '');
  const sentId = valueOf('sent_id');
  const text = valueOf('text');
  return {
    ...(sentId === undefined ? {} : { sentId }),
    ...(text === undefined ? {} : { text }),
    comments: comments.filter((comment) => !/^(sent_id|text)\s*=/.test(comment)),
  };
}

function column(words: readonly Row[], index: number): readonly (string | null)[] {
  return words.map(({ cells }) => nullable(cells[index]!));
}

function nullable(cell: string): string | null {
  return cell === '_' ? null : cell;
}

function readFeats(row: Row): Readonly<Record<string, string>> {
  const cell = row.cells[5]!;
  if (cell === '_') return {};
  return Object.fromEntries(
    cell.split('|').map((pair) => {
      const at = pair.indexOf('=');
      if (at <= 0) throw formatError(row, `the feature ${show(pair)} is not Name=Value`, 'feats');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function readHead(row: Row, count: number): number | null {
  const cell = row.cells[6]!;
  if (cell === '_') return null;
  const head = /^\d+$/.test(cell) ? Number(cell) : Number.NaN;
  if (head <= count) return head - 1;
  throw formatError(row, `the head is ${show(cell)}, must be 0 to ${count}`, 'head');
}

/** Checks that ids run 1, 2, 3 …, with ranges before their words and empty nodes after theirs. */
function readOtherRows(rows: readonly Row[]): Pick<TreebankSentence, 'multiwordTokens' | 'emptyNodes'> {
  const multiwordTokens: MultiwordToken[] = [];
  const emptyNodes: EmptyNode[] = [];
  const count = rows.filter(({ cells }) => /^\d+$/.test(cells[0]!)).length;
  let last = 0;
  for (const row of rows) {
    const [id, form, lemma, upos, , , , , deps, misc] = row.cells as [string, ...string[]];
    const [, from, kind, to] = /^(\d+)(?:([-.])(\d+))?$/.exec(id) ?? [];
    const first = Number(from);
    if (kind === undefined && first === last + 1) {
      last = first;
    } else if (kind === '-' && first === last + 1 && Number(to) >= first && Number(to) <= count) {
      multiwordTokens.push({ start: first - 1, end: Number(to), form: form!, misc: nullable(misc!) });
    } else if (kind === '.' && first === last) {
      emptyNodes.push({
        id,
        form: nullable(form!),
        lemma: nullable(lemma!),
        upos: nullable(upos!),
        deps: nullable(deps!),
      });
    } else {
      throw formatError(row, `the id ${show(id)} cannot follow word ${last}, of ${count} words`, 'id');
    }
  }
  return { multiwordTokens, emptyNodes };
}

function formatError(row: Row, problem: string, field?: string): DataError {
  return new DataError({
    op: OP,
    problem,
    line: row.line,
    ...(field === undefined ? {} : { field }),
    page: 'data-conllu',
    remedy:
      'spaces in place of tabs, a missing blank line between sentences, or another CoNLL format (readConll).',
  });
}
