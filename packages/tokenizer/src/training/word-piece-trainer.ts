import { createBertTokenizer } from '../bert.js';
import { checkInteger, checkOptions, show, TokenizerError } from '../errors.js';
import { createBertNormalizer, type BertNormalizerOptions } from '../normalizers/bert-normalizer.js';
import { createBertPreTokenizer } from '../pre-tokenizers/bert-pre-tokenizer.js';
import { isHighSurrogate } from '../text/code-units.js';
import type { Tokenizer } from '../tokenizer.js';
import { createPairQueue, type PairQueue, type SymbolPair } from './pair-queue.js';
import { pause } from './pause.js';
import { countWords } from './word-counts.js';

/** How far training is. */
export type TrainingProgress =
  /** `texts` read so far, with `words` different words. */
  | { readonly phase: 'count'; readonly texts: number; readonly words: number }
  /** Pieces so far, of the `vocabSize` wanted. */
  | { readonly phase: 'merge'; readonly pieces: number; readonly vocabSize: number };

/** How a WordPiece vocabulary is learned; the defaults are those of Hugging Face's BertWordPieceTokenizer. */
export interface TrainWordPieceOptions {
  /** Pieces wanted, special tokens included. Default 30,000. */
  readonly vocabSize?: number;
  /** A pair of pieces must occur this often to become one. Default 2. */
  readonly minFrequency?: number;
  /** The most different characters kept; the rarest go, and words lose them. Default 1,000. */
  readonly limitAlphabet?: number;
  /** Characters that are kept whatever the texts hold. Default none. */
  readonly initialAlphabet?: string;
  /** They get the first ids, in this order. Default `[PAD] [UNK] [CLS] [SEP] [MASK]`, all five needed. */
  readonly specialTokens?: readonly string[];
  /** Marks pieces that continue a word. Default `##`. */
  readonly continuingSubwordPrefix?: string;
  /** The normaliser of training and of the tokenizer made. Default: uncased. */
  readonly normalizer?: BertNormalizerOptions;
  /** The class Hugging Face loads the saved files with. Default `BertTokenizer`. */
  readonly tokenizerClass?: 'BertTokenizer' | 'ElectraTokenizer';
  /** Stops training; its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

const optionNames = [
  'vocabSize',
  'minFrequency',
  'limitAlphabet',
  'initialAlphabet',
  'specialTokens',
  'continuingSubwordPrefix',
  'normalizer',
  'tokenizerClass',
  'signal',
  'onProgress',
];

const mergesPerTurn = 128;

/**
 * Learns a WordPiece vocabulary as Hugging Face's trainer does: from characters, the most frequent pair of
 * neighbouring pieces becomes a piece, until there are enough or no pair is frequent enough.
 * Deterministic: ids go to special tokens, then characters, then continuing characters, both by code point, then
 * merges; among pairs of equal frequency the one with the lower ids is first (Hugging Face's order is random there).
 * @throws TokenizerError for bad options, and when there is no text; the signal's reason when it fires
 * @see Sennrich et al. 2016, algorithm 1; Hugging Face WordPieceTrainer
 */
export async function trainWordPiece(
  texts: Iterable<string> | AsyncIterable<string>,
  options: TrainWordPieceOptions = {},
): Promise<Tokenizer> {
  checkTrainingOptions(options);
  const { vocabSize = 30_000, continuingSubwordPrefix = '##', signal, onProgress } = options;
  signal?.throwIfAborted();
  const counts = await countWords(texts, {
    normalizer: createBertNormalizer(options.normalizer),
    preTokenizer: createBertPreTokenizer(),
    signal,
    onProgress: (textCount, words) => onProgress?.({ phase: 'count', texts: textCount, words }),
  });
  if (counts.size === 0) throw noWords();
  const pieces = initialPieces(counts, options);
  const words = splitWords(counts, pieces, continuingSubwordPrefix);
  const queue = countPairs(words);
  let merges = 0;
  while (pieces.tokens.length < vocabSize) {
    const pair = queue.takeMostFrequent();
    if (pair === undefined || pair.count < (options.minFrequency ?? 2)) break;
    mergePair(pair, { words, queue, merged: pieces.idOf(mergedToken(pair, pieces, continuingSubwordPrefix)) });
    if (++merges % mergesPerTurn !== 0) continue;
    onProgress?.({ phase: 'merge', pieces: pieces.tokens.length, vocabSize });
    await pause(signal);
  }
  onProgress?.({ phase: 'merge', pieces: pieces.tokens.length, vocabSize });
  const { normalizer, tokenizerClass } = options;
  return createBertTokenizer({ vocab: pieces.tokens, normalizer, continuingSubwordPrefix, tokenizerClass });
}

interface Pieces {
  readonly tokens: string[];
  /** Characters that words may consist of. */
  readonly alphabet: ReadonlySet<string>;
  /** The id of a token, which is added when it is new. */
  idOf(token: string): number;
}

/** Special tokens, then the alphabet by code point, then the continuing characters that occur. */
function initialPieces(counts: ReadonlyMap<string, number>, options: TrainWordPieceOptions): Pieces {
  const { limitAlphabet = 1000, initialAlphabet = '', continuingSubwordPrefix: prefix = '##' } = options;
  const { specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] } = options;
  const frequency = new Map<string, number>();
  const continuing = new Set<string>();
  for (const [word, count] of counts) {
    let isFirst = true;
    for (const char of word) {
      frequency.set(char, (frequency.get(char) ?? 0) + count);
      if (!isFirst) continuing.add(char);
      isFirst = false;
    }
  }
  for (const char of initialAlphabet) frequency.set(char, Infinity);
  const byFrequency = [...frequency].sort(
    ([a, countA], [b, countB]) => (countA === countB ? compareChars(a, b) : countB - countA),
  );
  const alphabet = byFrequency.slice(0, limitAlphabet).map(([char]) => char);
  alphabet.sort(compareChars);
  const tokens: string[] = [];
  const ids = new Map<string, number>();
  const idOf = (token: string) => {
    const known = ids.get(token);
    if (known !== undefined) return known;
    ids.set(token, tokens.length);
    return tokens.push(token) - 1;
  };
  for (const token of [...specialTokens, ...alphabet]) idOf(token);
  for (const char of alphabet) if (continuing.has(char)) idOf(prefix + char);
  return { tokens, alphabet: new Set(alphabet), idOf };
}

