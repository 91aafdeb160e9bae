import { checkInteger, checkOptions, checkRange } from '../errors.js';
import type { Random } from '../random/random.js';
import { shuffleBuffer } from '../random/shuffle.js';
import type { TextPair } from './text-objectives.js';

/** Two sentences that follow each other. */
export interface SentencePair {
  readonly first: string;
  readonly second: string;
}

/**
 * Pairs of neighbouring sentences of a text; never across lines. Sentences end at runs of `.`, `!` and `?`.
 * With `reuseSentences` (default) A B C gives (A, B) and (B, C), else (A, B) alone.
 */
export function neighboringPairs(
  text: string,
  options: { readonly reuseSentences?: boolean } = {},
): readonly SentencePair[] {
  checkOptions('neighboringPairs', options, ['reuseSentences']);
  const step = (options.reuseSentences ?? true) ? 1 : 2;
  return text.split('\n').flatMap((line) => {
    const sentences = line.split(/(?<=[.!?])(?![.!?])/).map((sentence) => sentence.trim());
    const pairs: SentencePair[] = [];
    for (let at = 0; at + 1 < sentences.length; at += step) {
      pairs.push({ first: sentences[at]!, second: sentences[at + 1]! });
    }
    return pairs.filter(({ first, second }) => first !== '' && second !== '');
  });
}

/** Options of `nextSentencePrediction`. */
export interface NextSentenceOptions {
  readonly random: Random;
  /** Default true. */
  readonly reuseSentences?: boolean;
  /** Puts "sentence1: " and "sentence2: " before the sentences. Default false. */
  readonly labelSentences?: boolean;
  /** Share of pairs that are neighbours. Default 0.5. */
  readonly neighborProbability?: number;
  /** Begins the inputs. Default 'nsp: '. */
  readonly label?: string;
  /** Pairs held to be mixed with each other. Default 50000. */
  readonly bufferSize?: number;
}

const optionNames = [
  'random',
  'reuseSentences',
  'labelSentences',
  'neighborProbability',
  'label',
  'bufferSize',
];

/** Examples that ask whether a sentence follows another: `next`, or `not_next` when two pairs were swapped. */
export async function* nextSentencePrediction(
  texts: AsyncIterable<string> | Iterable<string>,
  options: NextSentenceOptions,
): AsyncGenerator<TextPair> {
  checkOptions('nextSentencePrediction', options, optionNames);
  const { random, neighborProbability = 0.5, bufferSize = 50000 } = options;
  checkRange('nextSentencePrediction', 'neighborProbability', neighborProbability, [0, 1]);
  checkInteger('nextSentencePrediction', 'bufferSize', bufferSize, 1);
  const pairs = shuffleBuffer(pairsOf(texts, options), { size: bufferSize, random });
  let waiting: SentencePair | undefined;
  for await (const pair of pairs) {
    if (waiting === undefined) {
      waiting = pair;
      continue;
    }
    const isNext = random.uniform() < neighborProbability;
    const seconds = isNext ? [waiting.second, pair.second] : [pair.second, waiting.second];
    yield inOneText([waiting.first, seconds[0]!], { ...options, isNext });
    yield inOneText([pair.first, seconds[1]!], { ...options, isNext });
    waiting = undefined;
  }
}

async function* pairsOf(
  texts: AsyncIterable<string> | Iterable<string>,
  { reuseSentences }: NextSentenceOptions,
): AsyncGenerator<SentencePair> {
  for await (const text of texts) yield* neighboringPairs(text, { reuseSentences });
}

function inOneText(
  [first, second]: readonly [string, string],
  { isNext, label = 'nsp: ', labelSentences = false }: NextSentenceOptions & { readonly isNext: boolean },
): TextPair {
  const [before, between] = labelSentences ? ['sentence1: ', 'sentence2: '] : ['', ''];
  const inputs = `${label}${before}${first} ${between}${second}`.trim();
  return { inputs, targets: isNext ? 'next' : 'not_next' };
}
