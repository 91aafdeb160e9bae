import { cleanUpSpaces as cleanUp } from './decoders/word-piece-decoder.js';
import { checkOptions, flag, show, TokenizerError } from './errors.js';
import type { TokenIndex } from './token-index.js';
import type { TokenizerParts } from './tokenizer-parts.js';

/** How ids become text. */
export interface DecodeOptions {
  /** Leaves out special tokens, wherever they stand. Default false. */
  readonly skipSpecialTokens?: boolean;
  /** Removes spaces before punctuation. Default: what tokenizer_config.json says, else false. */
  readonly cleanUpSpaces?: boolean;
}

/** What decode options may be. */
export const decodeRules = { skipSpecialTokens: flag, cleanUpSpaces: flag };

/** What decoding works with. */
export interface DecodeParts {
  readonly parts: TokenizerParts;
  readonly index: TokenIndex;
}

/**
 * Text of ids.
 * @throws TokenizerError (bad-input) for what is not a whole number of at least 0, such as the label -100
 */
export function decodeIds(
  ids: ArrayLike<number>,
  options: DecodeOptions,
  { parts, index }: DecodeParts,
): string {
  checkOptions('decode', options, decodeRules);
  const { skipSpecialTokens = false, cleanUpSpaces = parts.cleanUpSpaces ?? false } = options;
  const tokens: string[] = [];
  for (let i = 0; i < ids.length; i++) {
    const token = tokenOf(ids[i]!, { index, skipSpecialTokens, field: `ids[${i}]` });
    if (token !== undefined) tokens.push(token);
  }
  const text = joinTokens(tokens, parts);
  return cleanUpSpaces ? cleanUp(text) : text;
}

/** Tokens to text, as the decoder has it. */
export function joinTokens(tokens: readonly string[], { decoder }: TokenizerParts): string {
  return decoder === undefined ? tokens.join(' ') : decoder.decode(tokens).join('');
}

/**
 * The token of an id; undefined for one that is skipped or has no token.
 * @throws TokenizerError (bad-input) for what is no id
 */
export function tokenOf(
  id: number,
  {
    index,
    skipSpecialTokens,
    field,
  }: { readonly index: TokenIndex; readonly skipSpecialTokens: boolean; readonly field: string },
): string | undefined {
  if (!Number.isInteger(id) || id < 0) throw notAnId(id, field);
  return skipSpecialTokens && index.isSpecial(id) ? undefined : index.idToToken(id);
}

function notAnId(id: unknown, field: string): TokenizerError {
  const problem = `an id is a whole number of at least 0, got ${show(id)}`;
  const remedy =
    id === -100 ? '-100 marks labels that the loss ignores: drop them.' : 'pass the ids themselves.';
  return new TokenizerError({ code: 'bad-input', op: 'decode', field, problem, remedy });
}
