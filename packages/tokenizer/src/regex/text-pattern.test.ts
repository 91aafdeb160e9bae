import { describe, expect, it } from 'vitest';
import { TokenizerError } from '../errors.js';
import { alignedSlice } from '../text/aligned-text.js';
import { regexEngine } from './regex-engine.js';
import { compilePattern, type TextPattern } from './text-pattern.js';

const matches = (pattern: TextPattern, text: string): string[] => {
  const { units, length } = alignedSlice(text, 0, text.length);
  const found: string[] = [];
  const ready = typeof pattern === 'string' ? pattern : { ...pattern, engine: regexEngine };
  compilePattern('test', ready).forEachMatch({ units, start: 0, end: length }, (start, end) => {
    found.push(text.slice(start, end));
  });
  return found;
};

const errorOf = (regex: string): TokenizerError => {
  try {
    compilePattern('test', { regex, engine: regexEngine });
  } catch (error) {
    if (error instanceof TokenizerError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('text pattern', () => {
  it('the first alternative wins, not the longest', () => {
    expect(matches({ regex: 'a|ab|abc' }, 'abc')).toEqual(['a']);
    expect(matches({ regex: '(?:a|ab)(?:c|bcd)' }, 'abcd')).toEqual(['abcd']);
    expect(matches({ regex: 'a+?b??' }, 'aab')).toEqual(['a', 'a']);
  });

  it('a string stands for itself, and an empty one matches between all characters', () => {
    expect(matches('a.', 'a.ab')).toEqual(['a.']);
    expect(matches('', 'a😀')).toEqual(['', '', '']);
    expect(matches('', '')).toEqual([]);
  });

  it('matches only within the given stretch, whose ends are those of the text', () => {
    const { units } = alignedSlice('xaay', 0, 4);
    const found: number[][] = [];
    compilePattern('test', { engine: regexEngine, regex: '\\Aa|a$' }).forEachMatch(
      { units, start: 1, end: 3 },
      (start, end) => {
        found.push([start, end]);
      },
    );
    expect(found).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  it.each([
    ['(a+)+$', `${'a'.repeat(50_000)}!`],
    ['(a|a)*b', 'a'.repeat(50_000)],
    ['a*b|a', 'a'.repeat(50_000)],
    ['(x+x+)+y', 'x'.repeat(50_000)],
    ['(.*)(.*)(.*)(.*)z', 'a'.repeat(50_000)],
    ['(((a*)*)*)*b', 'a'.repeat(50_000)],
    ['(?:a?){0,120}a{120}', 'a'.repeat(3000)],
    ['(.??)*b', 'a'.repeat(20_000)],
  ])('%s takes time in proportion to the text', (regex, text) => {
    const start = performance.now();
    matches({ regex }, text);
    expect(performance.now() - start).toBeLessThan(3000); // a backtracking engine needs years
  });

  it.each([
    ['(a{1,1000}){1,1000}', /more than 500 instructions/],
    ['a'.repeat(1_000_000), /a pattern of 1000000 characters/],
    ['('.repeat(150) + ')'.repeat(150), /nested more than 100 deep/],
    ['(?i)'.repeat(1000), /nested more than 100 deep/],
    ['['.repeat(1000), /nested more than 20 deep/],
    ['(a)\\1', /\\1 at 3 of/],
    ['x(?>a)', /\(\?> at 1 of/],
    ['a(?=bc)', /look ahead or behind at more than one character/],
    ['(?:ab)++', /possessive quantifier on more than one character/],
    ['\\p{Nonsense}', /the property Nonsense at 0/],
    ['(?i:Straße)', /"ß" without regard to case/],
    ['(?i:fist)', /"fi" without regard to case/],
    ['(?i:[À-ÿ])', /a class with "ß" without regard to case/],
    ['(?x)a b', /\(\?x at 0/],
    ['a{3,2}', /\{3,2\} at 1/],
    ['(a?){2,}', /\{2,\} after what may be empty at 4/],
  ])('what a machine of linear time does not do is named: %#', (regex, message) => {
    const start = performance.now();
    const error = errorOf(regex);
    expect(error.code).toBe('unsupported');
    expect(error.message).toMatch(message);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it.each([
    ['a(b', /a \) is missing at 3/],
    ['a)b', /a \) without its \( at 1/],
    ['[ab', /the \] of a class is missing at 3/],
    ['a|*', /nothing before the \* to repeat/],
    ['[z-a]', /a range that runs backwards/],
    ['^+', /an anchor cannot be repeated/],
  ])('broken syntax says where: %s', (regex, message) => {
    const error = errorOf(regex);
    expect(error.code).toBe('malformed-file');
    expect(error.message).toMatch(message);
  });

  it('repetition of nothing ends at once', () => {
    expect(matches({ regex: '(){0,100000}a' }, 'ba')).toEqual(['a']);
  });

  it('what is no pattern is a bad option', () => {
    expect(() => compilePattern('test', /a/ as unknown as TextPattern)).toThrow(
      /must be a string or \{ regex/,
    );
  });
});
