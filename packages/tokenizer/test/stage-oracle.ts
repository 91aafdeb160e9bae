import { Tokenizer as RustTokenizer } from 'tokenizers';
import { tokenizerFromFiles, type Json, type Tokenizer } from '../src/index.js';
import { moreStages } from '../src/stages.js';

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
  return {
    ours: tokenizerFromFiles({ 'tokenizer.json': json }, { stages: moreStages }),
    rust: RustTokenizer.fromString(json),
  };
}

/** Every code point that is a character, but only the ends of planes and blocks that hold none or all the same. */
export function* allCodePoints(): Generator<number> {
  const stretches = [
    [0, 0xd7ff],
    [0xe000, 0x3ffff],
    [0xdfff0, 0xe0fff],
    [0xefff0, 0xf000f],
    [0xffff0, 0x10000f],
    [0x10fff0, 0x10ffff],
  ] as const;
  for (const [first, last] of stretches) {
    for (let codePoint = first; codePoint <= last; codePoint++) yield codePoint;
  }
}

/** The text as Rust gets it: a lone surrogate becomes U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}
