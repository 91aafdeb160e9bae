import type { Decoder, Json, Model, Normalizer, PostProcessor, PreTokenizer } from './pipeline.js';

/** A token that is found in the text before the pipeline runs. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Special tokens are left out by `decode` with `skipSpecialTokens`. */
  readonly special: boolean;
  /** Matches only where no word character touches it. */
  readonly singleWord: boolean;
  /** Takes the white space before it. */
  readonly lstrip: boolean;
  /** Takes the white space after it. */
  readonly rstrip: boolean;
  /** Matches in the normalised text, in its own normalised form. */
  readonly normalized: boolean;
}

/** What a special token is for. */
export type SpecialTokenRole = 'pad' | 'unk' | 'cls' | 'sep' | 'mask' | 'bos' | 'eos';

/** Names of special tokens by what they are for. */
export type SpecialTokenNames = Readonly<Partial<Record<SpecialTokenRole, string>>>;

/** Every role, in the order files list them, as rules of an options object of names. */
export const roleRules: Readonly<Record<SpecialTokenRole, null>> = {
  unk: null,
  sep: null,
  pad: null,
  cls: null,
  mask: null,
  bos: null,
  eos: null,
};

/** The stages and tables a tokenizer is made of. */
export interface TokenizerParts {
  /** The class Hugging Face loads these files with, such as `BertTokenizer`. */
  readonly tokenizerClass: string;
  readonly normalizer?: Normalizer;
  readonly preTokenizer?: PreTokenizer;
  readonly model: Model;
  readonly postProcessor?: PostProcessor;
  readonly decoder?: Decoder;
  readonly addedTokens?: readonly AddedToken[];
  /** The token of each role; it must be in the vocabulary or among the added tokens. */
  readonly specialTokens?: SpecialTokenNames;
  /** The longest input the model was made for, in tokens; information only. */
  readonly modelMaxLength?: number;
  /** Whether `decode` removes spaces before punctuation when not told. Default false. */
  readonly cleanUpSpaces?: boolean;
  /**
   * The `truncation` and `padding` sections of a tokenizer.json: kept and written back, never applied
   * unasked.
   */
  readonly savedDefaults?: { readonly truncation: Json; readonly padding: Json };
  /** The bytes of spiece.model, when there is one: it is saved beside tokenizer.json. */
  readonly sentencePieceFile?: Uint8Array;
  /** T5's switch for spaces after added tokens, as tokenizer_config.json has it. */
  readonly legacy?: boolean;
  /** Names the file in errors, when the parts come from one. */
  readonly file?: string;
}

/** An added token with Hugging Face's defaults for a special one: literal, never normalised. */
export function specialAddedToken(content: string, id: number): AddedToken {
  return {
    content,
    id,
    special: true,
    singleWord: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  };
}

/** Two lists in the order of ids; the first wins where both have a token. */
export function mergeAddedTokens(first: readonly AddedToken[], second: readonly AddedToken[]): AddedToken[] {
  const known = new Set(first.map(({ content }) => content));
  return [...first, ...second.filter(({ content }) => !known.has(content))].sort((a, b) => a.id - b.id);
}

/** The first id after those of the tokens, and not below `least`. */
export function idAfter(tokens: readonly AddedToken[], least: number): number {
  return tokens.reduce((next, { id }) => Math.max(next, id + 1), least);
}
