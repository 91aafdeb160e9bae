import { describe, expect, it } from 'vitest';
import { Tokenizer as RustTokenizer } from 'tokenizers';
import { TokenizerError, type PreTokenizer } from '../src/index.js';
import { createSplitPreTokenizer } from '../src/stages.js';
import { regexEngine } from '../src/regex/regex-engine.js';
import { compilePattern, type Matcher } from '../src/regex/text-pattern.js';
import { alignedSlice, wholeText } from '../src/text/aligned-text.js';
import { randomText, seededRandom } from './random-text.js';
import { allCodePoints, bothLibraries, tokenizerJson, wellFormed } from './stage-oracle.js';

const behaviors = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];

const words = (preTokenizer: PreTokenizer, text: string): string[] => {
  const { spans } = preTokenizer.preTokenize(wholeText(alignedSlice(text, 0, text.length)));
  return Array.from({ length: spans.length / 2 }, (_, i) => text.slice(spans[2 * i], spans[2 * i + 1]));
};

const splitJson = (regex: string, behavior: string, invert: boolean) => ({
  pre_tokenizer: { type: 'Split', pattern: { Regex: regex }, behavior, invert },
});

const splitBoth = (regex: string, behavior = 'Isolated', invert = false) => {
  const { ours, rust } = bothLibraries(splitJson(regex, behavior, invert));
  return { ours: ours.parts.preTokenizer!, rust: rust.getPreTokenizer()! };
};

const rustSplit = (regex: string) =>
  RustTokenizer.fromString(tokenizerJson(splitJson(regex, 'Isolated', false)));

/** Patterns of real tokenizers, then one and more of every construct. */
const patterns = [
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  '\\w+|[^\\w\\s]+',
  '[一-龥぀-ゟ゠-ヿ]+',
  ...[
    '',
    'a*',
    '(a|b*)*',
    '(|a)+',
    '(|a)*',
    '(a|ab)(c|bcd)*',
    '(e|i)+n',
    '(?:ab)+',
    'x|',
    '|x',
    '(a*?)+b',
    '(.??)*\\w',
  ],
  ...['^', '$', '^.', '.$', '\\A.', '.\\z', '.\\Z', '\\b', '\\B', '\\bs', '\\s*$', '(?m:.)', '(?m:a.b)', '.'],
  ...['..?', '.{2,3}?', 'a{,2}', 'a{2}?', '[a-c]{1,2}+', 'a{,}', '{', 'a{x', 'a}', 'a**', 'a+?', 'a??b', ']'],
  ...[
    '[]a]',
    '[^]a]',
    '[a\\-z]',
    '[-a]',
    '[a-]',
    '[a-c-e]',
    '[\\]\\[]',
    '[.]',
    '[\\b]',
    '[a-e&&[^c]]',
    '[a&&]',
  ],
  ...[
    '[\\w&&[^\\d_]]+',
    '[^\\S\\n]',
    '[[:punct:]]',
    '[^[:alpha:]\\s]+',
    '[a-z&&[aeiou]&&[^e]]',
    '[[:^alpha:]]',
  ],
  ...['\\x41', '\\x{1F600}', '\\u0301', '\\t', '\\v', '\\.', '\\/', 'e\\u0301', '\\h+', '\\H', '\\D+', '\\W'],
  ...['\\p{^L}', '\\P{L}+', '\\p{Han}+', '\\p{Latin}', '\\p{greek}', '\\p{Lu}\\p{Ll}+', '\\p{Cn}', '\\p{C}'],
  ...[
    '\\p{Alpha}',
    '\\p{alnum}+',
    '\\p{Punct}',
    '\\p{word}',
    '[\\p{word}]',
    '\\p{Uppercase_Letter}',
    '\\p{Any}',
  ],
  ...['(?<=a)b', '(?<!a)[bk]', 'a(?=b)', 's(?!e)', '(?!\\S)', '(?<=\\s)\\S', '(?=[a-z]|$)x?', '(?<=^|a).'],
  ...[
    '(?i)[a-m]+',
    '(?i:K)e',
    '(?i:é)',
    '(?i)σ',
    '(?i:[^k])',
    'a(?i)b|c',
    '(?-i:a)',
    '(?i-m:A.)',
    '(?i:[s])',
  ],
  ...['(?<x>a)b', '(?#c)a', '(?:b|ba)(?:ke|e)', 's++e', 's?+s', 's*+.'],
];

