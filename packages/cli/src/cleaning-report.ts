import type { CleaningReport } from '@tesserae/data';

/** What cleaning removed, as a table for people; empty when it removed nothing. */
export function formatCleaningReport(report: CleaningReport): string {
  const { dropped } = report;
  const counts: readonly (readonly [what: string, count: number])[] = [
    ['read', report.documents],
    ['kept', report.kept],
    ['empty', dropped.empty],
    ['exact duplicates', report.exactDuplicates],
    ['near duplicates', report.nearDuplicates],
    ['contaminated, dropped', dropped.contaminated],
    ['contaminated, cut', report.cut],
    ['with a brace', dropped.brace],
    ['with "lorem ipsum"', dropped['lorem-ipsum']],
    ['of too few sentences', dropped['few-sentences']],
    ['lines taken out', report.droppedLines],
  ];
  const shown = counts.filter(([, count], at) => at < 2 || count > 0);
  const lines = shown.map(([what, count]) => `  ${what.padEnd(24)} ${String(count).padStart(12)}`);
  const duplicates = report.duplicateExamples.slice(0, 5).map(({ document, of, similarity, text }) => {
    return `  document ${document} is like ${of} (${similarity.toFixed(2)}): ${text}`;
  });
  const sets = report.evaluation.flatMap(({ name, examples, tooShort, documents, repeated, hits }) => [
    `  ${name}: ${repeated.length} of ${examples} examples are repeated, in ${documents} documents; ${tooShort} are too short to tell`,
    ...hits
      .slice(0, 3)
      .map(({ example, document, text }) => `    example ${example} in document ${document}: ${text}`),
  ]);
  return [
    ...['documents', ...lines],
    ...(duplicates.length > 0 ? ['duplicates', ...duplicates] : []),
    ...(sets.length > 0 ? ['evaluation sets', ...sets] : []),
  ].join('\n');
}
