import { checkOptions, checkValue, TokenizerError, show, type Rules } from '../errors.js';
import type { Decoder } from '../pipeline.js';
import { compilePattern, type TextPattern } from '../regex/text-pattern.js';
import { alignedSlice } from '../text/aligned-text.js';
import { stringFromUnits } from '../text/code-units.js';

/**
 * Turns runs of tokens like `<0xE2>` into the text of those bytes; a run that is not UTF-8 becomes one U+FFFD
 * a byte.
 */
export function createByteFallbackDecoder(): Decoder {
  return Object.freeze({
    type: 'ByteFallback',
    decode(tokens: readonly string[]): readonly string[] {
      const pieces: string[] = [];
      let bytes: number[] = [];
      const flush = () => {
        if (bytes.length > 0) pieces.push(...textOfBytes(bytes));
        bytes = [];
      };
      for (const token of tokens) {
        const byte = byteOf(token);
        if (byte !== undefined) bytes.push(byte);
        else {
          flush();
          pieces.push(token);
        }
      }
      flush();
      return pieces;
    },
    settledCount(tokens: readonly string[]): number {
      let count = tokens.length;
      while (count > 0 && byteOf(tokens[count - 1]!) !== undefined) count--;
      return count;
    },
    toJson: () => ({ type: 'ByteFallback' }),
  });
}

/** Rust reads `<0x+A>` as a byte, too. */
function byteOf(token: string): number | undefined {
  const digits = /^<0x(\+[0-9a-fA-F]|[0-9a-fA-F]{2})>$/.exec(token)?.[1];
  return digits === undefined ? undefined : parseInt(digits, 16);
}

function textOfBytes(bytes: readonly number[]): readonly string[] {
  try {
    return [new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))];
  } catch {
    return bytes.map(() => '\ufffd');
  }
}

/** Joins all pieces to one. */
export function createFuseDecoder(): Decoder {
  return Object.freeze({
    type: 'Fuse',
    fuses: true,
    onlyGrows: true,
    decode: (tokens: readonly string[]): readonly string[] => [tokens.join('')],
    toJson: () => ({ type: 'Fuse' }),
  });
}

/** What is cut from the ends of each piece. */
export interface StripDecoderOptions {
  /** The character that is cut. */
  readonly content: string;
  /** How many of it are cut at the start, at most. Default 0. */
  readonly start?: number;
  /** How many of it are cut at the end, at most. Default 0. */
  readonly stop?: number;
}

/** What StripDecoderOptions may be. */
export const stripRules: Rules<StripDecoderOptions> = { content: 'string', start: 0, stop: 0 };

/** Cuts a character from the ends of each piece. */
export function createStripDecoder(options: StripDecoderOptions): Decoder {
  const op = 'createStripDecoder';
  checkOptions(op, options, stripRules);
  const { content, start = 0, stop = 0 } = options;
  checkValue(op, 'content', { value: content, rule: 'string' });
  if ([...content].length !== 1) {
    const problem = `content must be one character, got ${show(content)}`;
    throw new TokenizerError({ code: 'bad-option', op, field: 'content', problem });
  }
  const width = content.length;
  return Object.freeze({
    type: 'Strip',
    onlyGrows: stop === 0,
    decode: (tokens: readonly string[]): readonly string[] =>
      tokens.map((token) => {
        let from = 0;
        let to = token.length;
        for (let i = 0; i < start && token.startsWith(content, from); i++) from += width;
        for (let i = 0; i < stop && to > from && token.endsWith(content, to); i++) to -= width;
        return token.slice(from, to);
      }),
    toJson: () => ({ type: 'Strip', content, start, stop }),
  });
}

/** What is replaced by what, in each piece. */
export interface ReplaceDecoderOptions {
  readonly pattern: TextPattern;
  /** Put in the place of each match, as it stands. */
  readonly content: string;
}

/**
 * Replaces every match of a pattern in each piece.
 * @throws TokenizerError for a pattern that cannot be read
 */
export function createReplaceDecoder(options: ReplaceDecoderOptions): Decoder {
  const op = 'createReplaceDecoder';
  checkOptions(op, options, { pattern: null, content: null });
  checkValue(op, 'content', { value: options.content, rule: 'string' });
  const { content } = options;
  const pattern = compilePattern(op, options.pattern);
  const replaceIn = (token: string): string => {
    const { units, length } = alignedSlice(token, 0, token.length);
    let text = '';
    let covered = 0;
    pattern.forEachMatch({ units, start: 0, end: length }, (from, to) => {
      text += stringFromUnits(units, covered, from) + content;
      covered = to;
    });
    return text + stringFromUnits(units, covered, length);
  };
  return Object.freeze({
    type: 'Replace',
    // a longer text cannot change the matches of a single character
    onlyGrows: typeof options.pattern === 'string' && options.pattern.length === 1,
    decode: (tokens: readonly string[]): readonly string[] => tokens.map(replaceIn),
    toJson: () => ({ type: 'Replace', pattern: pattern.toJson(), content }),
  });
}
