import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { learnUnigram } from '../src/training/unigram/learn-unigram.js';
import { createTokenCounter } from './best-tokens.js';
import { trainingCorpus } from './training-corpus.js';

/** Vocabularies of SentencePiece's trainer on the same lines, by tools/golden/unigram_training.py. */
interface Golden {
  readonly training: { readonly seed: number; readonly lines: number; readonly characters: number };
  readonly heldOut: { readonly seed: number; readonly lines: number; readonly characters: number };
  readonly cases: Readonly<Record<string, GoldenCase>>;
}

interface GoldenCase {
  readonly options: Readonly<Record<string, number | boolean>>;
  /** Tokens of SentencePiece's own encoder. */
  readonly heldOutTokens: number;
  readonly pieces: readonly (readonly [string, number])[];
}

const golden = JSON.parse(
  readFileSync(new URL('./fixtures/unigram-training.json', import.meta.url), 'utf8'),
) as Golden;

const ourNames: Readonly<Record<string, string>> = {
  max_sentencepiece_length: 'maxPieceLength',
  seed_sentencepiece_size: 'seedSize',
};

const camelCase = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/** Lines as words with a ▁ for each space, counted. */
function lineWords(lines: readonly string[], isSuffix: boolean): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const marked = line.replaceAll(' ', '▁');
    const whole = isSuffix ? `${marked}▁` : `▁${marked}`;
    counts.set(whole, (counts.get(whole) ?? 0) + 1);
  }
  return counts;
}

const drawn = ({ seed, lines, characters }: Golden['training']): readonly string[] => {
  const text = trainingCorpus(seed, lines);
  expect(text.reduce((sum, line) => sum + Array.from(line).length, 0)).toBe(characters);
  return text;
};

describe.each(Object.entries(golden.cases))('learnUnigram beside SentencePiece: %s', (_, theirs) => {
  const isSuffix = theirs.options['treat_whitespace_as_suffix'] === true;

  it('as many pieces, mostly the same with the same scores, and no more tokens', async () => {
    const options = Object.entries(theirs.options).map(([name, value]) => [
      ourNames[name] ?? camelCase(name),
      value,
    ]);
    const pieces = await learnUnigram(lineWords(drawn(golden.training), isSuffix), {
      vocabSize: theirs.pieces.length,
      specialTokens: ['<unk>', '<s>', '</s>'],
      ...Object.fromEntries(options),
    });
    expect(pieces).toHaveLength(theirs.pieces.length);
    const scores = new Map(pieces);
    const shared = theirs.pieces.filter(([piece]) => scores.has(piece));
    expect(shared.length / pieces.length).toBeGreaterThan(0.8);
    const apart = shared.reduce((sum, [piece, score]) => sum + Math.abs(score - scores.get(piece)!), 0);
    expect(apart / shared.length).toBeLessThan(0.2);

    const heldOut = [...lineWords(drawn(golden.heldOut), isSuffix).keys()];
    const expected = createTokenCounter(theirs.pieces)(heldOut);
    expect(expected / theirs.heldOutTokens).toBeCloseTo(1, 2); // the counter counts as SentencePiece does
    const ratio = createTokenCounter(pieces)(heldOut) / expected;
    expect(ratio).toBeLessThan(1.01);
    expect(ratio).toBeGreaterThan(0.95);
  });
});
