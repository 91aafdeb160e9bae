import { checkInteger, checkOptions } from '../errors.js';
import type { Random } from '../random/random.js';

/** Options of `selectRandomChunk`. */
export interface RandomChunkOptions {
  readonly random: Random;
  /** Default 65536. */
  readonly maxLength?: number;
  /** Draws the chunk's length from minLength … maxLength − 1. Default: always maxLength. */
  readonly minLength?: number;
  /** Any start is possible, instead of multiples of the length. Default false. */
  readonly uniformStart?: boolean;
}

/** One chunk of a long text; all of a short one. Each token is as likely to be in it as any other. */
export function selectRandomChunk(tokens: Int32Array, options: RandomChunkOptions): Int32Array {
  checkOptions('selectRandomChunk', options, ['random', 'maxLength', 'minLength', 'uniformStart']);
  const { random, maxLength = 65536, minLength, uniformStart = false } = options;
  checkInteger('selectRandomChunk', 'maxLength', maxLength, 1);
  checkInteger('selectRandomChunk', 'minLength', minLength, 1);
  if (minLength !== undefined) checkInteger('selectRandomChunk', 'maxLength', maxLength, minLength + 1);
  if (tokens.length === 0) return tokens;
  const length = minLength === undefined ? maxLength : minLength + random.below(maxLength - minLength);
  if (uniformStart) {
    const start = random.below(tokens.length + length - 1) - length + 1;
    return tokens.slice(Math.max(start, 0), start + length);
  }
  const start = length * random.below(Math.ceil(tokens.length / length));
  return tokens.slice(start, start + length);
}

/** Joins texts; padding (id 0) is left out. */
export function concatTokens(documents: readonly Int32Array[]): Int32Array {
  const joined = new Int32Array(documents.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const document of documents) {
    for (const id of document) if (id !== 0) joined[length++] = id;
  }
  return joined.slice(0, length);
}

/** Options of `splitTokens`. */
export interface SplitTokensOptions {
  readonly maxLength: number;
  /** Draws one length for the text, log-uniformly from here to maxLength; needs `random`. T5 takes 8. */
  readonly minLength?: number;
  readonly random?: Random;
}

/** Cuts a text into segments of one length; the last may be shorter. */
export function splitTokens(tokens: Int32Array, options: SplitTokensOptions): readonly Int32Array[] {
  checkOptions('splitTokens', options, ['maxLength', 'minLength', 'random']);
  const { maxLength, minLength, random } = options;
  checkInteger('splitTokens', 'maxLength', maxLength, 1);
  checkInteger('splitTokens', 'minLength', minLength, 1);
  const length =
    minLength === undefined || random === undefined
      ? maxLength
      : logUniformInteger([minLength, maxLength], random);
  const segments: Int32Array[] = [];
  for (let at = 0; at < tokens.length; at += length) segments.push(tokens.slice(at, at + length));
  return segments;
}

/** A whole number from `low` to `high` whose logarithm is uniform. */
export function logUniformInteger([low, high]: readonly [number, number], random: Random): number {
  const drawn = Math.exp(Math.log(low) + random.uniform() * (Math.log(high) - Math.log(low)));
  return Math.max(low, Math.trunc(drawn)); // exp(log(low)) can fall a hair below low
}

/** Joins all texts of a stream and cuts them into segments of `length`; only the last may be shorter. */
export async function* concatenateAndSplit(
  documents: AsyncIterable<Int32Array> | Iterable<Int32Array>,
  { length }: { readonly length: number },
): AsyncGenerator<Int32Array> {
  checkInteger('concatenateAndSplit', 'length', length, 1);
  let segment = new Int32Array(length);
  let filled = 0;
  for await (const document of documents) {
    for (const id of document) {
      segment[filled++] = id;
      if (filled < length) continue;
      yield segment;
      segment = new Int32Array(length);
      filled = 0;
    }
  }
  if (filled > 0) yield segment.slice(0, filled);
}

/** Keeps the end of a text: its last maxLength − 1 tokens, so that EOS fits. */
export function trimTokensAtFront(
  tokens: Int32Array,
  { maxLength }: { readonly maxLength: number },
): Int32Array {
  checkInteger('trimTokensAtFront', 'maxLength', maxLength, 2);
  return tokens.slice(Math.max(0, tokens.length - (maxLength - 1)));
}

/** Options of `truncateAroundAnswer`. */
export interface TruncateAroundAnswerOptions {
  readonly answer: Int32Array;
  readonly maxLength: number;
  readonly random: Random;
}

/**
 * A random window of `maxLength` tokens that holds the first occurrence of the answer; undefined when a text
 * that is too long does not have it. T5's truncation of TriviaQA.
 */
export function truncateAroundAnswer(
  tokens: Int32Array,
  { answer, maxLength, random }: TruncateAroundAnswerOptions,
): Int32Array | undefined {
  checkInteger('truncateAroundAnswer', 'maxLength', maxLength, 1);
  if (tokens.length <= maxLength) return tokens;
  const at = indexOfTokens(tokens, answer);
  if (at < 0 || answer.length > maxLength) return undefined;
  const first = Math.max(0, at - (maxLength - answer.length));
  const last = Math.min(at, tokens.length - maxLength);
  const start = first + random.below(last - first + 1);
  return tokens.slice(start, start + maxLength);
}

function indexOfTokens(tokens: Int32Array, part: Int32Array): number {
  for (let at = 0; at + part.length <= tokens.length; at++) {
    if (part.every((id, offset) => tokens[at + offset] === id)) return at;
  }
  return -1;
}
