import { Tokenizer as RustTokenizer } from 'tokenizers';
import { tokenizerFromFiles, type Json, type Tokenizer } from '../src/index.js';

/** Sections of a tokenizer.json, as in the file. */
export interface Sections {
  readonly normalizer?: Json;
  readonly pre_tokenizer?: Json;
  readonly decoder?: Json;
}

/** A tokenizer.json of the stages, with a WordPiece model that knows every piece of `tokens`. */
export function tokenizerJson(sections: Sections, tokens: readonly string[] = []): string {
  const vocab = Object.fromEntries(['[UNK]', ...tokens].map((token, id) => [token, id]));
  const model = {
    type: 'WordPiece',
    vocab,
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
  };
  const empty = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  const root = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    ...empty,
    ...sections,
    model,
  };
  return JSON.stringify(root);
}

/** The same stages in both libraries. */
export function bothLibraries(
  sections: Sections,
  tokens?: readonly string[],
): { readonly ours: Tokenizer; readonly rust: RustTokenizer } {
  const json = tokenizerJson(sections, tokens);
  return { ours: tokenizerFromFiles({ 'tokenizer.json': json }), rust: RustTokenizer.fromString(json) };
}

/** Every code point that is a character. */
export function* allCodePoints(): Generator<number> {
  for (let codePoint = 0; codePoint < 0x110000; codePoint++) {
    if (codePoint < 0xd800 || codePoint > 0xdfff) yield codePoint;
  }
}
