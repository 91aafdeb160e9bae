import { checkChoice, checkOptions, checkPairs } from './checks.js';
import { scoresOfCounts, type PrecisionRecallF1 } from './classification.js';
import { badOption } from './checks.js';
import { MetricError, show } from './errors.js';
import { mean, sum } from './statistics.js';
import {
  TAG_SCHEMES,
  allowedPrefixes,
  holds,
  parseTag,
  type SpanMode,
  type Tag,
  type TagScheme,
} from './tag-schemes.js';

/** A labelled stretch of tokens. */
export interface Span {
  readonly type: string;
  /** First token. */
  readonly start: number;
  /** Token after the last. */
  readonly end: number;
}

/** Options of `spansOf` and `spanScores`. */
export interface SpanOptions {
  /** Default `conlleval`. */
  readonly mode?: SpanMode;
  /** Needed with `strict`, and only there. */
  readonly scheme?: TagScheme;
}

/** Scores over all spans (micro), their plain mean over types, and each type by itself; shares in [0, 1]. */
export interface SpanScores extends PrecisionRecallF1 {
  readonly macroF1: number;
  /** Share of tokens with the right tag. */
  readonly tokenAccuracy: number;
  readonly perType: Readonly<Record<string, PrecisionRecallF1 & { readonly support: number }>>;
}

const OUTSIDE: Tag = { prefix: 'O', type: '_' };

/**
 * The spans of one tagged sentence, in order.
 * @throws MetricError (metric-bad-tag) when a tag is not of the scheme
 */
export function spansOf(tags: readonly string[], options: SpanOptions = {}): readonly Span[] {
  return spanReader('spansOf', options)(tags, 'tags');
}

/**
 * Precision, recall and F1 of spans that are right in type and both bounds.
 * @param targets  tags of each sentence
 * @throws MetricError (metric-bad-tag, metric-length-mismatch) naming sentence and token
 * @see conlleval; seqeval.metrics; EntityLevelF1Scorer of ELECTRA
 */
export function spanScores(
  targets: readonly (readonly string[])[],
  predictions: readonly (readonly string[])[],
  options: SpanOptions = {},
): SpanScores {
  const read = spanReader('spanScores', options);
  checkPairs('spanScores', targets, predictions);
  const counts = new Map<string, { right: number; predicted: number; actual: number }>();
  const countsOf = (type: string): { right: number; predicted: number; actual: number } => {
    if (!counts.has(type)) counts.set(type, { right: 0, predicted: 0, actual: 0 });
    return counts.get(type)!;
  };
  let [rightTags, allTags] = [0, 0];
  targets.forEach((target, row) => {
    const prediction = predictions[row]!;
    checkSentence(target, prediction, row);
    allTags += target.length;
    rightTags += target.filter((tag, index) => tag === prediction[index]).length;
    const wanted = read(target, `targets[${row}]`);
    const keys = new Set(wanted.map(keyOf));
    for (const { type } of wanted) countsOf(type).actual++;
    for (const span of read(prediction, `predictions[${row}]`)) {
      countsOf(span.type).predicted++;
      if (keys.has(keyOf(span))) countsOf(span.type).right++;
    }
  });
  const totals = [...counts.values()];
  const total = (name: 'right' | 'predicted' | 'actual'): number => sum(totals.map((count) => count[name]));
  const perType = Object.fromEntries(
    [...counts.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([type, count]) => [type, { ...scoresOfCounts(count.right, count), support: count.actual }]),
  );
  return {
    ...scoresOfCounts(total('right'), { predicted: total('predicted'), actual: total('actual') }),
    macroF1: counts.size === 0 ? 0 : mean(Object.values(perType).map(({ f1 }) => f1)),
    tokenAccuracy: allTags === 0 ? 0 : rightTags / allTags,
    perType,
  };
}

const keyOf = ({ type, start, end }: Span): string => `${start} ${end} ${type}`;

type SpanReader = (tags: readonly string[], name: string) => readonly Span[];

function spanReader(op: string, options: SpanOptions): SpanReader {
  checkOptions(op, options, ['mode', 'scheme']);
  const { mode = 'conlleval', scheme } = options;
  checkChoice(op, mode, { name: 'mode', allowed: ['conlleval', 'strict', 'electra'] });
  if (mode === 'strict')
    checkChoice(op, scheme, { name: "scheme (needed with mode 'strict')", allowed: TAG_SCHEMES });
  else if (scheme !== undefined)
    throw badOption(op, `scheme goes with mode 'strict', not with '${mode}'`, scheme);
  const prefixes = allowedPrefixes(scheme);
  return (tags, name) => {
    const parsed = tags.map((tag, index) => parseTag(tag, { prefixes, where: `${name}[${index}]` }));
    if (mode === 'electra') return electraSpans(parsed);
    return mode === 'strict' ? strictSpans(parsed, scheme!) : conllSpans(parsed);
  };
}

/** A span ends before O, B, S, another type, and after E, S; whatever comes after an end begins the next. */
function conllSpans(tags: readonly Tag[]): readonly Span[] {
  const spans: Span[] = [];
  let previous = OUTSIDE;
  let start = -1;
  for (let index = 0; index <= tags.length; index++) {
    const current = tags[index] ?? OUTSIDE;
    const isOpen = previous.prefix !== 'O';
    const isCut =
      'ES'.includes(previous.prefix) || 'OBS'.includes(current.prefix) || previous.type !== current.type;
    if (isOpen && isCut) spans.push({ type: previous.type, start, end: index });
    if (current.prefix !== 'O' && (!isOpen || isCut)) start = index;
    previous = current;
  }
  return spans;
}

/** ELECTRA's reading: only O, B and S end a span, and the type is that of its last token. */
function electraSpans(tags: readonly Tag[]): readonly Span[] {
  const spans: Span[] = [];
  let previous = OUTSIDE;
  let start = -1;
  for (let index = 0; index <= tags.length; index++) {
    const current = tags[index] ?? OUTSIDE;
    const isOpen = previous.prefix !== 'O';
    if (isOpen && 'OBS'.includes(current.prefix)) spans.push({ type: previous.type, start, end: index });
    if (!isOpen || 'BS'.includes(current.prefix)) start = index;
    previous = current;
  }
  return spans;
}

/** Spans that begin, go on and end as the scheme wants; the rest is ignored. */
function strictSpans(tags: readonly Tag[], scheme: TagScheme): readonly Span[] {
  const at = (index: number): Tag => tags[index] ?? OUTSIDE;
  const spans: Span[] = [];
  for (let start = 0; start < tags.length;) {
    let end = start + 1;
    if (holds('start', { scheme, previous: at(start - 1), current: at(start) })) {
      while (end < tags.length && holds('inside', { scheme, previous: at(end - 1), current: at(end) })) end++;
      const isEnded = holds('end', { scheme, previous: at(end - 1), current: at(end) });
      if (isEnded) spans.push({ type: at(start).type, start, end });
    }
    start = end;
  }
  return spans;
}

function checkSentence(target: readonly string[], prediction: readonly string[], row: number): void {
  if (Array.isArray(target) && Array.isArray(prediction) && target.length === prediction.length) return;
  throw new MetricError({
    op: 'spanScores',
    problem: `sentence ${row} has ${show(target)} as target and ${show(prediction)} as prediction`,
    likely: 'One tag per token on both sides: sentences were truncated, or sub-word tags were not merged.',
    page: 'metric-length-mismatch',
    got: prediction,
    needed: target,
  });
}
