import type { AlignedText } from './text/aligned-text.js';
import type { Scratch } from './text/scratch.js';
import type { TokenSink } from './text/token-sink.js';

/** A value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Every stage of the pipeline can describe itself as the same stage of a Hugging Face `tokenizer.json`. */
export interface Stage {
  /** The stage as `tokenizer.json` spells it, such as `BertNormalizer`. */
  readonly type: string;
  toJson(): Json;
}

/** First stage: cleans text, and keeps for each result the place it came from. */
export interface Normalizer extends Stage {
  /**
   * Normalises text[start, end); the result is aligned with `text`.
   * @param scratch  memory for the result, which then is valid until the scratch is reset
   */
  normalize(text: string, start: number, end: number, scratch?: Scratch): AlignedText;
}

/** Text cut into words: pairs (start, end) of units of `text`, ascending; what lies between is dropped. */
export interface Words {
  readonly text: AlignedText;
  readonly spans: Int32Array;
}

/** Second stage: cuts words into smaller ones, and may replace the text, too. A token never crosses a word. */
export interface PreTokenizer extends Stage {
  /** @param scratch  memory for the result, which then is valid until the scratch is reset */
  preTokenize(words: Words, scratch?: Scratch): Words;
}

/** Third stage: the vocabulary, and how a word becomes pieces of it. */
export interface Model extends Stage {
  /** Number of ids; they run from 0 without a hole unless added tokens fill it. */
  readonly vocabSize: number;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /** Appends the tokens of every word; offsets are in units of `words.text`. */
  encode(words: Words, sink: TokenSink): void;
}

/** A place in the final sequence: one of the inputs, or a special token. */
export type TemplatePiece =
  | { readonly sequence: 'A' | 'B'; readonly typeId: number }
  | {
      readonly name: string;
      readonly ids: readonly number[];
      readonly tokens: readonly string[];
      readonly typeId: number;
    };

/** Fourth stage: where special tokens go around one text or a pair. */
export interface PostProcessor extends Stage {
  readonly single: readonly TemplatePiece[];
  readonly pair: readonly TemplatePiece[];
  /** When set, a special token is left out where the sequence before it already ends with that id (ByT5). */
  readonly skipsRepeated: boolean;
}

/** Last stage: token strings back to pieces of text, which are joined without anything between. */
export interface Decoder extends Stage {
  decode(tokens: readonly string[]): readonly string[];
  /**
   * How many tokens from the left keep their text whatever tokens follow; a stream decoder holds the rest back.
   * Default: all.
   */
  settledCount?(tokens: readonly string[]): number;
  /** True when the result is one piece, however many tokens there are. Default false. */
  readonly fuses?: boolean;
  /** True when the text of a single piece that grows at its end only grows at its end, too. Default false. */
  readonly onlyGrows?: boolean;
}
