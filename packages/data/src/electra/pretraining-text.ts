import { checkChoice, checkInteger, checkOptions, DataError } from '../errors.js';
import { createRandom } from '../random/random.js';
import { joinSegments, type EncodeText, type EncoderFeatures, type EncoderIds } from './encoder-ids.js';

/** Where a stream of examples stands; plain JSON. */
export interface ElectraCursor {
  /** Lines read before the next example. */
  readonly line: number;
  /** Examples given. */
  readonly example: number;
  /** Length that the next example aims at. */
  readonly targetLength: number;
}

/** One pre-training input and the cursor behind it. */
export interface ElectraExample extends EncoderFeatures {
  readonly cursor: ElectraCursor;
}

/** How lines of text become inputs. */
export interface ElectraExampleOptions {
  readonly encode: EncodeText;
  readonly ids: Pick<EncoderIds, 'cls' | 'sep'>;
  /** Longest input, special tokens included. Default 128. */
  readonly maxLength?: number;
  readonly seed: number;
  /** Whether an empty line ends a document, and with it the example. Default true. */
  readonly blanksSeparateDocuments?: boolean;
  /** Where to go on. Default: at the beginning. */
  readonly from?: ElectraCursor;
  readonly signal?: AbortSignal;
}

const optionNames = ['encode', 'ids', 'maxLength', 'seed', 'blanksSeparateDocuments', 'from', 'signal'];

/**
 * ELECTRA's pre-training inputs: lines are gathered until they reach the target length, then shared between two
 * segments (or one, in 10 %) and cut to `maxLength`. 5 % of the examples aim at a random shorter length. Inputs
 * are not padded.
 * @param lines  opens the lines of the corpus from a number on
 * @throws DataError (unknown-option, option-value, data-cursor); the signal's reason
 * @see build_pretraining_dataset.py of the ELECTRA repository
 */
export async function* electraExamples(
  lines: (from: number) => AsyncIterable<string> | Iterable<string>,
  options: ElectraExampleOptions,
): AsyncGenerator<ElectraExample> {
  checkOptions('electraExamples', options, optionNames);
  checkChoice('electraExamples', 'blanksSeparateDocuments', options.blanksSeparateDocuments, [true, false]);
  const { encode, maxLength = 128, blanksSeparateDocuments = true, signal } = options;
  checkInteger('electraExamples', 'maxLength', maxLength, 5);
  let cursor = checkedCursor(options.from ?? { line: 0, example: 0, targetLength: maxLength });
  let sentences: Int32Array[] = [];
  let length = 0;
  let line = cursor.line;
  const finish = (): ElectraExample => {
    const example = createExample(sentences, cursor, { ...options, maxLength, line });
    [sentences, length, cursor] = [[], 0, example.cursor];
    return example;
  };
  for await (const text of lines(cursor.line)) {
    signal?.throwIfAborted();
    line++;
    const trimmed = text.trim();
    if (trimmed === '') {
      if (blanksSeparateDocuments && length > 0) yield finish();
      continue;
    }
    const tokens = encode(trimmed.replaceAll('\n', ' '));
    sentences.push(tokens);
    length += tokens.length;
    if (length >= cursor.targetLength) yield finish();
  }
  if (length > 0) yield finish();
}

interface CreateOptions extends ElectraExampleOptions {
  readonly maxLength: number;
  readonly line: number;
}

function createExample(
  sentences: readonly Int32Array[],
  { example, targetLength }: ElectraCursor,
  { seed, ids, maxLength, line }: CreateOptions,
): ElectraExample {
  const random = createRandom(seed, ['electra', example]);
  const isSingle = random.uniform() < 0.1;
  const firstTarget = isSingle ? Infinity : Math.floor((targetLength - 3) / 2);
  const first: number[] = [];
  const second: number[] = [];
  for (const sentence of sentences) {
    const fits = first.length === 0 || first.length + sentence.length < firstTarget;
    const mayExceed = second.length === 0 && first.length < firstTarget;
    const goesFirst = fits || (mayExceed && random.uniform() < 0.5);
    for (const id of sentence) (goesFirst ? first : second).push(id);
  }
  const kept = first.slice(0, maxLength - 2);
  const room = Math.max(0, maxLength - kept.length - 3);
  const isShort = random.uniform() < 0.05;
  const nextTarget = isShort ? 5 + random.below(maxLength - 4) : maxLength;
  return {
    ...joinSegments([kept, second.slice(0, room)], ids),
    cursor: { line, example: example + 1, targetLength: nextTarget },
  };
}

function checkedCursor(cursor: ElectraCursor): ElectraCursor {
  const parts = [cursor.line, cursor.example, cursor.targetLength];
  if (parts.every((part) => Number.isSafeInteger(part) && part >= 0)) return cursor;
  throw new DataError({
    op: 'electraExamples',
    field: 'from',
    problem: `${JSON.stringify(cursor)} is no cursor`,
    page: 'data-cursor',
    remedy: 'pass the `cursor` of an example of the same stream, as it was saved.',
  });
}
