import { checkInteger, checkOptions, optionError } from '../errors.js';
import { createWordHasher, eachGram } from './words.js';

/** Words of a text as numbers: equal words have equal ones. */
type Words = Float64Array;

/** A text with its words and where they stand. */
interface HashedText {
  readonly words: Words;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Training texts, to be searched for what a model wrote. */
export interface MemorizationIndex {
  /** What of the training texts an output repeats. */
  compare(output: string): MemorizedText;
  /** Texts in the index. */
  readonly numExamples: number;
}

/** Part of a text, in UTF-16 code units. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** How near an output is to the training text that is nearest to it. */
export interface MemorizedText {
  /** Words of the output. */
  readonly numWords: number;
  /** `verbatim`: all of it, or `verbatimWords` in a row, stand in a training text; `near-verbatim`: nearly all, in order. */
  readonly kind: 'verbatim' | 'near-verbatim' | 'new';
  /** Number of the training text, from 0; absent when nothing is shared. */
  readonly example?: number;
  /** Longest run of words that both have. */
  readonly runWords: number;
  /** Where the run stands in the output, and in the training text. */
  readonly run?: { readonly output: Span; readonly example: Span };
  /** Share of the output's words that the training text has in the same order. */
  readonly similarity: number;
}

/** When an output counts as memorised. */
export interface MemorizationOptions {
  /** Words in a row that make an output verbatim; default 8. */
  readonly verbatimWords?: number;
  /** Similarity from which it is near-verbatim; default 0.8. */
  readonly nearSimilarity?: number;
  readonly signal?: AbortSignal;
}

/** Words that candidates are found by. */
const GRAM = 3;
/** Training texts that are remembered for each run of three words, and compared with an output. */
const [POSTINGS, CANDIDATES] = [64, 8];

/**
 * An index of training texts. Upper and lower case, accents' forms and punctuation do not count. The three-word runs of the texts lead to
 * the texts that an output is compared with; a run that more than 64 texts have leads to the first of them only.
 * @throws DataError (option-value, unknown-option); what reading the texts throws
 * @see Lee et al. 2022, "Deduplicating Training Data Makes Language Models Better"; Carlini et al. 2023
 */
export async function indexTrainingTexts(
  texts: Iterable<string> | AsyncIterable<string>,
  options: MemorizationOptions = {},
): Promise<MemorizationIndex> {
  const op = 'indexTrainingTexts';
  checkOptions(op, options, ['verbatimWords', 'nearSimilarity', 'signal']);
  const { verbatimWords = 8, nearSimilarity = 0.8, signal } = options;
  checkInteger(op, 'verbatimWords', verbatimWords, 1);
  if (!(nearSimilarity > 0 && nearSimilarity <= 1))
    throw optionError(op, 'nearSimilarity', `nearSimilarity is ${nearSimilarity}, needed above 0, at most 1`);
  const hash = createHasher();
  const examples: HashedText[] = [];
  const postings = new Map<number, number[]>();
  for await (const text of texts) {
    signal?.throwIfAborted();
    const { hashed, grams } = hash(text);
    for (const gram of grams) {
      const list = postings.get(gram);
      if (list === undefined) postings.set(gram, [examples.length]);
      else if (list.length < POSTINGS && list.at(-1) !== examples.length) list.push(examples.length);
    }
    examples.push(hashed);
  }
  return {
    numExamples: examples.length,
    compare(output) {
      const { hashed, grams } = hash(output);
      const found = candidates(grams, postings)
        .map((example) => compared(hashed, examples[example]!, example))
        .sort((a, b) => b.runWords - a.runWords || b.similarity - a.similarity)[0];
      const numWords = hashed.words.length;
      if (found === undefined) return { numWords, kind: 'new', runWords: 0, similarity: 0 };
      const isVerbatim = found.runWords >= Math.min(verbatimWords, numWords);
      const isNear = found.similarity >= nearSimilarity;
      return { numWords, kind: isVerbatim ? 'verbatim' : isNear ? 'near-verbatim' : 'new', ...found };
    },
  };
}

/** Texts that share most runs with an output. */
function candidates(grams: readonly number[], postings: ReadonlyMap<number, readonly number[]>): number[] {
  const counts = new Map<number, number>();
  for (const gram of grams)
    for (const example of postings.get(gram) ?? []) counts.set(example, (counts.get(example) ?? 0) + 1);
  const order = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b);
  return order.slice(0, CANDIDATES).map(([example]) => example);
}

/** Longest common run and longest common subsequence of the words of two texts, by rows of one table. */
function compared(
  output: HashedText,
  text: HashedText,
  example: number,
): Required<Omit<MemorizedText, 'numWords' | 'kind'>> {
  const [a, b] = [output.words, text.words];
  const runs = new Int32Array(b.length + 1);
  const common = new Int32Array(b.length + 1);
  let [longest, endA, endB] = [0, 0, 0];
  for (let i = 1; i <= a.length; i++) {
    let [runBefore, commonBefore] = [0, 0];
    for (let j = 1; j <= b.length; j++) {
      const [run, sequence] = [runs[j]!, common[j]!];
      const isSame = a[i - 1] === b[j - 1];
      runs[j] = isSame ? runBefore + 1 : 0;
      common[j] = isSame ? commonBefore + 1 : Math.max(sequence, common[j - 1]!);
      if (runs[j]! > longest) [longest, endA, endB] = [runs[j]!, i, j];
      [runBefore, commonBefore] = [run, sequence];
    }
  }
  const span = ({ starts, ends }: HashedText, end: number): Span => ({
    start: starts[end - longest]!,
    end: ends[end - 1]!,
  });
  return {
    example,
    runWords: longest,
    run: { output: span(output, endA), example: span(text, endB) },
    similarity: common[b.length]! / a.length,
  };
}

/** Words and runs of three of a text; a shorter text is one run. */
function createHasher(): (text: string) => {
  readonly hashed: HashedText;
  readonly grams: readonly number[];
} {
  const hashWords = createWordHasher();
  const key = (high: number, low: number): number => (high >>> 0) * 2 ** 21 + (low & (2 ** 21 - 1));
  return (text) => {
    const found = hashWords(text);
    const { count } = found;
    const words = Float64Array.from({ length: count }, (_, at) => key(found.high[at]!, found.low[at]!));
    const grams: number[] = [];
    eachGram(found, { size: GRAM, takesShort: true }, (high, low) => grams.push(key(high, low)));
    const hashed = { words, starts: found.starts.slice(0, count), ends: found.ends.slice(0, count) };
    return { hashed, grams };
  };
}

/** How well a model knows a secret that its training text had. */
export interface Exposure {
  /** 1 for a canary that is likelier than every candidate. */
  readonly rank: number;
  readonly numCandidates: number;
  /** log2 of the candidates, canary included, less log2 of the rank: 0 is chance's worst, 1 its mean. */
  readonly exposure: number;
}

/**
 * Exposure of a canary: where its log-perplexity stands among those of random candidates of the same form.
 * @param canary  negative log-likelihood of the canary, in any unit
 * @param candidates  those of candidates that were not trained on
 * @throws DataError (option-value) without candidates
 * @see Carlini et al. 2019, "The Secret Sharer", definitions 3 and 4
 */
export function canaryExposure(canary: number, candidates: readonly number[]): Exposure {
  if (candidates.length === 0)
    throw optionError('canaryExposure', 'candidates', 'there are none to compare the canary with');
  const rank = 1 + candidates.filter((loss) => loss < canary).length;
  const exposure = Math.log2(candidates.length + 1) - Math.log2(rank);
  return { rank, numCandidates: candidates.length, exposure };
}
