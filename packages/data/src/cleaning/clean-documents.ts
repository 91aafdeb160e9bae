import { placeOf, withPlace } from '../readers/place.js';
import { type CleaningOptions, type CleaningRules, cleaningRules } from './cleaning-options.js';
import { createDuplicateFilter, type DuplicateFilter } from './duplicates.js';
import { createInspector, type Inspection } from './inspection.js';
import { type CleaningReport, createReportBuilder, type DocumentFacts } from './report.js';

/** Decides in the order of documents which of their pieces stay. */
export interface Judge {
  /** Whether each piece stays. */
  judge(inspection: Inspection, document: DocumentFacts): readonly boolean[];
  readonly filter: DuplicateFilter;
  readonly report: CleaningReport;
}

/** The second half of cleaning, behind the inspector: what depends on the documents before. */
export function createJudge(rules: CleaningRules, from?: CleaningReport): Judge {
  const filter = createDuplicateFilter(rules);
  const builder = createReportBuilder(rules, from);
  return {
    filter,
    judge(inspection, document) {
      builder.inspected(inspection, document);
      return inspection.pieces.map((piece) => {
        const duplicate = filter.check(piece, document.number);
        if (duplicate === undefined) builder.kept();
        else builder.duplicate({ document: document.number, ...duplicate }, document);
        return duplicate === undefined;
      });
    },
    get report() {
      return builder.report;
    },
  };
}

/** Cleans texts one after the other. */
export interface Cleaner {
  /** What stays of the next text: nothing, the text, or pieces of it. */
  clean(text: string): readonly string[];
  readonly report: CleaningReport;
}

/**
 * A cleaner: removes exact and near duplicates, texts that repeat evaluation texts, and lines by the rules of C4.
 * @throws DataError (unknown-option, option-value)
 */
export function createCleaner(options: CleaningOptions = {}): Cleaner {
  const rules = cleaningRules(options);
  const inspect = createInspector(rules);
  const judge = createJudge(rules);
  let number = 0;
  return {
    clean(text) {
      const inspection = inspect(text);
      const stays = judge.judge(inspection, { number: number++, text });
      judge.filter.takeRecords();
      return inspection.pieces.filter((_, piece) => stays[piece]).map((piece) => piece.text);
    },
    get report() {
      return judge.report;
    },
  };
}

/** The records whose `text` stays, with their places; the cleaner's report tells of the others. */
export async function* cleanDocuments<T extends { readonly text: string }>(
  records: AsyncIterable<T> | Iterable<T>,
  cleaner: Cleaner,
): AsyncGenerator<T> {
  for await (const record of records) {
    for (const text of cleaner.clean(record.text)) {
      yield text === record.text ? record : withPlace({ ...record, text }, placeOf(record));
    }
  }
}
