import type { ConfigFields } from './config-fields.js';

/** What the labels of a sequence mean; Hugging Face's names. */
export type ProblemType = 'regression' | 'single_label_classification' | 'multi_label_classification';

type Json = Readonly<Record<string, unknown>>;

const PROBLEM_TYPES: readonly ProblemType[] = [
  'regression',
  'single_label_classification',
  'multi_label_classification',
];

/** A list is made from the number of labels, so a damaged file must not choose its length. */
const MOST_LABELS = 1_000_000;

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

/**
 * Names of the classes of a classification head, by `id2label`, else `LABEL_0` to `num_labels - 1` (default 2).
 * @throws ConfigError when ids are not 0, 1, 2, …
 */
export function classLabels(json: Json, read: ConfigFields): readonly string[] {
  const map = json['id2label'];
  if (isAbsent(map)) {
    const numLabels = read.count('num_labels', 2, { most: MOST_LABELS });
    return Array.from({ length: numLabels }, (_, index) => `LABEL_${index}`);
  }
  const entries = typeof map === 'object' ? Object.entries(map) : [];
  if (entries.length === 0) read.fail('id2label', map, 'an object of id to name');
  const labels = new Array<string | undefined>(entries.length).fill(undefined);
  for (const [id, name] of entries) {
    if (!(Number(id) in labels) || typeof name !== 'string') {
      read.fail(`id2label.${id}`, name, `a name for an id below ${labels.length}`);
    }
    labels[Number(id)] = name;
  }
  return labels.map((name, index) => name ?? read.fail('id2label', map, `a name for id ${index}`));
}

/**
 * `problem_type` of a config; undefined where it says nothing.
 * @throws ConfigError for any other word
 */
export function problemTypeField(json: Json, read: ConfigFields): ProblemType | undefined {
  const value = json['problem_type'];
  if (isAbsent(value)) return undefined;
  const found = PROBLEM_TYPES.find((name) => name === value);
  return found ?? read.fail('problem_type', value, PROBLEM_TYPES.join(' | '));
}
