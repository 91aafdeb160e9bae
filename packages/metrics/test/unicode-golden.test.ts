import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BLEU_TOKENIZERS } from '../src/bleu-tokenizers.js';
import { PYTHON_WORD, splitWords } from '../src/python-text.js';
import { sigmaText } from './cases.js';
import { goldenFile } from './golden-file.js';

const golden = goldenFile('metrics-unicode');

const codesOf = (name: string): number[] =>
  golden.rows(name).flatMap(([start, end]) => Array.from({ length: end! - start! }, (_, at) => start! + at));

const assigned = codesOf('assigned');

/** The code points of Python's Unicode version where we say otherwise. */
function differences(name: string, holds: (character: string) => boolean): string[] {
  const wanted = new Set(codesOf(name));
  return assigned
    .filter((code) => holds(String.fromCodePoint(code)) !== wanted.has(code))
    .map((code) => code.toString(16));
}

describe('every code point of Unicode 14 is as in Python', () => {
  it('white space', () => {
    expect(differences('space', (character) => splitWords(character).length === 0)).toEqual([]);
  });

  it('characters of words', () => {
    const word = new RegExp(`^[${PYTHON_WORD}]$`, 'u');
    expect(differences('word', (character) => word.test(character))).toEqual([]);
  });

  it.each(['P', 'S', 'N'])('category %s of the international tokeniser', (kind) => {
    const category = new RegExp(`^\\p{${kind}}$`, 'u');
    expect(differences(kind, (character) => category.test(character))).toEqual([]);
  });

  it('what sacreBLEU takes for Chinese', () => {
    const wanted = new Set(codesOf('zh'));
    const tested = assigned.filter(
      (code) => code > 0x7f && splitWords(String.fromCodePoint(code)).length > 0,
    );
    const line = tested.map((code) => `x${String.fromCodePoint(code)}y`).join(' ');
    const needed = tested.map((code) => {
      const character = String.fromCodePoint(code);
      return wanted.has(code) ? `x ${character} y` : `x${character}y`;
    });
    expect(BLEU_TOKENIZERS.zh(line) === needed.join(' ')).toBe(true);
  });

  it('lower case', () => {
    const wanted = new Map(
      golden.rows('lower').map(([code, ...lower]) => [code, lower.filter((c) => c !== 0)]),
    );
    const wrong = assigned.filter((code) => {
      const needed = String.fromCodePoint(...(wanted.get(code) ?? [code]));
      return String.fromCodePoint(code).toLowerCase() !== needed;
    });
    expect(wrong).toEqual([]);
  });

  it('the final sigma', () => {
    golden.values('sigma').forEach((needed, row) => {
      const texts = Array.from({ length: 20 }, (_, at) => sigmaText(row * 20 + at));
      expect(crc32(texts.map((text) => text.toLowerCase()).join('|')), JSON.stringify(texts)).toBe(needed);
    });
  });
});
