import { readFile } from 'node:fs/promises';
import { FormatError } from '@tesserae/tensor';
import { FolderError } from '@tesserae/weights';

/** How a file holds targets or predictions. */
export type PredictionFormat = 'text' | 'jsonl' | 'conll' | 'squad';

/** Names of the formats. */
export const PREDICTION_FORMATS: readonly PredictionFormat[] = ['text', 'jsonl', 'conll', 'squad'];

/** One target or prediction: a text or label, a number, several right texts, or the tags of a sentence. */
export interface Entry {
  readonly value: string | number | readonly string[];
  readonly kind: 'value' | 'references' | 'tags';
  /** By which targets and predictions find each other; without one, their order does. */
  readonly id?: string;
  /** Line it begins at, from 1; 0 where lines mean nothing. */
  readonly line: number;
}

/** A file that was read. */
export interface EntryFile {
  readonly path: string;
  readonly format: PredictionFormat;
  readonly entries: readonly Entry[];
}

/** Which side a file is on: it decides which fields of JSON lines count. */
type Side = 'targets' | 'predictions';

const FIELDS: Readonly<Record<Side, readonly string[]>> = {
  targets: ['target', 'targets', 'references', 'answers', 'label', 'tags'],
  predictions: ['prediction', 'label', 'score', 'tags'],
};

const TAG = /^(?:O|[BIESLU](?:-\S+)?)$/;

/**
 * Reads targets or predictions.
 * @throws FolderError (file-missing), FormatError (predictions-file) naming file and line
 */
export async function readEntries(
  path: string,
  {
    side,
    format,
    signal,
  }: { readonly side: Side; readonly format?: PredictionFormat; readonly signal: AbortSignal },
): Promise<EntryFile> {
  const text = (await readText(path, signal)).replace(/^\ufeff/, '');
  const found = format ?? detectFormat(text);
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop(); // the line break that ends the last line
  const read: Readonly<Record<PredictionFormat, () => readonly Entry[]>> = {
    text: () => lines.map((value, index) => ({ value, kind: 'value', line: index + 1 })),
    jsonl: () => readJsonLines(path, { lines, side }),
    conll: () => readSentences(path, lines),
    squad: () => (side === 'targets' ? readQuestions : readAnswers)(path, parseJson(path, text, 0)),
  };
  return { path, format: found, entries: read[found]() };
}

/**
 * A file as text.
 * @throws FolderError (file-missing)
 */
