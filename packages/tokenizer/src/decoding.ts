import { cleanUpSpaces as cleanUp } from './decoders/word-piece-decoder.js';
import { checkChoice, checkOptions, show, TokenizerError } from './errors.js';
import type { TokenIndex } from './token-index.js';
import type { TokenizerParts } from './tokenizer-parts.js';

/** How ids become text. */
export interface DecodeOptions {
  /** Leaves out special tokens, wherever they stand. Default false. */
  readonly skipSpecialTokens?: boolean;
  /** Removes spaces before punctuation. Default: what tokenizer_config.json says, else false. */
  readonly cleanUpSpaces?: boolean;
}

/**
 * Text of ids.
 * @throws TokenizerError (bad-input) for what is not a whole number of at least 0, such as the label -100
 */
export function decodeIds(
  ids: ArrayLike<number>,
  options: DecodeOptions,
  { parts, index }: { readonly parts: TokenizerParts; readonly index: TokenIndex },
): string {
  checkOptions('decode', options, ['skipSpecialTokens', 'cleanUpSpaces']);
  checkChoice('decode', 'skipSpecialTokens', options.skipSpecialTokens, [true, false]);
  checkChoice('decode', 'cleanUpSpaces', options.cleanUpSpaces, [true, false]);
  const { skipSpecialTokens = false, cleanUpSpaces = parts.cleanUpSpaces ?? false } = options;
  const tokens: string[] = [];
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!Number.isInteger(id) || id < 0) throw notAnId(id, i);
    if (skipSpecialTokens && index.isSpecial(id)) continue;
    const token = index.idToToken(id);
    if (token !== undefined) tokens.push(token);
  }
  const text = parts.decoder?.decode(tokens).join('') ?? tokens.join(' ');
  return cleanUpSpaces ? cleanUp(text) : text;
}

function notAnId(id: unknown, position: number): TokenizerError {
  return new TokenizerError({
    code: 'bad-input',
    op: 'decode',
    field: `ids[${position}]`,
    problem: `an id is a whole number of at least 0, got ${show(id)}`,
    remedy:
      id === -100 ? '-100 marks labels that the loss ignores; drop them first.' : 'pass the ids themselves.',
  });
}
