import { buildTrie, longestKey, NO_VALUE, type CodeUnitTrie } from './text/code-unit-trie.js';
import { isWhiteSpace } from './unicode/white-space.js';
import type { AddedToken } from './tokenizer-parts.js';

/** A stretch of text that is an added token (`id`), or that holds none (`id` undefined). */
export interface TextPiece {
  readonly start: number;
  readonly end: number;
  readonly id: number | undefined;
}

/** Cuts a text at the added tokens in it: leftmost first, the longest where several begin. */
export type AddedTokenMatcher = (text: string) => readonly TextPiece[];

const wordChar = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;

/**
 * Makes a matcher, or undefined when there is nothing to match.
 * @param patterns  the text each token is looked for as; an empty pattern never matches
 */
export function createAddedTokenMatcher(
  patterns: readonly { readonly pattern: string; readonly token: AddedToken }[],
): AddedTokenMatcher | undefined {
  const wanted = patterns.filter(({ pattern }) => pattern !== '');
  if (wanted.length === 0) return undefined;
  const trie = buildTrie(
    wanted.map(({ pattern }, index) => ({ root: 0, key: pattern, value: index })),
    1,
  );
  const tokens = wanted.map(({ token }) => token);
  const firstUnits = new Uint8Array(0x10000);
  for (const { pattern } of wanted) firstUnits[pattern.charCodeAt(0)] = 1;
  return (text) => cutAtTokens(text, { trie, tokens, firstUnits });
}

interface MatcherTables {
  readonly trie: CodeUnitTrie;
  readonly tokens: readonly AddedToken[];
  readonly firstUnits: Uint8Array;
}

function cutAtTokens(text: string, { trie, tokens, firstUnits }: MatcherTables): readonly TextPiece[] {
  const pieces: TextPiece[] = [];
  let covered = 0;
  for (let i = 0; i < text.length; i++) {
    if (firstUnits[text.charCodeAt(i)] === 0) continue;
    const from = i;
    const { value, end: to } = longestKey(trie, text, { start: from, end: text.length });
    if (value === NO_VALUE) continue;
    const token = tokens[value]!;
    i = to - 1; // a match that is refused still hides what overlaps it, as in Rust
    if (token.singleWord && !isSingleWord(text, from, to)) continue;
    const start = token.lstrip ? Math.max(covered, spaceStart(text, from)) : from;
    const end = token.rstrip ? spaceEnd(text, to) : to;
    if (covered < start) pieces.push({ start: covered, end: start, id: undefined });
    pieces.push({ start, end, id: token.id });
    covered = end;
    i = Math.max(i, end - 1);
  }
  if (covered < text.length) pieces.push({ start: covered, end: text.length, id: undefined });
  return pieces;
}

function isSingleWord(text: string, start: number, end: number): boolean {
  return !wordChar.test(charBefore(text, start)) && !wordChar.test(charAfter(text, end));
}

function charBefore(text: string, index: number): string {
  const isPair = index > 1 && /[\udc00-\udfff]/.test(text[index - 1]!);
  return text.slice(Math.max(0, index - (isPair ? 2 : 1)), index);
}

function charAfter(text: string, index: number): string {
  return index < text.length ? String.fromCodePoint(text.codePointAt(index)!) : '';
}

function spaceStart(text: string, index: number): number {
  while (index > 0 && isWhiteSpace(text.charCodeAt(index - 1))) index--;
  return index;
}

function spaceEnd(text: string, index: number): number {
  while (index < text.length && isWhiteSpace(text.charCodeAt(index))) index++;
  return index;
}
