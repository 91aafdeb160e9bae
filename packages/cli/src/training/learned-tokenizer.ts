import { OptionError } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import { createByt5Tokenizer } from '@tesserae/tokenizer';
import { trainUnigram, trainWordPiece } from '@tesserae/tokenizer/training';
import type { z } from 'zod';
import { loadTokenizer } from '../tokenizer-file.js';
import type { tokenizerSchema } from './config-parts.js';
import { defined } from './defined.js';

type TokenizerConfig = z.infer<typeof tokenizerSchema>;

/** The tokenizer that a new model reads with: loaded, or learned from texts (WordPiece for ELECTRA, Unigram for T5 unless said). */
export async function tokenizerFor(
  family: 'electra' | 't5',
  {
    tokenizer,
    texts,
    signal,
  }: {
    readonly tokenizer: TokenizerConfig | undefined;
    readonly texts: () => readonly string[] | Promise<readonly string[]>;
    readonly signal: AbortSignal;
  },
): Promise<Tokenizer> {
  if (typeof tokenizer === 'string') return loadTokenizer(tokenizer);
  const kind = tokenizer ?? { type: family === 'electra' ? ('wordpiece' as const) : ('unigram' as const) };
  return learnTokenizer(kind, await texts(), signal);
}

type LearnedTokenizer = Extract<TokenizerConfig, object>;

/** Sizes of vocabularies that are learned from a task's own texts. */
const VOCAB_SIZE = 8000;

async function learnTokenizer(
  { type, ...options }: LearnedTokenizer,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Tokenizer> {
  const {
    vocabSize = VOCAB_SIZE,
    cased,
    minFrequency,
    limitAlphabet,
    characterCoverage,
    byteFallback,
    extraIds,
  } = options;
  if (type === 'wordpiece') {
    refuse(type, { characterCoverage, byteFallback, extraIds });
    const normalizer = { lowercase: cased !== true };
    const tokenizerClass = 'ElectraTokenizer';
    return trainWordPiece(texts, {
      vocabSize,
      normalizer,
      tokenizerClass,
      signal,
      ...defined({ minFrequency, limitAlphabet }),
    });
  }
  if (type === 'byte') {
    const { vocabSize: size } = options;
    refuse(type, { vocabSize: size, cased, minFrequency, limitAlphabet, characterCoverage, byteFallback });
    return createByt5Tokenizer(defined({ extraIds }));
  }
  refuse(type, { cased, minFrequency });
  const given = defined({ limitAlphabet, characterCoverage, byteFallback, extraIds });
  return trainUnigram(texts, { vocabSize, hardVocabLimit: false, signal, ...given });
}

function refuse(type: string, options: Readonly<Record<string, unknown>>): void {
  const name = Object.keys(options).find((key) => options[key] !== undefined);
  if (name === undefined) return;
  throw new OptionError({
    op: 'tokenizer',
    problem: `${name} has no meaning for a ${type} tokenizer`,
    likely: 'Leave it out, or choose another type.',
    page: 'option-value',
    got: name,
  });
}
