import { OptionError } from '@tesserae/tensor';
import { createByt5Tokenizer } from '@tesserae/tokenizer';
import { describe, expect, it } from 'vitest';
import { grammarConstraint } from '../../src/constraints/token-constraint.js';
import { constraintVocabulary } from '../../src/constraints/vocabulary.js';
import { TOKENIZERS, admits, randomWalk, textOf } from './tokenizers.js';

const SUMS = `
# sums of numbers, with brackets
root   ::= term (("+" | "-") term)*
term   ::= factor ("*" factor)*     # products bind closer
factor ::= [0-9]+ | "(" root ")"
         | "-" factor
`;

/** Whether a text is such a sum, by another way: brackets are taken away from the inside. */
function isSum(text: string): boolean {
  const FLAT = /^-*\d+([-+*]-*\d+)*$/;
  let rest = text;
  for (let inner = /\(([^()]*)\)/.exec(rest); inner !== null; inner = /\(([^()]*)\)/.exec(rest)) {
    if (!FLAT.test(inner[1]!)) return false;
    if (/\d$/.test(rest.slice(0, inner.index)) || /^\d/.test(rest.slice(inner.index + inner[0].length)))
      return false;
    rest = `${rest.slice(0, inner.index)}0${rest.slice(inner.index + inner[0].length)}`;
  }
  return FLAT.test(rest);
}

describe.each(TOKENIZERS)('grammarConstraint over %s', async (_, create) => {
  const tokenizer = await create();
  const vocabulary = constraintVocabulary(tokenizer);

  it('whatever it allows decodes to a text of the grammar', () => {
    const constraint = grammarConstraint(SUMS, vocabulary);
    let ended = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const ids = randomWalk(constraint, { seed, eosTokenId: vocabulary.eosTokenId });
      if (ids === undefined) continue;
      ended++;
      expect(isSum(textOf(tokenizer, ids)), textOf(tokenizer, ids)).toBe(true);
    }
    expect(ended).toBeGreaterThan(20);
  });

  it.each(['7', '1+2*3', '(1+2)*3', '((12))', '-(-4)*(2-(3))'])('lets %s through', (text) => {
    expect(isSum(text)).toBe(true);
    expect(admits(grammarConstraint(SUMS, vocabulary), [...tokenizer.encode(text).ids])).toBe(true);
  });

  it.each(['', '1+', '(1', '1)', '2(3)', '()'])('not %j', (text) => {
    expect(isSum(text)).toBe(false);
    expect(admits(grammarConstraint(SUMS, vocabulary), [...tokenizer.encode(text).ids])).toBe(false);
  });
});

describe('grammarConstraint', () => {
  const tokenizer = createByt5Tokenizer();
  const vocabulary = constraintVocabulary(tokenizer);
  const idsOf = (text: string): number[] => [...new TextEncoder().encode(text)].map((byte) => byte + 3);
  const accepts = (source: string, text: string): boolean =>
    grammarConstraint(source, vocabulary).isComplete(idsOf(text));

  it('a rule that ends in itself does not grow: a long list takes as many states as a short one', () => {
    const list = 'root ::= "a" ("," root)?';
    const constraint = grammarConstraint(list, vocabulary);
    const long = idsOf(new Array(500).fill('a').join(','));
    expect(constraint.isComplete(long)).toBe(true);
    for (let at = 0; at <= 40; at++) constraint.allowedTokens(long.slice(0, at));
    expect(constraint.work.knownStates).toBeLessThanOrEqual(4);
  });

  it('nested as deep as one likes', () => {
    const nested = 'root ::= "(" root ")" | "x"';
    expect(accepts(nested, `${'('.repeat(300)}x${')'.repeat(300)}`)).toBe(true);
    expect(accepts(nested, `${'('.repeat(300)}x${')'.repeat(299)}`)).toBe(false);
  });

  it('escapes, classes, any character, bounds, and a root of another name', () => {
    expect(accepts('root ::= "\\"" [^"\\x41-\\x43]{2} "\\n" .', '"xé\n木')).toBe(true);
    expect(accepts('root ::= "\\"" [^"\\x41-\\x43]{2} "\\n" .', '"xB\n木')).toBe(false);
    const named = grammarConstraint('start-here ::= b b\nb ::= "b"?', vocabulary, { root: 'start-here' });
    expect(['', 'b', 'bb', 'bbb'].map((text) => named.isComplete(idsOf(text)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it.each([
    ['root ::= root "a" | "a"', /begins with itself/],
    ['root ::= other\nother ::= ("b")? root "a" | "c"', /begins with itself/],
    ['root ::= missing', /no rule 'missing'/],
    ['start ::= "a"', /no rule 'root'/],
    ['root ::= "a"\nroot ::= "b"', /twice.*line 2/s],
    ['root ::= "a', /ends too early/],
    ['root ::= ("a"', /'\)' is needed/],
    ['root "a"', /'::=' is needed/],
    ['root ::= "\\q"', /escape \\q/],
    ['root ::= "a" root', /never ends/],
  ])('%s is refused', (source, message) => {
    expect(() => grammarConstraint(source, vocabulary)).toThrow(OptionError);
    expect(() => grammarConstraint(source, vocabulary)).toThrow(message);
  });
});
