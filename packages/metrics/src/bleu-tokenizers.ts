import { squeezeSpaces, trimBoth } from './python-text.js';

/** How a line becomes words, under sacreBLEU's names. */
export type BleuTokenizer = 'none' | '13a' | 'intl' | 'char' | 'zh';

/** mteval's rules for Western languages. */
const WESTERN: readonly (readonly [RegExp, string])[] = [
  [/([{-~[-` -&(-+:-@/])/gu, ' $1 '],
  [/([^0-9])([.,])/gu, '$1 $2 '], // period and comma, unless a digit comes before
  [/([.,])([^0-9])/gu, ' $1 $2'], // or after
  [/([0-9])(-)/gu, '$1 $2 '],
];

const INTERNATIONAL: readonly (readonly [RegExp, string])[] = [
  [/(\P{N})(\p{P})/gu, '$1 $2 '],
  [/(\p{P})(\P{N})/gu, ' $1 $2'],
  [/(\p{S})/gu, ' $1 '],
];

/**
 * What sacreBLEU takes for Chinese. Its two ranges beyond U+FFFF are written with four-digit escapes, and so mean
 * U+2001–U+2A6D and U+2F81–U+2FA1; scores depend on it.
 */
const CHINESE =
  /([\u2001-\u2a6d\u2e80-\u2fdf\u2ff0-\u303f\u3100-\u312f\u31a0-\u31bf\u31c0-\u31ef\u3200-\u4db5\u4e00-\u9fbb\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef])/gu;

/** The tokenisers; each gives words separated by white space. */
export const BLEU_TOKENIZERS: Readonly<Record<BleuTokenizer, (line: string) => string>> = {
  none: (line) => line,
  '13a': (line) => western(` ${unescapeEntities(joinLines(line))} `),
  intl: (line) => squeezeSpaces(replaceAll(line, INTERNATIONAL)),
  char: (line) => [...line].join(' '),
  zh: (line) => western(trimBoth(line).replace(CHINESE, ' $1 ')),
};

function joinLines(line: string): string {
  return line.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
}

/** The four entities that mteval and Tercom resolve, in their order: `&amp;lt;` becomes `<`. */
export function unescapeEntities(line: string): string {
  return line
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
}

function western(line: string): string {
  return squeezeSpaces(replaceAll(line, WESTERN));
}

function replaceAll(line: string, rules: readonly (readonly [RegExp, string])[]): string {
  return rules.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}
