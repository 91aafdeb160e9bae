import type { CleaningRules } from './cleaning-options.js';
import type { EvaluationSet, RepeatedExample } from './contamination.js';
import { type DropReason, excerpt, type Inspection } from './inspection.js';

/** What cleaning removed; plain JSON. */
export interface CleaningReport {
  /** Documents read. */
  readonly documents: number;
  /** Documents, or pieces of them, that stay. */
  readonly kept: number;
  /** Documents dropped for what they are, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly exactDuplicates: number;
  readonly nearDuplicates: number;
  /** Documents that repeated parts were cut out of. */
  readonly cut: number;
  /** Lines taken out by the line rules. */
  readonly droppedLines: number;
  /** Some of the duplicates. */
  readonly duplicateExamples: readonly DuplicateExample[];
  readonly evaluation: readonly EvaluationReport[];
}

/** A duplicate and the document that it repeats. */
export interface DuplicateExample {
  /** Number of the document, from 0, in the order of the input. */
  readonly document: number;
  /** Number of the earlier one. */
  readonly of: number;
  readonly kind: 'exact' | 'near';
  /** 1 for exact duplicates; else the estimated Jaccard similarity. */
  readonly similarity: number;
  /** How the text begins. */
  readonly text: string;
}

/** What was found of one evaluation set. */
export interface EvaluationReport extends EvaluationSet {
  /** Documents that repeat it. */
  readonly documents: number;
  /** Numbers of the examples that are repeated, ascending. */
  readonly repeated: readonly number[];
  /** Some of the places. */
  readonly hits: readonly ContaminationHit[];
}

/** An evaluation example found in a training document. */
export interface ContaminationHit {
  readonly example: number;
  readonly document: number;
  readonly text: string;
}

/** Builds a report, document by document. */
interface ReportBuilder {
  inspected(inspection: Inspection, document: DocumentFacts): void;
  duplicate(example: Omit<DuplicateExample, 'text'>, document: DocumentFacts): void;
  kept(): void;
  readonly report: CleaningReport;
}

/** A document as the report shows it. */
export interface DocumentFacts {
  readonly number: number;
  readonly text: string;
}

/** Examples shown of each kind. */
const mostExamples = 20;

/** A builder; it goes on from the report of an interrupted run. */
export function createReportBuilder(rules: CleaningRules, from?: CleaningReport): ReportBuilder {
  const counts = {
    ...(from ?? { documents: 0, kept: 0, exactDuplicates: 0, nearDuplicates: 0, cut: 0, droppedLines: 0 }),
  };
  const noDrops = { empty: 0, contaminated: 0, brace: 0, 'lorem-ipsum': 0, 'few-sentences': 0 };
  const dropped: Record<DropReason, number> = { ...noDrops, ...from?.dropped };
  const examples = [...(from?.duplicateExamples ?? [])];
  const sets = (rules.evaluation?.sets ?? []).map((set, index) =>
    createSetBuilder(set, from?.evaluation[index]),
  );
  return {
    inspected(inspection, document) {
      counts.documents++;
      counts.droppedLines += inspection.droppedLines;
      if (inspection.dropped !== undefined) dropped[inspection.dropped]++;
      else if (inspection.repeated.length > 0) counts.cut++;
      for (const one of inspection.repeated) sets[one.set]!.add(one, document.number);
    },
    duplicate(example, { text }) {
      if (example.kind === 'exact') counts.exactDuplicates++;
      else counts.nearDuplicates++;
      if (examples.length < mostExamples) examples.push({ ...example, text: excerpt(text) });
    },
    kept: () => void counts.kept++,
    get report() {
      const { documents, kept, exactDuplicates, nearDuplicates, cut, droppedLines } = counts;
      return {
        ...{ documents, kept, dropped: { ...dropped }, exactDuplicates, nearDuplicates, cut, droppedLines },
        duplicateExamples: [...examples],
        evaluation: sets.map((set) => set.report),
      };
    },
  };
}

function createSetBuilder(set: EvaluationSet, from?: EvaluationReport) {
  const repeated = new Set(from?.repeated);
  const hits = [...(from?.hits ?? [])];
  let documents = from?.documents ?? 0;
  let lastDocument = -1;
  return {
    add({ example, text }: RepeatedExample, document: number): void {
      if (document !== lastDocument) documents++;
      lastDocument = document;
      repeated.add(example);
      if (hits.length < mostExamples) hits.push({ example, document, text });
    },
    get report(): EvaluationReport {
      return { ...set, documents, repeated: [...repeated].sort((a, b) => a - b), hits: [...hits] };
    },
  };
}
