/** A labelled run of words; `end` is its last word. */
export interface TagSpan {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** How spans are written as tags: all have I and O. */
export type TagScheme = 'IO' | 'BIO' | 'BIOES';

/**
 * Spans of a tagged sentence, whatever the scheme (BIO, IOB, BIOES): a span ends before O, B and S. Its label is
 * that of its last tag, as ELECTRA reads them.
 */
export function spansOfTags(tags: readonly string[]): readonly TagSpan[] {
  const spans: TagSpan[] = [];
  let start = -1;
  tags.forEach((tag, at) => {
    const begins = tag === 'O' || tag.startsWith('B-') || tag.startsWith('S-');
    if (begins && start >= 0) {
      spans.push({ start, end: at - 1, label: labelOf(tags[at - 1]!) });
      start = -1;
    }
    if (tag !== 'O' && start < 0) start = at;
  });
  if (start >= 0) spans.push({ start, end: tags.length - 1, label: labelOf(tags.at(-1)!) });
  return spans;
}

function labelOf(tag: string): string {
  return tag.slice(tag.indexOf('-') + 1);
}

/** Tags of a sentence of `length` words with these spans. */
export function tagsOfSpans(
  spans: readonly TagSpan[],
  { length, scheme }: { readonly length: number; readonly scheme: TagScheme },
): readonly string[] {
  const tags = new Array<string>(length).fill('O');
  for (const { start, end, label } of spans) {
    tags.fill(`I-${label}`, start, end + 1);
    if (scheme === 'BIOES') tags[end] = `E-${label}`;
    if (scheme !== 'IO') tags[start] = `B-${label}`;
    if (scheme === 'BIOES' && start === end) tags[start] = `S-${label}`;
  }
  return tags;
}
