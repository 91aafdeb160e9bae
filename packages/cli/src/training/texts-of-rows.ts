/** Texts of rows that a vocabulary is learned from, whatever the task. */
const TEXT_FIELDS = ['text', 'pair', 'inputs', 'targets', 'question', 'context', 'prompt'] as const;

/** Lists of texts of rows. */
const LIST_FIELDS = ['words', 'choices'] as const;

/** All texts of rows, in their order; words of a sentence are joined by spaces. */
export function textsIn(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return rows.flatMap((row) => {
    const texts = TEXT_FIELDS.flatMap((name) => (typeof row[name] === 'string' ? [row[name] as string] : []));
    const lists = LIST_FIELDS.flatMap((name) =>
      Array.isArray(row[name]) ? [(row[name] as readonly unknown[]).map(String).join(' ')] : [],
    );
    return [...texts, ...lists];
  });
}
