import { checkOptions, show, TokenizerError, type Rules } from '../errors.js';
import type { Json, Model, Words } from '../pipeline.js';
import { NO_NODE, NO_VALUE, TrieBuilder, trieSlot, type CodeUnitTrie } from '../text/code-unit-trie.js';
import { snakeCased } from '../stage-json.js';
import type { TokenSink } from '../text/token-sink.js';
import { WordMemo } from '../text/word-memo.js';
import { createVocabulary, type Vocabulary, type VocabularyInput } from './vocabulary.js';

/** How words become pieces. */
export interface WordPieceOptions {
  readonly vocab: VocabularyInput;
  /** The piece for a word that cannot be spelled; it must be in the vocabulary. Default `[UNK]`. */
  readonly unkToken?: string;
  /** Marks pieces that continue a word. Default `##`. */
  readonly continuingSubwordPrefix?: string;
  /** A word of more code points than this is unknown as a whole. Default 100. */
  readonly maxInputCharsPerWord?: number;
  /** Names the file in errors, when the vocabulary comes from one. */
  readonly file?: string;
}

/** WordPiece as a pipeline stage, with the vocabulary it was made from. */
export interface WordPieceModel extends Model {
  readonly type: 'WordPiece';
  readonly vocabulary: Vocabulary;
  readonly unkToken: string;
  readonly continuingSubwordPrefix: string;
  readonly maxInputCharsPerWord: number;
}

/** What the settings of WordPiece may be. */
export const wordPieceRules: Rules<Omit<WordPieceOptions, 'vocab' | 'file'>> = {
  unkToken: 'string',
  continuingSubwordPrefix: 'string',
  maxInputCharsPerWord: 0,
};

/** Roots of the trie: pieces that begin a word, and pieces that continue one. */
const WORD_START = 0;
const CONTINUATION = 1;

/**
 * WordPiece: the longest piece from the left, again and again; a word with a part that no piece spells is
 * unknown.
 * @throws TokenizerError when the vocabulary is damaged or lacks the unknown token
 * @see Devlin et al. 2019; Song et al. 2021 (arXiv 2012.15524)
 */
export function createWordPiece(options: WordPieceOptions): WordPieceModel {
  const op = 'createWordPiece';
  checkOptions(op, options, { ...wordPieceRules, vocab: null, file: null });
  const { unkToken = '[UNK]', continuingSubwordPrefix = '##', maxInputCharsPerWord = 100, file } = options;
  const vocabulary = createVocabulary(options.vocab, { op, file });
  const unkId = vocabulary.ids.get(unkToken);
  if (unkId === undefined) {
    const problem = `the unknown token ${show(unkToken)} is not in the vocabulary of ${vocabulary.size}`;
    const remedy = 'set unkToken (unk_token in files) to its name here.';
    throw new TokenizerError({ code: 'missing-token', op, file, field: 'unkToken', problem, remedy });
  }
  const lookup: Lookup = {
    trie: pieceTrie(vocabulary, continuingSubwordPrefix),
    unkId,
    maxChars: maxInputCharsPerWord,
    memo: new WordMemo(),
  };
  return Object.freeze({
    type: 'WordPiece',
    vocabulary,
    unkToken,
    continuingSubwordPrefix,
    maxInputCharsPerWord,
    vocabSize: vocabulary.size,
    tokenToId: (token: string) => vocabulary.ids.get(token),
    idToToken: (id: number) => vocabulary.tokens[id],
    encode(words: Words, sink: TokenSink) {
      encodeWords(words, sink, lookup);
    },
    toJson: (): Json => ({
      type: 'WordPiece',
      ...snakeCased({ unkToken, continuingSubwordPrefix, maxInputCharsPerWord }),
      vocab: Object.fromEntries([...vocabulary.ids].sort((a, b) => a[1] - b[1])),
    }),
  });
}

function pieceTrie({ ids, size }: Vocabulary, prefix: string): CodeUnitTrie {
  const builder = new TrieBuilder(2, 6 * size);
  for (const [token, id] of ids) {
    builder.add(WORD_START, token, id);
    if (token.startsWith(prefix)) builder.add(CONTINUATION, token.slice(prefix.length), id);
  }
  return builder.finish();
}

interface Lookup {
  readonly trie: CodeUnitTrie;
  readonly unkId: number;
  readonly maxChars: number;
  readonly memo: WordMemo;
}

function encodeWords({ text, spans }: Words, sink: TokenSink, lookup: Lookup): void {
  const { units } = text;
  for (let i = 0; i < spans.length; i += 2) {
    const start = spans[i]!;
    const end = spans[i + 1]!;
    if (!lookup.memo.recall(units, { start, end, sink })) {
      const from = sink.length;
      if (
        isTooLong(units, start, end, lookup.maxChars) ||
        !encodeWord(units, start, end, sink, lookup.trie)
      ) {
        sink.truncate(from);
        sink.push(lookup.unkId, start, end);
      }
      lookup.memo.remember(units, { start, end, sink, from });
    }
    sink.wordCount++;
  }
}

/** Longest match first; false as soon as no piece fits. */
function encodeWord(
  units: Uint16Array,
  start: number,
  end: number,
  sink: TokenSink,
  trie: CodeUnitTrie,
): boolean {
  const { slots } = trie;
  let root = WORD_START;
  for (let from = start; from < end; root = CONTINUATION) {
    let node = root;
    let bestId = NO_VALUE;
    let bestEnd = from;
    for (let i = from; i < end; i++) {
      const slot = trieSlot(trie, node, units[i]!);
      if (slots[4 * slot] === NO_NODE) break;
      node = slots[4 * slot + 2]!;
      if (slots[4 * slot + 3] !== NO_VALUE) {
        bestId = slots[4 * slot + 3]!;
        bestEnd = i + 1;
      }
    }
    if (bestId === NO_VALUE) return false;
    sink.push(bestId, from, bestEnd);
    from = bestEnd;
  }
  return true;
}

/** Counts code points, and only where the code units leave a doubt. */
function isTooLong(units: Uint16Array, start: number, end: number, maxChars: number): boolean {
  if (end - start <= maxChars) return false;
  if (end - start > 2 * maxChars) return true;
  let chars = 0;
  for (let i = start; i < end; i++) if ((units[i]! & 0xfc00) !== 0xdc00) chars++;
  return chars > maxChars;
}
