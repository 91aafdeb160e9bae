import { createByteDecoder } from './decoders/byte-decoder.js';
import { checkOptions, TokenizerError } from './errors.js';
import { createByteModel } from './models/byte-model.js';
import { createEosProcessor } from './post-processors/template-processor.js';
import { sentinels } from './sentinels.js';
import { specialAddedToken, type AddedToken, type SpecialTokenNames } from './tokenizer-parts.js';
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

const op = 'createByt5Tokenizer';

/**
 * ByT5's tokenizer: UTF-8 bytes, three special tokens before them and sentinels after them; `</s>` ends a
 * text. `<extra_id_0>` is id 259, the first after the bytes (T5 counts its sentinels down from the end; ByT5
 * in Hugging Face counts up).
 * @see Xue et al. 2022 (arXiv 2105.13626); Hugging Face ByT5Tokenizer
 */
export function createByt5Tokenizer(options: Byt5TokenizerOptions = {}): Tokenizer {
  checkOptions(op, options, { extraIds: 0, addedTokens: null, specialTokens: null, modelMaxLength: null });
  checkOptions(op, options.specialTokens ?? {}, { pad: null, eos: null, unk: null });
  const names = { pad: '<pad>', eos: '</s>', unk: '<unk>', ...options.specialTokens };
  const addedTokens = options.addedTokens ?? [
    ...byt5ControlTokens(names),
    ...byt5Sentinels(sentinels(op, options.extraIds ?? 125)),
  ];
  const eosId = addedTokens.find(({ content }) => content === names.eos)?.id;
  if (eosId === undefined) {
    const problem = `the end token ${names.eos} is not among the added tokens`;
    throw new TokenizerError({ code: 'missing-token', op, field: 'addedTokens', problem });
  }
  return createTokenizer({
    tokenizerClass: 'ByT5Tokenizer',
    model: createByteModel({ firstByteId: FIRST_BYTE_ID }),
    postProcessor: createEosProcessor({ eos: { token: names.eos, id: eosId } }),
    decoder: createByteDecoder(),
    addedTokens,
    specialTokens: names,
    modelMaxLength: options.modelMaxLength,
  });
}

/** pad, eos and unk; they swallow the spaces around them in a text, as ByT5Tokenizer's own defaults do. */
export function byt5ControlTokens({
  pad = '<pad>',
  eos = '</s>',
  unk = '<unk>',
}: SpecialTokenNames): AddedToken[] {
  return [pad, eos, unk].map((content, id) => ({
    ...specialAddedToken(content, id),
    lstrip: true,
    rstrip: true,
  }));
}

/** Sentinels, which get the ids after the bytes. */
export function byt5Sentinels(contents: readonly string[]): AddedToken[] {
  return contents.map((content, index) => specialAddedToken(content, FIRST_BYTE_ID + 256 + index));
}
