/** Types: checked by tsc, never run. */
import { METRICS, bleu, deduplicated, rouge, type Grouped, type Metric } from '@tesserae/metrics';

/** Records of different kinds fit one list: what a task holds. */
export const records: readonly Metric[] = [METRICS.bleu, METRICS.spans, METRICS.accuracy, METRICS.perplexity];

export const scores: Readonly<Record<string, number>> = METRICS.spans.compute([['O']], [['O']]);

export const grouped: Metric<Grouped<string | readonly string[]>, string> = deduplicated(METRICS.squad);

export const f1: number = rouge(['a'], ['a'], { types: ['rouge3'] }).rouge3.f1;

// @ts-expect-error only the types that were asked for are there
export const missing = rouge(['a'], ['a'], { types: ['rouge3'] }).rouge1;

// @ts-expect-error tags are lists
METRICS.spans.compute(['O'], ['O']);

// @ts-expect-error unknown options are refused by the compiler too
bleu(['a'], ['a'], { tokenizer: '13a' });