export async function readText(path: string, signal: AbortSignal): Promise<string> {
  try {
    return await readFile(path, { encoding: 'utf8', signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new FolderError({
      op: 'score-predictions',
      problem: `cannot read the file (${cause instanceof Error ? cause.message : String(cause)})`,
      likely: 'Check the path; it counts from the current directory.',
      page: 'file-missing',
      file: path,
      cause,
    });
  }
}

/** One JSON value is SQuAD, an object a line is JSON lines, a tag at the end of each line is CoNLL, the rest text. */
function detectFormat(text: string): PredictionFormat {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length > 0 && lines.every((line) => /^\s*\{.*\}\s*$/.test(line))) {
    const isWhole = lines.length === 1 && !Object.keys(safeParse(lines[0]!)).some(isField);
    return isWhole ? 'squad' : 'jsonl';
  }
  if (/^\s*\{/.test(text) && /\}\s*$/.test(text)) return 'squad';
  const tags = lines.map(lastColumn);
  const isTagged =
    tags.every((tag) => TAG.test(tag)) &&
    (tags.some((tag) => tag[1] === '-') || tags.every((tag) => tag === 'O'));
  return isTagged && tags.length > 0 ? 'conll' : 'text';
}

const isField = (name: string): boolean => FIELDS.targets.includes(name) || FIELDS.predictions.includes(name);

function safeParse(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}

const lastColumn = (line: string): string => line.trim().split(/\s+/).at(-1)!;

function readJsonLines(
  path: string,
  { lines, side }: { readonly lines: readonly string[]; readonly side: Side },
): readonly Entry[] {
  return lines.flatMap((text, index) => {
    const line = index + 1;
    if (text.trim() === '') return [];
    const record = parseJson(path, text, line);
    const given = FIELDS[side].filter((name) => record[name] !== undefined);
    if (given.length !== 1) {
      throw fileError(path, line, {
        problem: `${given.length === 0 ? 'none' : 'more than one'} of the fields ${FIELDS[side].join(', ')} is there`,
        likely: `A line of ${side} has one of them, and may have an id.`,
      });
    }
    const { id } = record;
    const name = given[0]!;
    const entry = entryOf(record[name], { name, path, line });
    return [typeof id === 'string' || typeof id === 'number' ? { ...entry, id: String(id) } : entry];
  });
}

interface Field {
  readonly name: string;
  readonly path: string;
  readonly line: number;
}

function entryOf(value: unknown, { name, path, line }: Field): Entry {
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (name === 'tags' && isList) return { value: value as string[], kind: 'tags', line };
  if (name !== 'tags' && isList) return { value: value as string[], kind: 'references', line };
  if (name !== 'tags' && (typeof value === 'string' || typeof value === 'number'))
    return { value, kind: 'value', line };
  if (name === 'label' && typeof value === 'boolean') return { value: Number(value), kind: 'value', line };
  throw fileError(path, line, {
    problem: `'${name}' is ${JSON.stringify(value)?.slice(0, 60)}`,
    likely: "Texts, numbers or lists of texts; 'tags' is a list of tags.",
  });
}

/** Sentences are parted by empty lines; the tag is the last column. */
function readSentences(path: string, lines: readonly string[]): readonly Entry[] {
  const sentences: { value: string[]; kind: 'tags'; line: number }[] = [];
  let open: { value: string[]; kind: 'tags'; line: number } | undefined;
  lines.forEach((text, index) => {
    if (text.trim() === '' || text.startsWith('-DOCSTART-')) {
      open = undefined;
      return;
    }
    const tag = lastColumn(text);
    if (!TAG.test(tag)) {
      throw fileError(path, index + 1, {
        problem: `the last column is ${JSON.stringify(tag.slice(0, 60))}, which is no tag`,
        likely: 'Tags are O or a prefix of B, I, E, S, L, U with -TYPE.',
      });
    }
    if (open === undefined) sentences.push((open = { value: [], kind: 'tags', line: index + 1 }));
    open.value.push(tag);
  });
  return sentences;
}

function readQuestions(path: string, json: Readonly<Record<string, unknown>>): readonly Entry[] {
  const articles = Array.isArray(json['data']) ? (json['data'] as unknown[]) : undefined;
  if (articles === undefined) {
    throw fileError(path, 0, {
      problem: "there is no list 'data'",
      likely: 'Targets in JSON are a SQuAD file; else use JSON lines.',
    });
  }
  const at = (value: unknown, name: string): unknown => (Object(value) as Record<string, unknown>)[name];
  const listAt = (value: unknown, name: string): readonly unknown[] => {
    const list = at(value, name);
    if (Array.isArray(list)) return list as unknown[];
    throw fileError(path, 0, {
      problem: `'${name}' is missing in 'data'`,
      likely: 'The file is no SQuAD file.',
    });
  };
  const questions = articles
    .flatMap((article) => listAt(article, 'paragraphs'))
    .flatMap((part) => listAt(part, 'qas'));
  return questions.map((question) => {
    const value = listAt(question, 'answers').map((answer) => String(at(answer, 'text')));
    return { value, kind: 'references', id: String(at(question, 'id')), line: 0 };
  });
}

function readAnswers(path: string, json: Readonly<Record<string, unknown>>): readonly Entry[] {
  return Object.entries(json).map(([id, value]) => {
    if (typeof value === 'string' || typeof value === 'number') return { value, kind: 'value', id, line: 0 };
    throw fileError(path, 0, {
      problem: `the answer to '${id}' is no text`,
      likely: 'Predictions are {"id": "text", …}.',
    });
  });
}

/**
 * One JSON object; `line` is where it stands, 0 for the whole file.
 * @throws FormatError (predictions-file)
 */
export function parseJson(path: string, text: string, line: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (cause) {
    throw fileError(path, line, {
      problem: 'this is no JSON',
      likely: 'One object a line, or one for the file.',
      cause,
    });
  }
  throw fileError(path, line, {
    problem: 'this is no JSON object',
    likely: 'One object a line, or one for the file.',
  });
}

/** An error about a line of a file. */
export function fileError(
  path: string,
  line: number,
  facts: { readonly problem: string; readonly likely: string; readonly cause?: unknown },
): FormatError {
  const file = line > 0 ? `${path}:${line}` : path;
  return new FormatError({ op: 'score-predictions', ...facts, page: 'predictions-file', file });
}
