import type { GenerateOptions, SourceBatch, T5Config, T5Generator, T5Params } from '@tesserae/t5-model';
import { createT5Generator } from '@tesserae/t5-model';
import type { Backend, HostTensor } from '@tesserae/tensor';
import { hostTensor, toNumbers } from '@tesserae/tensor';
import type { TensorFile } from '@tesserae/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, committed, loadGolden, openGolden } from './golden-fixture.js';

type Case = GenerateOptions & {
  readonly prefix?: boolean;
  readonly eos_token_id?: number | readonly number[];
};

/** The prefix constraint of the fixtures. */
const allowed = (row: number, ids: readonly number[]): number[] =>
  Array.from({ length: 48 }, (_, id) => id).filter((id) => id === 1 || (id + ids.at(-1)! + row) % 3 === 0);

function optionsOf({ prefix, ...options }: Case): GenerateOptions {
  return prefix === true ? { ...options, prefixAllowedTokensFn: allowed } : options;
}

/** Hugging Face's sequences without the start token and what follows the end token. */
function rowsOf({ shape, data }: HostTensor, endIds: readonly number[]): readonly number[][] {
  const [count, length] = shape as [number, number];
  return Array.from({ length: count }, (_, row) => {
    const ids = Array.from(data.subarray(row * length + 1, (row + 1) * length));
    const end = ids.findIndex((id) => endIds.includes(id));
    return end < 0 ? ids : ids.slice(0, end + 1);
  });
}

const rowOf = ({ shape, data }: HostTensor, ...[row, length]: [number, number]): HostTensor =>
  hostTensor('i32', [1, length], Array.from(data.subarray(row * shape[1]!, row * shape[1]! + length)));

const caseNames = async (name: string): Promise<readonly string[]> =>
  Object.keys(JSON.parse((await openGolden(committed(name))).metadata['cases']!) as object);

const FIXTURES = ['t5-1.0-generate', 't5-1.1-generate'] as const;
const OLD_NAMES = await caseNames('t5-beams-of-transformers-4');
const NAMES = new Map(
  await Promise.all(FIXTURES.map(async (name) => [name, await caseNames(name)] as const)),
);

describe.each(BACKENDS)('generation on $name', ({ create }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await create();
  });
  afterAll(() => backend.close());

  describe.each(FIXTURES)('%s', (name) => {
    let file: TensorFile;
    let cases: Readonly<Record<string, Case>>;
    let source: SourceBatch;
    let generator: T5Generator;

    beforeAll(async () => {
      file = await openGolden(committed(name));
      cases = JSON.parse(file.metadata['cases']!) as typeof cases;
      const model = await loadGolden(file);
      source = {
        inputIds: await file.readIntegers('input/input_ids'),
        attentionMask: await file.readIntegers('input/attention_mask'),
      };
      const config = model.config as T5Config;
      generator = await createT5Generator(model.params as T5Params<HostTensor>, { config, backend });
    });
    afterAll(() => generator.release());

    const check = async (
      golden: TensorFile,
      ...[key, options, prefix]: [string, Case, string]
    ): Promise<void> => {
      const { sequences, scores } = await generator.generate(source, optionsOf(options));
      const { eos_token_id: ends = 1 } = options;
      const needed = rowsOf(await golden.readIntegers(`${prefix}sequences/${key}/ids`), [ends].flat());
      expect(sequences.map((ids) => Array.from(ids))).toEqual(needed);
      const scoresName = `${prefix}scores/${key}/scores`;
      if (!golden.has(scoresName)) return;
      toNumbers(await golden.read(scoresName)).forEach((score, row) => {
        const difference = Math.abs(scores![row]! - score) / Math.max(1, Math.abs(score));
        expect(difference, `score ${scores![row]} of row ${row}, needed ${score}`).toBeLessThan(1e-4);
      });
    };

    it.each(NAMES.get(name)!)("%s: Hugging Face's ids and scores", (key) =>
      check(file, key, cases[key]!, ''),
    );

    it.each(OLD_NAMES)("%s: the ids and scores of Hugging Face 4's scorers", async (key) => {
      const golden = await openGolden(committed('t5-beams-of-transformers-4'));
      const old = JSON.parse(golden.metadata['cases']!) as typeof cases;
      await check(golden, key, old[key]!, `${name}/`);
    });

    it('gives the same texts for each row alone, without its padding', async () => {
      for (const key of ['greedy', 'returns', 'all rules', 'returns, prefix']) {
        const options = optionsOf(cases[key]!);
        const together = await generator.generate(source, options);
        const { prefixAllowedTokensFn: rule } = options;
        for (let row = 0; row < source.inputIds.shape[0]!; row++) {
          const length = toNumbers(source.attentionMask)
            .slice(row * 12, (row + 1) * 12)
            .filter(Boolean).length;
          const alone = {
            inputIds: rowOf(source.inputIds, row, length),
            attentionMask: rowOf(source.attentionMask, row, length),
          };
          const own =
            rule === undefined
              ? options
              : { ...options, prefixAllowedTokensFn: (_: number, ids: readonly number[]) => rule(row, ids) };
          const { sequences } = await generator.generate(alone, own);
          expect(sequences, `${key}, row ${row}`).toEqual(
            together.sequences.filter((_, at) => together.rows[at] === row),
          );
        }
      }
    });
  });
});
