import { cleanUpSpaces } from './decoders/word-piece-decoder.js';
import { decodeRules, joinTokens, tokenOf, type DecodeOptions, type DecodeParts } from './decoding.js';
import { checkOptions, flag } from './errors.js';
import type { TokenizerParts } from './tokenizer-parts.js';

/** How ids become text, and how soon. */
export interface StreamDecodeOptions extends DecodeOptions {
  /** Gives whole words only: what follows the last white space is held back. Default false. */
  readonly wholeWords?: boolean;
}

/**
 * Text of ids that come one by one. What was given out never changes: the pieces, joined, are the text that
 * `decode` gives for all the ids.
 */
export interface StreamDecoder {
  /** Takes the next id; returns what is certain by now, often nothing. @throws TokenizerError as `decode` */
  push(id: number): string;
  /** Returns the rest; the decoder is then ready for another text. */
  finish(): string;
}

/** Tokens after which old ones are let go, and how many are kept before the next: as what comes may look back. */
const mostTokens = 256;
const keptTokens = 64;
/** Characters that must stay the same when old tokens are let go. */
const sameTail = 32;

/** Makes a decoder for one stream of ids. */
export function createStreamDecoder(
  options: StreamDecodeOptions,
  { parts, index }: DecodeParts,
): StreamDecoder {
  checkOptions('streamDecoder', options, { ...decodeRules, wholeWords: flag });
  const { skipSpecialTokens = false, wholeWords = false } = options;
  const cleans = options.cleanUpSpaces ?? parts.cleanUpSpaces ?? false;
  const text = new GrowingText(parts, { cleans, wholeWords });
  return Object.freeze({
    push(id: number): string {
      const token = tokenOf(id, { index, skipSpecialTokens, field: 'id' });
      return token === undefined ? '' : text.push(token);
    },
    finish: () => text.finish(),
  });
}

/** The text of tokens so far, and how much of it was given out. */
class GrowingText {
  #tokens: string[] = [];
  /** Characters given out of the text of the tokens. */
  #given = 0;
  readonly #parts: TokenizerParts;
  readonly #mode: { readonly cleans: boolean; readonly wholeWords: boolean };

  constructor(parts: TokenizerParts, mode: { readonly cleans: boolean; readonly wholeWords: boolean }) {
    this.#parts = parts;
    this.#mode = mode;
  }

  push(token: string): string {
    const tokens = this.#tokens;
    tokens.push(token);
    // What does not settle is looked at now and then, as each look is at all of it.
    if (tokens.length > mostTokens && tokens.length % keptTokens !== 0) return '';
    const piece = this.#give(this.#certainText());
    if (tokens.length > mostTokens) this.#letGo();
    return piece;
  }

  finish(): string {
    const rest = this.#give(this.#textOf(this.#tokens));
    this.#tokens = [];
    this.#given = 0;
    return rest;
  }

  #give(text: string): string {
    const piece = text.slice(this.#given);
    this.#given = Math.max(this.#given, text.length);
    return piece;
  }

  #textOf(tokens: readonly string[]): string {
    const text = joinTokens(tokens, this.#parts);
    return this.#mode.cleans ? cleanUpSpaces(text) : text;
  }

  #certainText(): string {
    const { cleans, wholeWords } = this.#mode;
    const count = this.#parts.decoder?.settledCount?.(this.#tokens) ?? this.#tokens.length;
    const text = joinTokens(this.#tokens.slice(0, count), this.#parts);
    const certain = cleans ? cleanUpSpaces(text.slice(0, cleanCut(text))) : text;
    return wholeWords ? certain.slice(0, wordsLength(certain)) : certain;
  }

  /** Forgets old tokens, if the text about what was given out last stays the same without them. */
  #letGo(): void {
    const kept = this.#tokens.slice(-keptTokens);
    const [before, after] = [this.#textOf(this.#tokens), this.#textOf(kept)];
    const pending = before.length - this.#given;
    if (this.#given < sameTail || pending + sameTail > after.length) return;
    if (before.slice(this.#given - sameTail) !== after.slice(after.length - pending - sameTail)) return;
    this.#tokens = kept;
    this.#given = after.length - pending;
  }
}

/**
 * Where the text may be cut so that cleaning its parts is cleaning the whole: before a space that follows a letter
 * or digit. Rules of `cleanUpSpaces` begin with a space, and the one that holds another has an apostrophe before it.
 */
function cleanCut(text: string): number {
  for (let end = text.lastIndexOf(' '); end > 0; end = text.lastIndexOf(' ', end - 1)) {
    if (/[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, end - 2), end))) return end;
  }
  return 0;
}

/** The length of the text up to its last white space. */
function wordsLength(text: string): number {
  let length = text.length;
  while (length > 0 && !/\s/.test(text[length - 1]!)) length--;
  return length;
}
