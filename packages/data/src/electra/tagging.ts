import { checkInteger, checkOptions, DataError, show } from '../errors.js';
import { joinSegments, type EncodeText, type EncoderFeatures, type EncoderIds } from './encoder-ids.js';
import { IGNORED_LABEL } from './masking.js';

/** A sentence in words, each with its tag. */
export interface TaggedWords {
  readonly words: readonly string[];
  /** Undefined in test data. */
  readonly tags?: readonly string[];
}

/** How tagged words become inputs. */
export interface TaggingOptions {
  /** Encodes one word. */
  readonly encode: EncodeText;
  readonly ids: Pick<EncoderIds, 'cls' | 'sep'>;
  /** Stands for a word that has no tokens, such as a control character. */
  readonly unknownId: number;
  /** Class of each tag. */
  readonly classes: readonly string[];
  /** Longest input, special tokens included. Default 128. */
  readonly maxLength?: number;
  /** Segment of all tokens. Default 0; ELECTRA's own chunking took 1. */
  readonly typeId?: 0 | 1;
}

/** An input with a label at the first token of each word. */
export interface TaggingFeatures extends EncoderFeatures {
  /** Class at the first token of each word, -100 at the others; all -100 without tags. */
  readonly labels: Int32Array; // [seqLen]
  /** Position of each word's first token, -1 for words that were cut off. */
  readonly wordPositions: Int32Array; // [words]
}

const optionNames = ['encode', 'ids', 'unknownId', 'classes', 'maxLength', 'typeId'];

/**
 * Encodes word by word; the label stands at a word's first token. Words that do not fit are left out whole.
 * @throws DataError (data-record) when tags and words differ in number or a tag has no class
 */
export function taggingFeatures({ words, tags }: TaggedWords, options: TaggingOptions): TaggingFeatures {
  checkOptions('taggingFeatures', options, optionNames);
  const { encode, ids, unknownId, classes, maxLength = 128, typeId = 0 } = options;
  checkInteger('taggingFeatures', 'maxLength', maxLength, 3);
  if (tags !== undefined && tags.length !== words.length) {
    throw tagError(`there are ${words.length} words and ${tags.length} tags`);
  }
  const tokens: number[] = [];
  const wordPositions = new Int32Array(words.length).fill(-1);
  for (const [word, text] of words.entries()) {
    const encoded = encode(text);
    const pieces = encoded.length === 0 ? [unknownId] : encoded;
    if (tokens.length + pieces.length > maxLength - 2) break;
    wordPositions[word] = tokens.length + 1; // behind [CLS]
    tokens.push(...pieces);
  }
  const { inputIds } = joinSegments([tokens], ids);
  const labels = new Int32Array(inputIds.length).fill(IGNORED_LABEL);
  tags?.forEach((tag, word) => {
    const label = classes.indexOf(tag);
    if (label < 0) throw tagError(`the tag ${show(tag)} of word ${word} is none of ${classes.join(', ')}`);
    if (wordPositions[word]! >= 0) labels[wordPositions[word]!] = label;
  });
  return { inputIds, typeIds: new Int32Array(inputIds.length).fill(typeId), labels, wordPositions };
}

function tagError(problem: string): DataError {
  return new DataError({
    op: 'taggingFeatures',
    problem,
    page: 'data-record',
    remedy: 'a tag of another data set or scheme; convertTags converts between schemes.',
  });
}
