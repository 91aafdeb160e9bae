import { applyC4Rules, type C4Reason } from './c4-rules.js';
import type { CleaningRules } from './cleaning-options.js';
import { createContaminationFinder, cutSpans, type RepeatedExample } from './contamination.js';
import { type Hash64, mixWord } from './hash-table.js';
import { createMinHasher } from './min-hash.js';
import { exactHash } from './text-hash.js';
import { createWordHasher } from './words.js';

/** Why a text, as it stands alone, is dropped. */
export type DropReason = 'empty' | 'contaminated' | C4Reason;

/** A text that stays unless it is a duplicate, and what tells duplicates. */
export interface Piece {
  readonly text: string;
  readonly hash?: Hash64;
  readonly signature?: Uint16Array;
}

/** What can be said of a text without knowing the others. */
export interface Inspection {
  /** One as a rule; none when the text is dropped, several when parts of it are cut out. */
  readonly pieces: readonly Piece[];
  readonly dropped?: DropReason;
  /** Lines that the line rules took out. */
  readonly droppedLines: number;
  readonly repeated: readonly RepeatedExample[];
}

/** Looks at texts one by one; the same text gives the same result wherever it runs. */
type Inspector = (text: string, options?: { readonly isWhole?: boolean }) => Inspection;

/** An inspector; with `isWhole` a text is never cut, only dropped. */
export function createInspector(rules: CleaningRules): Inspector {
  const hashWords = createWordHasher();
  const hash = createMinHasher(rules);
  const find = rules.evaluation === undefined ? undefined : createContaminationFinder(rules.evaluation);
  const piece = (text: string): Piece => {
    if (rules.duplicates === 'none') return { text };
    if (rules.duplicates === 'exact') return { text, hash: exactHash(text) };
    const exact = exactHash(text);
    return { text, hash: exact, signature: hash(hashWords(text)) ?? wordless(exact, rules.permutations) };
  };
  return (raw, { isWhole = false } = {}) => {
    if (raw.trim() === '') return { pieces: [], dropped: 'empty', droppedLines: 0, repeated: [] };
    const ruled = rules.lineRules === 'c4' ? applyC4Rules(raw) : { text: raw, droppedLines: 0 };
    const { droppedLines } = ruled;
    if ('reason' in ruled) return { pieces: [], dropped: ruled.reason, droppedLines, repeated: [] };
    const { text } = ruled;
    const spans = find?.(hashWords(text)) ?? [];
    if (spans.length === 0) return { pieces: [piece(text)], droppedLines, repeated: [] };
    const repeated = spans.map(({ set, example, start, end }) => ({
      ...{ set, example, text: excerpt(text.slice(start, end)) },
    }));
    const parts = rules.contaminated === 'cut' && !isWhole ? (cutSpans(text, spans, rules) ?? []) : [];
    if (parts.length === 0) return { pieces: [], dropped: 'contaminated', droppedLines, repeated };
    return { pieces: parts.map(piece), droppedLines, repeated };
  };
}

/** Stands for the signature of a text without words: like that of an equal text only. */
function wordless({ high, low }: Hash64, permutations: number): Uint16Array {
  return Uint16Array.from({ length: permutations }, (_, place) => mixWord(high ^ mixWord(low + place)));
}

const shownLength = 80;

/** The beginning of a text on one line. */
export function excerpt(text: string): string {
  const line = text
    .slice(0, 4 * shownLength)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= shownLength ? line : `${line.slice(0, shownLength - 1)}…`;
}
