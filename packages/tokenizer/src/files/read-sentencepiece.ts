import { isSentinel } from '../sentinels.js';
import { t5Parts } from '../t5.js';
import type { TokenizerParts } from '../tokenizer-parts.js';
import type { TokenizerConfig } from './read-config.js';

/** What SentencePiece's model holds, with the names and added tokens of the side files. */
export function readSentencePiece(model: Uint8Array, config: TokenizerConfig): TokenizerParts {
  const { additionalSpecialTokens: listed = [], cleanUpSpaces } = config;
  const parts = t5Parts({
    model,
    file: 'spiece.model',
    specialTokens: config.specialTokens,
    additionalSpecialTokens: listed,
    addedTokens: config.addedTokens.map((token) =>
      listed.includes(token.content) ? { ...token, special: true } : token,
    ),
    tokenizerClass: config.tokenizerClass,
    extraIds: config.extraIds ?? (listed.filter(isSentinel).length || undefined),
    legacy: config.legacy,
    modelMaxLength: config.modelMaxLength,
  });
  return { ...parts, cleanUpSpaces };
}
