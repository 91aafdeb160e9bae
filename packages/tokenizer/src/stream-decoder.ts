import { cleanUpSpaces } from './decoders/word-piece-decoder.js';
import { checkDecodeOptions, joinTokens, tokenOf, type DecodeOptions, type DecodeParts } from './decoding.js';
import { checkChoice, checkOptions } from './errors.js';

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
  const op = 'streamDecoder';
  checkOptions(op, options, ['skipSpecialTokens', 'cleanUpSpaces', 'wholeWords']);
  checkDecodeOptions(op, options);
  checkChoice(op, 'wholeWords', options.wholeWords, [true, false]);
  const { skipSpecialTokens = false, wholeWords = false } = options;
  const cleans = options.cleanUpSpaces ?? parts.cleanUpSpaces ?? false;
  const whole = (all: readonly string[]) =>
    cleans ? cleanUpSpaces(joinTokens(all, parts)) : joinTokens(all, parts);
  let tokens: string[] = [];
  /** Characters given out of the text of `tokens`. */
  let given = 0;

  const settledText = (): string => {
    const count = parts.decoder?.settledCount?.(tokens) ?? tokens.length;
    const text = joinTokens(count === tokens.length ? tokens : tokens.slice(0, count), parts);
    const certain = cleans ? cleanUpSpaces(text.slice(0, cleanCut(text))) : text;
    return wholeWords ? certain.slice(0, wordsLength(certain)) : certain;
  };
  const give = (text: string): string => {
    const piece = text.slice(given);
    given = Math.max(given, text.length);
    return piece;
  };
  const letGo = (): void => {
    const kept = tokens.slice(-keptTokens);
    const [before, after] = [whole(tokens), whole(kept)];
    const pending = before.length - given;
    if (pending + sameTail > after.length) return;
    if (before.slice(given - sameTail) !== after.slice(after.length - pending - sameTail)) return;
    tokens = kept;
    given = after.length - pending;
  };
  return Object.freeze({
    push(id: number): string {
      const token = tokenOf(id, { index, skipSpecialTokens, field: 'id' });
      if (token === undefined) return '';
      tokens.push(token);
      // What does not settle is looked at now and then, as each look is at all of it.
      if (tokens.length > mostTokens && tokens.length % keptTokens !== 0) return '';
      const piece = give(settledText());
      if (tokens.length > mostTokens) letGo();
      return piece;
    },
    finish(): string {
      const rest = give(whole(tokens));
      tokens = [];
      given = 0;
      return rest;
    },
  });
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
