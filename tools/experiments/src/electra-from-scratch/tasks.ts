import {
  classificationFeatures,
  encoderIds,
  plainEncoder,
  readJsonLines,
  taggingFeatures,
} from '@tesserae/data';
import { findFiles } from '@tesserae/data/node';
import { spanScores } from '@tesserae/metrics';
import type { Tokenizer } from '@tesserae/tokenizer';

/** One input of a task with what is right about it. */
export interface TaskExample {
  readonly inputIds: Int32Array;
  readonly typeIds: Int32Array;
  /** Class of each token, -100 where none is asked; or one class. */
  readonly labels: Int32Array;
  /** Where the answers are read, -1 for words that were cut off; undefined for one class a text. */
  readonly wordPositions?: Int32Array;
  /** Right names, of each word or of the text. */
  readonly gold: readonly string[];
}

/** A task: data, classes, head and score. */
export interface Task {
  readonly name: string;
  readonly className: 'ElectraForTokenClassification' | 'ElectraForSequenceClassification';
  readonly classes: readonly string[];
  readonly train: readonly TaskExample[];
  readonly dev: readonly TaskExample[];
  readonly metric: string;
  /** In percent. */
  readonly score: (gold: readonly (readonly string[])[], found: readonly (readonly string[])[]) => number;
}

/** A row of a task's files. */
interface Row {
  readonly words: readonly string[];
  readonly tags: readonly string[];
}

interface Definition {
  readonly name: string;
  readonly folder: string;
  readonly metric: string;
  readonly isTagging: boolean;
  readonly read: (record: Readonly<Record<string, unknown>>) => Row;
  readonly score: Task['score'];
}

const DEFINITIONS: readonly Definition[] = [
  {
    name: 'part of speech',
    folder: 'pos-ud-ewt',
    metric: 'accuracy',
    isTagging: true,
    read: ({ tokens, upos }) => ({ words: tokens as string[], tags: upos as string[] }),
    score: accuracy,
  },
  {
    name: 'named entities',
    folder: 'ner-uner-ewt',
    metric: 'span F1',
    isTagging: true,
    read: ({ tokens, tags }) => ({ words: tokens as string[], tags: tags as string[] }),
    score: (gold, found) => 100 * spanScores(gold, found).f1,
  },
  {
    name: 'question type',
    folder: 'trec-qc',
    metric: 'accuracy',
    isTagging: false,
    read: ({ text, coarse }) => ({ words: [text as string], tags: [coarse as string] }),
    score: accuracy,
  },
];

/** Share of right names, in percent. */
function accuracy(gold: readonly (readonly string[])[], found: readonly (readonly string[])[]): number {
  const wanted = gold.flat();
  const got = found.flat();
  return (100 * wanted.filter((name, index) => name === got[index]).length) / wanted.length;
}

/** Names of the tasks' folders. */
export const TASK_FOLDERS: readonly string[] = DEFINITIONS.map(({ folder }) => folder);

/** Reads a task's files and encodes them. */
export async function openTask(
  folder: string,
  options: {
    readonly data: string;
    readonly tokenizer: Tokenizer;
    readonly maxLength: number;
    readonly maxExamples: number;
  },
): Promise<Task> {
  const definition = DEFINITIONS.find((candidate) => candidate.folder === folder);
  if (definition === undefined) throw new Error(`unknown task ${folder}; known: ${TASK_FOLDERS.join(', ')}`);
  const { data, tokenizer, maxLength, maxExamples } = options;
  const [train, dev] = await Promise.all(
    ['train', 'dev'].map(async (split) => rowsOf(`${data}/${folder}/${split}.jsonl*`, definition)),
  );
  const classes = [...new Set(train!.flatMap(({ tags }) => tags))].sort();
  const encode = (row: Row): TaskExample =>
    encodeRow(row, { tokenizer, classes, maxLength, isTagging: definition.isTagging });
  const { name, metric, score, isTagging } = definition;
  const className = isTagging ? 'ElectraForTokenClassification' : 'ElectraForSequenceClassification';
  return {
    name,
    className,
    classes,
    train: train!.slice(0, maxExamples).map(encode),
    dev: dev!.map(encode),
    metric,
    score,
  };
}

async function rowsOf(pattern: string, { read }: Definition): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const record of readJsonLines(await findFiles(pattern))) rows.push(read(record));
  return rows;
}

function encodeRow(
  { words, tags }: Row,
  options: {
    readonly tokenizer: Tokenizer;
    readonly classes: readonly string[];
    readonly maxLength: number;
    readonly isTagging: boolean;
  },
): TaskExample {
  const { tokenizer, classes, maxLength, isTagging } = options;
  const shared = { encode: plainEncoder(tokenizer), ids: encoderIds(tokenizer), maxLength };
  if (!isTagging) {
    const { inputIds, typeIds } = classificationFeatures({ text: words[0]! }, shared);
    return { inputIds, typeIds, labels: Int32Array.of(classes.indexOf(tags[0]!)), gold: tags };
  }
  const unknownId = tokenizer.specialTokens.unk!.id;
  const features = taggingFeatures({ words, tags }, { ...shared, unknownId, classes });
  return { ...features, gold: tags };
}
