import { existsSync, readFileSync } from 'node:fs';
import { createByt5Tokenizer, tokenizerFromFiles } from '@tesserae/tokenizer';
import type { Tokenizer } from '@tesserae/tokenizer';
import { moreStages } from '@tesserae/tokenizer/stages';
import { trainUnigram } from '@tesserae/tokenizer/training';
import { hostRandom } from '@tesserae/tensor';
import type { TokenConstraint } from '../../src/constraints/token-constraint.js';

const words = ['ab', 'cde', 'name', 'true', 'null', 'left', 'right', 'été', '木'];
const marks = ['{"name": [1, 23], "b": "x"}', '{"a":-4.5e+6}', '(a+b)*7', '2024-01-31', '"a\\\\b"', 'x_y?'];
const texts = Array.from({ length: 300 }, (_, i) =>
  [
    words[i % 9],
    marks[(i * 5) % 6],
    words[(i * 7 + 3) % 9],
    String(i * 37),
    'qzwjkvufghiopsmltr'[i % 18],
  ].join(' '),
);

/** Small vocabularies of each kind, made here: pieces with word marks, the same with byte pieces, bytes. */
export const TOKENIZERS: readonly (readonly [name: string, create: () => Promise<Tokenizer>])[] = [
  ['word pieces', () => trainUnigram(texts, { vocabSize: 160, extraIds: 4, characterCoverage: 1 })],
  [
    'word and byte pieces',
    () => trainUnigram(texts, { vocabSize: 420, extraIds: 4, byteFallback: true, characterCoverage: 0.98 }),
  ],
  ['bytes', async () => createByt5Tokenizer()],
];

const released = new URL('../../../../../shared/data/vocab-t5/spiece.model', import.meta.url);

/** T5's own vocabulary, which lies beside the repository; undefined when it does not. */
export async function releasedTokenizer(): Promise<Tokenizer | undefined> {
  return existsSync(released)
    ? tokenizerFromFiles({ 'spiece.model': new Uint8Array(readFileSync(released)) }, { stages: moreStages })
    : undefined;
}

/**
 * Takes allowed ids at random until the text may end, and then ends it now and then.
 * @returns the ids, the end token included; undefined when the text did not end within `most` ids
 */
export function randomWalk(
  constraint: TokenConstraint,
  {
    seed,
    eosTokenId,
    most = 400,
  }: { readonly seed: number; readonly eosTokenId: number; readonly most?: number },
): number[] | undefined {
  const random = hostRandom(seed);
  const ids: number[] = [0]; // the start token
  while (ids.length < most) {
    const allowed = constraint.allowedTokens(ids);
    const mayEnd = allowed.includes(eosTokenId);
    const next = mayEnd && random.below(3) === 0 ? eosTokenId : allowed[random.below(allowed.length)]!;
    ids.push(next);
    if (next === eosTokenId) return ids;
  }
  return undefined;
}

/** Text of ids, as generation gives it. */
export const textOf = (tokenizer: Tokenizer, ids: readonly number[]): string =>
  tokenizer.decode(ids, { skipSpecialTokens: true, cleanUpSpaces: false });

/** Whether a constraint lets through what the tokenizer makes of a text, id by id, and lets it end. */
export function admits(constraint: TokenConstraint, ids: readonly number[]): boolean {
  return ids.every((id, at) => {
    try {
      return constraint.allowedTokens(ids.slice(0, at)).includes(id);
    } catch {
      return false;
    }
  });
}
