/** The tasks of GLUE; `ax` is its diagnostic set. */
export type GlueTask = 'cola' | 'sst2' | 'mrpc' | 'qqp' | 'stsb' | 'mnli' | 'qnli' | 'rte' | 'wnli' | 'ax';

/** How the original TSV files of a task hold its fields. */
export interface GlueLayout {
  /** Names of the texts in records, with the columns that hold them in the original files. */
  readonly texts: Readonly<Record<string, string>>;
  /** The column of the label. */
  readonly label: string;
  /** Names of the classes, in the order of their numbers; undefined: the label is a score. */
  readonly classes?: readonly string[];
  /** Names of the classes in the original files, where those are other. */
  readonly written?: readonly string[];
  /** Columns of labelled files without a header. */
  readonly columns?: readonly string[];
}

const ENTAILMENT = ['entailment', 'not_entailment'] as const;
const NLI = ['entailment', 'neutral', 'contradiction'] as const;
const BINARY = ['0', '1'] as const;
const PAIR = { sentence1: 'sentence1', sentence2: 'sentence2' } as const;
const PREMISE = { premise: 'sentence1', hypothesis: 'sentence2' } as const;

/** Fields and classes as TensorFlow Datasets and Hugging Face have them; columns as the files of gluebenchmark.com. */
export const GLUE_LAYOUTS: Readonly<Record<GlueTask, GlueLayout>> = {
  cola: {
    texts: { sentence: 'sentence' },
    label: 'label',
    classes: ['unacceptable', 'acceptable'],
    written: BINARY,
    columns: ['source', 'label', 'mark', 'sentence'],
  },
  sst2: {
    texts: { sentence: 'sentence' },
    label: 'label',
    classes: ['negative', 'positive'],
    written: BINARY,
  },
  mrpc: {
    texts: { sentence1: '#1 String', sentence2: '#2 String' },
    label: 'Quality',
    classes: ['not_equivalent', 'equivalent'],
    written: BINARY,
  },
  qqp: {
    texts: { question1: 'question1', question2: 'question2' },
    label: 'is_duplicate',
    classes: ['not_duplicate', 'duplicate'],
    written: BINARY,
  },
  stsb: { texts: PAIR, label: 'score' },
  mnli: { texts: PREMISE, label: 'gold_label', classes: NLI },
  qnli: { texts: { question: 'question', sentence: 'sentence' }, label: 'label', classes: ENTAILMENT },
  rte: { texts: PAIR, label: 'label', classes: ENTAILMENT },
  wnli: { texts: PAIR, label: 'label', classes: ['not_entailment', 'entailment'], written: BINARY },
  ax: { texts: PREMISE, label: 'label', classes: NLI },
};
