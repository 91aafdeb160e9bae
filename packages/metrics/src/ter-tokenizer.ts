import { unescapeEntities } from './bleu-tokenizers.js';
import { squeezeSpaces } from './python-text.js';

/** How Tercom prepares a line. */
export interface TerTokenization {
  readonly normalized: boolean;
  readonly removePunctuation: boolean;
  readonly asianSupport: boolean;
  readonly caseSensitive: boolean;
}

const ASIAN_PUNCTUATION = /[\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb]/gu;
const FULL_WIDTH_PUNCTUATION = /[\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09]/gu;

/** Characters that become words of their own; the last range ends where sacreBLEU has it, at U+3F22. */
const ASIAN_CHARACTERS: readonly RegExp[] = [
  /[\u4e00-\u9fff\u3400-\u4dbf]/gu,
  /[\u31c0-\u31ef\u2e80-\u2eff]/gu,
  /[\u3300-\u33ff\uf900-\ufaff\ufe30-\ufe4f]/gu,
  /[\u3200-\u3f22]/gu,
  ASIAN_PUNCTUATION,
  FULL_WIDTH_PUNCTUATION,
];

/**
 * Words of a line as Tercom sees them. Its rules for kana never apply: they ask for a kana at the very start, where
 * the Western rules have just put a space.
 */
export function tercomLine(line: string, options: TerTokenization): string {
  let text = options.caseSensitive ? line : line.toLowerCase();
  if (options.normalized) {
    text = westernPunctuation(text);
    if (options.asianSupport) {
      for (const pattern of ASIAN_CHARACTERS) text = text.replace(pattern, ' $& ');
    }
  }
  if (options.removePunctuation) {
    text = text.replace(/[.,?:;!"()]/g, '');
    if (options.asianSupport) text = text.replace(ASIAN_PUNCTUATION, '').replace(FULL_WIDTH_PUNCTUATION, '');
  }
  return squeezeSpaces(text);
}

function westernPunctuation(line: string): string {
  return ` ${unescapeEntities(line.replaceAll('\n-', '').replaceAll('\n', ' '))} `
    .replace(/[{-~[-` -&(-+:-@/]/gu, ' $& ')
    .replace(/'s /g, " 's ")
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])(-)/gu, '$1 $2 ');
}
