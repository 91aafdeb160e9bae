/** Why the rules of C4 drop a text. */
export type C4Reason = 'brace' | 'lorem-ipsum' | 'few-sentences';

/** What the rules leave of a text, or why they drop it. */
export type C4Result =
  | { readonly text: string; readonly droppedLines: number }
  | { readonly reason: C4Reason; readonly droppedLines: number };

const citation = /\[(\d*|edit|citation needed)\]/gi;
const policy = /terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies/i;
const endMark = /[.!?"]$/;
const sentenceEnd = /[.!?]+(?=["'”’)\]]*(\s|$))/g;

const minWords = 5;
const minSentences = 3;

/**
 * The line and page rules by which C4 was cleaned: lines stay that end in `.`, `!`, `?` or `"` (not in an ellipsis),
 * have at least 5 words, and speak neither of JavaScript nor of cookies and policies; citation marks like `[3]` are
 * taken out; pages with a curly brace, with "lorem ipsum", or with fewer than 3 sentences left are dropped. The list
 * of bad words, repeated spans of three sentences and the language filter are not part of it.
 * @see Raffel et al. 2020, §2.2
 */
export function applyC4Rules(text: string): C4Result {
  const kept: string[] = [];
  let droppedLines = 0;
  for (const raw of text.split('\n')) {
    if (raw.trim() === '') continue;
    const line = raw.replace(citation, '').trim();
    if (isGoodLine(line)) kept.push(line);
    else droppedLines++;
  }
  if (/lorem ipsum/i.test(text)) return { reason: 'lorem-ipsum', droppedLines };
  if (text.includes('{')) return { reason: 'brace', droppedLines };
  const page = kept.join('\n');
  const sentences = page.match(sentenceEnd)?.length ?? 0;
  return sentences < minSentences ? { reason: 'few-sentences', droppedLines } : { text: page, droppedLines };
}

function isGoodLine(line: string): boolean {
  if (!endMark.test(line) || line.endsWith('...')) return false;
  if (line.split(/\s+/).length < minWords) return false;
  return !/javascript/i.test(line) && !policy.test(line);
}
