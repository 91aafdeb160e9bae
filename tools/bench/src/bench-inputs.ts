import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostRandom } from '@tesserae/tensor';

// What all sides of a job are given: drawn here, so that no two libraries have to draw the same numbers.

type Rows = readonly (readonly number[])[];

/** Special ids of BERT's uncased vocabulary, which ELECTRA's is. */
export const BERT_IDS = { cls: 101, sep: 102, mask: 103 } as const;

/** First id of that vocabulary that is a word. */
const FIRST_WORD = 1000;

/** Ids of words, [rows, length]; the last one of each row is `end`. */
function randomRows(
  [rows, length]: readonly [number, number],
  {
    below,
    first = 3,
    end,
    seed = 7,
  }: {
    readonly below: number;
    readonly first?: number;
    readonly end?: number;
    readonly seed?: number;
  },
): Rows {
  const random = hostRandom(seed);
  return Array.from({ length: rows }, () =>
    Array.from({ length }, (_, at) =>
      end !== undefined && at === length - 1 ? end : first + random.below(below - first),
    ),
  );
}

/** Source ids of T5, </s> at the end. */
export const t5Rows = (shape: readonly [number, number], seed?: number): Rows =>
  randomRows(shape, { below: 32000, end: 1, seed });

/** `[CLS] … [SEP]` of ELECTRA. */
export const electraRows = (shape: readonly [number, number]): Rows =>
  randomRows(shape, { below: 30522, first: FIRST_WORD, end: BERT_IDS.sep }).map((row) => [
    BERT_IDS.cls,
    ...row.slice(1),
  ]);

/** Share of tokens that are chosen, and of the chosen that become [MASK]. */
const [MASK_PROBABILITY, MASK_SHARE] = [0.15, 0.85];

/** Distinct positions, ascending, and the rows with most of them masked. */
export function maskedRows(rows: Rows): { readonly maskedIds: Rows; readonly positions: Rows } {
  const random = hostRandom(11);
  const positions = rows.map((row) => {
    const free = Array.from({ length: row.length - 2 }, (_, at) => at + 1); // neither [CLS] nor [SEP]
    const count = Math.round(row.length * MASK_PROBABILITY);
    const chosen = Array.from({ length: count }, () => free.splice(random.below(free.length), 1)[0]!);
    return chosen.sort((a, b) => a - b);
  });
  const maskedIds = rows.map((row, index) => {
    const hidden = new Set(positions[index]!.filter(() => random.below(100) < 100 * MASK_SHARE));
    return row.map((id, at) => (hidden.has(at) ? BERT_IDS.mask : id));
  });
  return { maskedIds, positions };
}

/** Gumbel noise in a file of little-endian float32. @returns its path */
export async function gumbelFile(folder: string, count: number): Promise<string> {
  const random = hostRandom(13);
  const least = Number.EPSILON; // log 0 is not finite
  const values = Float32Array.from({ length: count }, () => -Math.log(-Math.log(random.uniform() + least)));
  const path = join(folder, 'gumbel.f32');
  await writeFile(path, values);
  return path;
}

/** Lengths drawn evenly from a range, both ends included. */
export function randomLengths(count: number, [least, most]: readonly [number, number]): readonly number[] {
  const random = hostRandom(17);
  return Array.from({ length: count }, () => least + random.below(most - least + 1));
}
