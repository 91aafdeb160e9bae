import type { Objective, Random, Sentinels } from '@tesserae/data';
import { BYT5_SENTINELS, denoise, plainEncoder, rawLength } from '@tesserae/data';
import type { Tokenizer } from '@tesserae/tokenizer';
import { TrainingDataError } from '../training/row-fields.js';
import type { PretrainingTexts, ReadTextsOptions } from './texts.js';
import { noExamples, watchedLines } from './texts.js';
import { TokenStore } from './token-store.js';

/** A corrupted text and the spans that were taken out of it. */
interface Denoised {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
}

/** Windows of joined documents. */
export interface TextWindows {
  readonly size: number;
  /** A window with fresh noise. */
  denoised(index: number, random: Random): Denoised;
}

interface WindowOptions extends ReadTextsOptions {
  readonly tokenizer: Tokenizer;
  readonly objective: Objective;
  /** What errors call the texts. */
  readonly name: string;
}

/**
 * T5's pre-training text: documents joined and cut into windows that just fill the inputs once they are corrupted. The ids are kept in
 * memory, 4 bytes a token; noise is drawn anew each time.
 * @throws TrainingDataError (training-empty) for less text than one window; (pretraining-sentinels) for other tokenizers than T5's
 */
export async function readTextWindows(
  texts: PretrainingTexts,
  { tokenizer, objective, name, onProgress, signal }: WindowOptions,
): Promise<TextWindows> {
  const sentinels = sentinelsOf(tokenizer);
  const eosId = tokenizer.specialTokens.eos?.id ?? null;
  const encode = plainEncoder(tokenizer);
  const store = new TokenStore();
  const onRead = (characters: number): void => onProgress?.({ characters, tokens: store.numTokens });
  for await (const line of watchedLines(texts, { onRead, ...(signal === undefined ? {} : { signal }) })) {
    if (line.trim() !== '') store.push(encode(line));
  }
  const length = rawLength(objective, { hasMode: false });
  const size = Math.floor(store.numTokens / length);
  if (size === 0) throw noExamples(name, `one window of ${length} tokens (there are ${store.numTokens})`);
  return {
    size,
    denoised: (index, random) =>
      denoise(store.slice(index * length, (index + 1) * length), {
        objective,
        random,
        sentinels,
        eosId,
        vocabSize: tokenizer.vocabSize,
      }),
  };
}

/**
 * Ids that mark spans: counted down from `<extra_id_0>`, or for ByT5 from the bytes that no text has.
 * @throws TrainingDataError (pretraining-sentinels) for tokenizers without them
 */
function sentinelsOf({ tokenToId }: Pick<Tokenizer, 'tokenToId'>): Sentinels {
  const first = tokenToId('<extra_id_0>');
  if (first !== undefined) {
    if (tokenToId('<extra_id_1>') === first + 1) return BYT5_SENTINELS; // @see Xue et al. 2021, section 3
    let count = 1;
    while (tokenToId(`<extra_id_${count}>`) === first - count) count++;
    return { first, count };
  }
  throw new TrainingDataError({
    op: 'pretrain',
    problem: 'the tokenizer has no <extra_id_0>, which marks the spans that are taken out',
    likely: "A tokenizer of another family; T5's have 100 such tokens (extraIds of the trainer).",
    page: 'pretraining-sentinels',
  });
}
