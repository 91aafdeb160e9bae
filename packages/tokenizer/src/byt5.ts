import { createByteDecoder } from './decoders/byte-decoder.js';
import { checkInteger, checkOptions, TokenizerError } from './errors.js';
import { createByteModel } from './models/byte-model.js';
import { createEosProcessor } from './post-processors/template-processor.js';
import { specialAddedToken, type AddedToken } from './tokenizer-parts.js';
import { createTokenizer, type Tokenizer } from './tokenizer.js';

/** A ByT5 tokenizer. */
export interface Byt5TokenizerOptions {
  /** Number of sentinels `<extra_id_0>` (id 259) and up. Default 125, as in Hugging Face's checkpoints. */
  readonly extraIds?: number;
  /** All added tokens, when they are not the standard ones; pad, eos and unk must be among them. */
  readonly addedTokens?: readonly AddedToken[];
  /** Names of the three special tokens. Default `<pad>`, `</s>`, `<unk>`. */
  readonly specialTokens?: { readonly pad?: string; readonly eos?: string; readonly unk?: string };
  readonly modelMaxLength?: number;
}

/** The ids before are `<pad>`, `</s>` and `<unk>`; byte b is id b + 3. */
const FIRST_BYTE_ID = 3;
/** Id of the first token after the bytes. */
export const FIRST_EXTRA_ID = FIRST_BYTE_ID + 256;
/** More sentinels than anyone has used; a larger number is a damaged file. */
const mostExtraIds = 100_000;

/**
 * ByT5's tokenizer: UTF-8 bytes, three special tokens before them and sentinels after them; `</s>` ends a
 * text. `<extra_id_0>` is id 259, the first after the bytes (T5 counts its sentinels down from the end; ByT5
 * in Hugging Face counts up).
 * @see Xue et al. 2022 (arXiv 2105.13626); Hugging Face ByT5Tokenizer
 */
export function createByt5Tokenizer(options: Byt5TokenizerOptions = {}): Tokenizer {
  const op = 'createByt5Tokenizer';
  checkOptions(op, options, ['extraIds', 'addedTokens', 'specialTokens', 'modelMaxLength']);
  const { extraIds = 125, modelMaxLength } = options;
  checkInteger(op, 'extraIds', extraIds, 0);
  checkOptions(op, options.specialTokens ?? {}, ['pad', 'eos', 'unk']);
  const names = { pad: '<pad>', eos: '</s>', unk: '<unk>', ...options.specialTokens };
  const addedTokens = options.addedTokens ?? standardTokens(names, extraIds);
  const eosId = addedTokens.find(({ content }) => content === names.eos)?.id;
  if (eosId === undefined) {
    throw new TokenizerError({
      code: 'missing-token',
      op,
      field: 'addedTokens',
      problem: `the end token ${names.eos} is not among the added tokens`,
    });
  }
  return createTokenizer({
    tokenizerClass: 'ByT5Tokenizer',
    model: createByteModel({ firstByteId: FIRST_BYTE_ID }),
    postProcessor: createEosProcessor({ eos: { token: names.eos, id: eosId } }),
    decoder: createByteDecoder(),
    addedTokens,
    specialTokens: names,
    modelMaxLength,
  });
}

/** pad, eos and unk swallow the spaces around them in a text, as ByT5Tokenizer's own defaults do. */
function standardTokens(
  { pad, eos, unk }: { readonly pad: string; readonly eos: string; readonly unk: string },
  extraIds: number,
): AddedToken[] {
  const control = [pad, eos, unk].map((content, id) => ({
    ...specialAddedToken(content, id),
    lstrip: true,
    rstrip: true,
  }));
  const sentinels = byt5Sentinels(extraIds).map((content, index) =>
    specialAddedToken(content, FIRST_EXTRA_ID + index),
  );
  return [...control, ...sentinels];
}

/**
 * `<extra_id_0>` and so on.
 * @throws TokenizerError (bad-option) when there are absurdly many
 */
export function byt5Sentinels(extraIds: number): string[] {
  if (extraIds > mostExtraIds) {
    throw new TokenizerError({
      code: 'bad-option',
      op: 'createByt5Tokenizer',
      field: 'extraIds',
      problem: `extraIds (extra_ids in files) is ${extraIds}, at most ${mostExtraIds} are allowed`,
      remedy: "a damaged file; Hugging Face's checkpoints have 125.",
    });
  }
  return Array.from({ length: extraIds }, (_, index) => `<extra_id_${index}>`);
}