describe('regular expressions against Oniguruma in the Rust library', () => {
  it.each(patterns)('%s', (pattern) => {
    const random = seededRandom(pattern.length);
    const variants = behaviors.flatMap((behavior) =>
      [true, false].map((invert) => splitBoth(pattern, behavior, invert)),
    );
    const letters = [..."aabbcde kS\nſK ßÉéß1σΣς-_'sx.½"];
    for (let i = 0; i < 30; i++) {
      const few = Array.from({ length: i }, () => letters[Math.floor(random() * letters.length)]).join('');
      const text = i % 2 === 0 ? few : wellFormed(randomText(random));
      const { ours, rust } = variants[i % variants.length]!;
      const expected = rust.preTokenizeString(text).map(([word]) => word);
      expect(words(ours, text), JSON.stringify(text)).toEqual(expected);
    }
  });

  it('random patterns cut random texts the same', () => {
    const random = seededRandom(3);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
    const atom = (depth: number): string => {
      const kind = random();
      if (depth > 0 && kind < 0.3) return `${pick(['(', '(?:', '(?i:', '(?<n>'])}${choice(depth - 1)})`;
      if (kind < 0.36)
        return `${pick(['(?=', '(?!', '(?<=', '(?<!'])}${pick(['a', '\\s', 'a|b', '^', '$'])})`;
      if (kind < 0.44) return pick(['^', '$', '\\b', '\\B', '\\A', '\\z', '\\Z']);
      if (kind < 0.6) return pick(['[ab]', '[^a]', '\\s', '\\w', '\\W', '.', '[b-d&&[^c]]', '\\p{Lu}']);
      return pick(['a', 'b', 'c', 'A', 'é', ' ', '😀', '\\n']);
    };
    const repeated = (item: string): string =>
      // Oniguruma refuses to repeat an anchor
      random() < 0.6 || /^(\^|\$|\\[bBAzZ]|\(\?<?[=!])/.test(item)
        ? item
        : item + pick(['*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{,2}', '{2,}', '{1,2}?']);
    const sequence = (depth: number): string =>
      Array.from({ length: Math.floor(random() * 4) }, () => repeated(atom(depth))).join('');
    const choice = (depth: number): string =>
      Array.from({ length: random() < 0.3 ? 2 : 1 }, () => sequence(depth)).join('|');
    let compared = 0;
    for (let i = 0; i < 1000; i++) {
      const pattern = choice(2);
      let both;
      try {
        both = splitBoth(pattern);
      } catch (error) {
        // an anchor alone in a group, repeated, which both refuse; and counted repetition of what may be empty
        expect(String(error), pattern).toMatch(
          /target of repeat operator is invalid|anchor cannot be repeated|after what may be empty/,
        );
        continue;
      }
      for (let k = 0; k < 4; k++) {
        const length = 1 + Math.floor(random() * 7); // short: Oniguruma gives up, and ends the process
        const text = Array.from({ length }, () => pick([...'abcABé \n😀'])).join('');
        const expected = both.rust.preTokenizeString(text).map(([word]) => word);
        expect(words(both.ours, text), `${pattern} on ${JSON.stringify(text)}`).toEqual(expected);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(3000);
  });

  // U+0295 became a letter without case in Unicode 17, and an engine may be older than Unicode 16.
  const isComparable = (codePoint: number) =>
    codePoint !== 0x295 && !/\p{Cn}/u.test(String.fromCodePoint(codePoint));
  it.each([
    ...['\\w', '[\\w]', '\\s', '\\d', '\\p{L}', '\\p{N}', '\\p{S}', '\\p{M}', '\\p{Ll}', '\\p{Han}'],
    ...['(?i:[ks])', '(?i:[a-z])', '[[:punct:]]', '[[:alnum:]&&[^[:lower:]]]', '[[:cntrl:][:blank:]]'],
  ])('every code point is in the same class: %s', (pattern) => {
    const { ours, rust } = splitBoth(pattern, 'Removed');
    const chars = Array.from(allCodePoints()).filter(isComparable);
    for (let i = 0; i < chars.length; i += 16384) {
      const text = String.fromCodePoint(...chars.slice(i, i + 16384));
      expect(words(ours, text).join('')).toBe(
        rust
          .preTokenizeString(text)
          .map(([word]) => word)
          .join(''),
      );
    }
  });

  it.each([
    ...[
      '(',
      'a)',
      '[a',
      '[]',
      '[^]',
      '\\',
      '*a',
      'a|+',
      '[b-a]',
      '(?z)',
      '[[:foo:]]',
      '[a-\\d]',
      '^*',
      '\\b+',
    ],
    ...['(?<n', '(?i', '\\p{Foo}', '\\u12', 'a{100001}'],
  ])('what Oniguruma refuses is refused: %s', (regex) => {
    expect(() => rustSplit(regex)).toThrow(/Oniguruma/);
    expect(() => createSplitPreTokenizer({ pattern: { regex }, behavior: 'Removed' })).toThrow(
      TokenizerError,
    );
  });
});

describe('runs of one character, which need no engine', () => {
  const runs = [' {2,}', ' +', ' ', '\\s+', '\\s', '\\s{2,}', 'a{3,}', 'é+', '😀{2,}', '😀', '-+', 'a{10,}'];

  it.each(runs)('%s matches what the engine and the Rust library match', (regex) => {
    const random = seededRandom(regex.length);
    const { rust } = splitBoth(regex);
    const own = compilePattern('test', { regex }).forEachMatch;
    const engine = regexEngine(regex);
    const matches = (matcher: Matcher, text: string): number[][] => {
      const { units, length } = alignedSlice(text, 0, text.length);
      const found: number[][] = [];
      matcher({ units, start: 0, end: length }, (start, end) => found.push([start, end]));
      return found;
    };
    const letters = ['a', 'é', ' ', ' ', '😀', '-', '\n', '\u3000', '\u0085', 'b'];
    let last = 0;
    for (let i = 0; i < 200; i++) {
      if (random() > 0.4) last = Math.floor(random() * letters.length);
      const text = Array.from({ length: i % 23 }, () => {
        if (random() > 0.6) last = Math.floor(random() * letters.length);
        return letters[last]!;
      }).join('');
      const found = matches(own, text);
      expect(found, JSON.stringify(text)).toEqual(matches(engine, text));
      const pieces = rust.preTokenizeString(text).map(([word]) => word);
      const ours: string[] = [];
      let covered = 0;
      for (const [start, end] of found) {
        if (covered < start!) ours.push(text.slice(covered, start));
        ours.push(text.slice(start, end));
        covered = end!;
      }
      if (covered < text.length) ours.push(text.slice(covered));
      expect(ours, JSON.stringify(text)).toEqual(pieces);
    }
  });

  it.each(['a*', 'a?', 'a{0,2}', 'a{2,1}', 'ab', '.', '\\d+', 'a|b', '[a]', 'a+?', 'a++', '{', 'a{,3}', ''])(
    '%s is left to the engine',
    (regex) => {
      expect(() => compilePattern('test', { regex })).toThrow(/needs the regex engine[^]*moreStages/);
    },
  );
});