function compareChars(a: string, b: string): number {
  return a.codePointAt(0)! - b.codePointAt(0)!;
}

/** Words as symbols in one array; a word's symbols are symbols[starts[w] … starts[w] + lengths[w]). */
interface SplitWords {
  readonly symbols: Int32Array;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  readonly counts: readonly number[];
}

function splitWords(counts: ReadonlyMap<string, number>, pieces: Pieces, prefix: string): SplitWords {
  let totalLength = 0;
  for (const word of counts.keys()) totalLength += word.length;
  const symbols = new Int32Array(totalLength);
  const starts = new Int32Array(counts.size);
  const lengths = new Int32Array(counts.size);
  let at = 0;
  let index = 0;
  for (const word of counts.keys()) {
    starts[index] = at;
    for (let i = 0; i < word.length; ) {
      const width = isHighSurrogate(word.charCodeAt(i)) && i + 1 < word.length ? 2 : 1;
      const char = word.slice(i, i + width);
      if (pieces.alphabet.has(char)) symbols[at++] = pieces.idOf(i === 0 ? char : prefix + char);
      i += width;
    }
    lengths[index] = at - starts[index]!;
    index++;
  }
  return { symbols, starts, lengths, counts: [...counts.values()] };
}

function countPairs({ symbols, starts, lengths, counts }: SplitWords): PairQueue {
  const queue = createPairQueue();
  for (let word = 0; word < starts.length; word++) {
    const start = starts[word]!;
    const change = { count: counts[word]!, word };
    for (let i = start; i + 1 < start + lengths[word]!; i++) queue.add(symbols[i]!, symbols[i + 1]!, change);
  }
  queue.flush();
  return queue;
}

function mergedToken({ first, second }: SymbolPair, { tokens }: Pieces, prefix: string): string {
  const tail = tokens[second]!;
  return tokens[first]! + (tail.startsWith(prefix) ? tail.slice(prefix.length) : tail);
}

/** Replaces the pair in every word that holds it, and moves the counts of the neighbouring pairs. */
function mergePair(
  pair: SymbolPair,
  { words, queue, merged }: { readonly words: SplitWords; readonly queue: PairQueue; readonly merged: number },
): void {
  const { symbols, starts, lengths, counts } = words;
  for (const word of new Set(pair.words)) {
    const start = starts[word]!;
    const end = start + lengths[word]!;
    const gain = { count: counts[word]!, word };
    const loss = { count: -counts[word]!, word };
    let to = start;
    for (let i = start; i < end; i++) {
      if (symbols[i] !== pair.first || i + 1 >= end || symbols[i + 1] !== pair.second) {
        symbols[to++] = symbols[i]!;
        continue;
      }
      if (to > start) {
        queue.add(symbols[to - 1]!, pair.first, loss);
        queue.add(symbols[to - 1]!, merged, gain);
      }
      if (i + 2 < end) {
        queue.add(pair.second, symbols[i + 2]!, loss);
        queue.add(merged, symbols[i + 2]!, gain);
      }
      symbols[to++] = merged;
      i++;
    }
    lengths[word] = to - start;
  }
  queue.flush();
}

function checkTrainingOptions(options: TrainWordPieceOptions): void {
  const op = 'trainWordPiece';
  checkOptions(op, options, optionNames);
  checkInteger(op, 'vocabSize', options.vocabSize, 1);
  checkInteger(op, 'minFrequency', options.minFrequency, 0);
  checkInteger(op, 'limitAlphabet', options.limitAlphabet, 1);
  const { specialTokens } = options;
  for (const token of specialTokens === undefined ? [] : ['[UNK]', '[CLS]', '[SEP]']) {
    if (Array.isArray(specialTokens) && specialTokens.includes(token)) continue;
    throw new TokenizerError({
      code: 'bad-option',
      op,
      field: 'specialTokens',
      problem: `${token} is not in specialTokens (${show(specialTokens)})`,
      remedy: 'a BERT tokenizer needs [UNK], [CLS] and [SEP]; padding a batch needs [PAD].',
    });
  }
}

function noWords(): TokenizerError {
  return new TokenizerError({
    code: 'bad-input',
    op: 'trainWordPiece',
    field: 'texts',
    problem: 'the texts hold no word',
    remedy: 'an iterator that was used up already, or texts of white space only.',
  });
}
