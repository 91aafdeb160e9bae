import { checkOptions, flag, type Rules } from '../errors.js';
import type { Decoder } from '../pipeline.js';

/** How pieces are joined. */
export interface WordPieceDecoderOptions {
  /** What marks a continuing piece. Default `##`. */
  readonly prefix?: string;
  /** Removes the space before punctuation and English contractions, token by token. Default true. */
  readonly cleanup?: boolean;
}

/** What WordPieceDecoderOptions may be. */
export const wordPieceDecoderRules: Rules<WordPieceDecoderOptions> = { prefix: 'string', cleanup: flag };

/** Joins pieces: a continuing piece loses its prefix, any other but the first gets a space before it. */
export function createWordPieceDecoder(options: WordPieceDecoderOptions = {}): Decoder {
  checkOptions('createWordPieceDecoder', options, wordPieceDecoderRules);
  const { prefix = '##', cleanup = true } = options;
  return Object.freeze({
    type: 'WordPiece',
    decode(tokens: readonly string[]): readonly string[] {
      return tokens.map((token, index) => {
        const part =
          index === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
        return cleanup ? cleanUpSpaces(part).replaceAll(' do not', " don't") : part;
      });
    },
    toJson: () => ({ type: 'WordPiece', prefix, cleanup }),
  });
}

const artefacts = [' .', ' ?', ' !', ' ,', " ' ", " n't", " 'm", " 's", " 've", " 're"];

/** Removes the spaces that tokenising English leaves before punctuation: `clean_up_tokenization_spaces`. */
export function cleanUpSpaces(text: string): string {
  return artefacts.reduce((cleaned, spaced) => cleaned.replaceAll(spaced, spaced.trim()), text);
}
