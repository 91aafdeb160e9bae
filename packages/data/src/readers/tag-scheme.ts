import { checkChoice, checkOptions, DataError, show } from '../errors.js';

/**
 * How tags mark the spans of a sentence. `iob2` (BIO): every span begins with B. `iob1`: B only where a span follows one
 * of the same type. `iobes` (BIOES): E ends a span, S is a span of one token. `bilou`: the same with L and U.
 */
export type TagScheme = 'iob1' | 'iob2' | 'iobes' | 'bilou';

/** A span of tokens of one type. */
export interface TagSpan {
  readonly type: string;
  /** First token. */
  readonly start: number;
  /** The token after the last. */
  readonly end: number;
}

/** How tags are converted. */
export interface ConvertTagsOptions {
  readonly from: TagScheme;
  readonly to: TagScheme;
  /** Tags that the scheme does not allow: an error (default), or read as conlleval reads them. */
  readonly invalidTags?: 'error' | 'repair';
}

const SCHEMES: readonly TagScheme[] = ['iob1', 'iob2', 'iobes', 'bilou'];
/** The letters of each scheme, in the order begin, inside, end, single. */
const LETTERS: Readonly<Record<TagScheme, string>> = { iob1: 'BI', iob2: 'BI', iobes: 'BIES', bilou: 'BILU' };

/**
 * The tags of one sentence in another scheme. Pure; the spans stay the same.
 * @throws DataError (data-tags) when a tag is none of the scheme, or stands where the scheme does not allow it
 */
export function convertTags(tags: readonly string[], options: ConvertTagsOptions): string[] {
  checkOptions('convertTags', options, ['from', 'to', 'invalidTags']);
  checkChoice('convertTags', 'to', options.to, SCHEMES);
  const spans = tagSpans(tags, { scheme: options.from, invalidTags: options.invalidTags });
  return spanTags(spans, { scheme: options.to, length: tags.length });
}

/**
 * The spans that tags mark, in order.
 * @throws DataError (data-tags)
 */
export function tagSpans(
  tags: readonly string[],
  options: { readonly scheme: TagScheme; readonly invalidTags?: 'error' | 'repair' },
): TagSpan[] {
  const op = 'tagSpans';
  checkOptions(op, options, ['scheme', 'invalidTags']);
  const { scheme, invalidTags = 'error' } = options;
  checkChoice(op, 'scheme', scheme, SCHEMES);
  checkChoice(op, 'invalidTags', invalidTags, ['error', 'repair']);
  const parts = tags.map((tag, index) => splitTag(tag, { scheme, index }));
  if (invalidTags === 'error') checkSequence(parts, { scheme, tags });
  const spans: TagSpan[] = [];
  let open: { readonly type: string; readonly start: number } | undefined;
  const close = (end: number): void => {
    if (open !== undefined) spans.push({ ...open, end });
    open = undefined;
  };
  for (const [index, { role, type }] of parts.entries()) {
    const goesOn = open !== undefined && open.type === type && (role === 'inside' || role === 'end');
    if (!goesOn) {
      close(index);
      if (role !== 'outside') open = { type, start: index };
    }
    if (role === 'end' || role === 'single') close(index + 1);
  }
  close(parts.length);
  return spans;
}

/** Tags that mark spans, which must not overlap. */
export function spanTags(
  spans: readonly TagSpan[],
  options: { readonly scheme: TagScheme; readonly length: number },
): string[] {
  checkOptions('spanTags', options, ['scheme', 'length']);
  const { scheme, length } = options;
  const [begin, inside, end = inside, single = begin] = LETTERS[scheme];
  const tags = new Array<string>(length).fill('O');
  let previous: TagSpan | undefined;
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    checkSpan(span, { length, previous });
    for (let index = span.start; index < span.end; index++) tags[index] = `${inside}-${span.type}`;
    if (span.end - span.start > 1) tags[span.end - 1] = `${end}-${span.type}`;
    const followsAlike = previous?.end === span.start && previous.type === span.type;
    const first = span.end - span.start === 1 ? single : begin;
    tags[span.start] = `${scheme === 'iob1' && !followsAlike ? inside : first}-${span.type}`;
    previous = span;
  }
  return tags;
}

type Role = 'outside' | 'begin' | 'inside' | 'end' | 'single';

interface TagPart {
  readonly role: Role;
  readonly type: string;
}

function splitTag(tag: string, { scheme, index }: { scheme: TagScheme; index: number }): TagPart {
  if (tag === 'O') return { role: 'outside', type: '' };
  const role = (['begin', 'inside', 'end', 'single'] as const)[LETTERS[scheme].indexOf(tag[0] ?? '?')];
  if (role !== undefined && tag[1] === '-' && tag.length > 2) return { role, type: tag.slice(2) };
  const letters = [...LETTERS[scheme]].map((letter) => `${letter}-TYPE`).join(', ');
  throw tagError(`tag ${index} is ${show(tag)}; tags of ${scheme} are O, ${letters}`);
}

function checkSequence(
  parts: readonly TagPart[],
  { scheme, tags }: { readonly scheme: TagScheme; readonly tags: readonly string[] },
): void {
  for (let index = 0; index <= parts.length; index++) {
    const before: TagPart = parts[index - 1] ?? { role: 'outside', type: '' };
    const now: TagPart = parts[index] ?? { role: 'outside', type: '' };
    const isOpen = before.role === 'begin' || before.role === 'inside';
    const goesOn = now.role === 'inside' || now.role === 'end';
    const fits = before.type === now.type;
    const isAllowed = {
      iob1: now.role !== 'begin' || (isOpen && fits),
      iob2: !goesOn || (isOpen && fits),
      iobes: isOpen ? goesOn && fits : !goesOn,
      bilou: isOpen ? goesOn && fits : !goesOn,
    }[scheme];
    if (isAllowed) continue;
    const shown = (at: number): string => show(tags[at] ?? 'the end of the sentence');
    const after = index === 0 ? 'at the beginning of the sentence' : `after ${shown(index - 1)}`;
    throw tagError(`${shown(index)} (token ${index}) cannot stand ${after} in ${scheme}`);
  }
}

function checkSpan(
  span: TagSpan,
  { length, previous }: { readonly length: number; readonly previous: TagSpan | undefined },
): void {
  if (span.start >= (previous?.end ?? 0) && span.start < span.end && span.end <= length) return;
  throw tagError(
    `the span ${span.start}-${span.end} is empty, overlaps another, or lies outside the ${length} tokens`,
  );
}

function tagError(problem: string): DataError {
  return new DataError({
    op: 'convertTags',
    problem,
    field: 'tags',
    page: 'data-tags',
    remedy:
      "another tagging scheme, or annotation faults. Check `from`; invalidTags: 'repair' reads them as conlleval does.",
  });
}
