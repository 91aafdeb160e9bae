import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from '../../test/collect.js';
import { spanCorruption, T5_SENTINELS } from '../objectives/named-objectives.js';
import { pretrainingExamples, type PretrainingCursor } from '../objectives/pretraining-examples.js';
import type { Seq2SeqIds } from '../objectives/objective.js';
import { withPlace } from '../readers/place.js';
import { createMixture, type Mixture, type MixtureCursor, type MixtureItem } from './mixture.js';
import { proportionalRate, rateOf } from './rates.js';
import { createTaskRegistry } from './registry.js';
import { listSource, streamedSource } from './sources.js';
import { createStreamTask } from './stream-task.js';
import { t5Mixture, T5_MIXTURE_NAMES } from './t5-mixtures.js';
import { T5_FORMATS } from './t5-formats.js';
import { createTask, type Task } from './task.js';
import { templateFormat } from './template.js';
import { textFormat, type TextExample } from './text-format.js';

const format = templateFormat({ name: 'plain', inputs: '{text}', targets: '{text}' });
/** Record n gives n % 3 examples: none, one or two. */
const several = textFormat({
  name: 'several',
  isOneToOne: false,
  examples: (record) => {
    const text = record.text('text');
    const count = Number(text.split('-')[1]) % 3;
    return Array.from({ length: count }, (_, at) => ({ inputs: `${text}/${at}`, targets: '' }));
  },
});
const records = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ text: `${name}-${at}` }));

function listTask(name: string, count: number, parts: { readonly format?: typeof format } = {}): Task {
  return createTask({ name, source: listSource(records(name, count)), format: parts.format ?? format });
}

function streamTask(name: string, count: number): Task {
  const source = streamedSource(() => records(name, count), { length: count });
  return createTask({ name, source, format, shuffleBufferSize: 4 });
}

/** Indexed, streamed and expanding tasks, and one of a single record, some of them in a mixture within. */
function sampleMixture(): Mixture<TextExample> {
  const inner = createMixture({
    name: 'inner',
    parts: [
      { of: streamTask('b', 9), rate: 2 },
      { of: listTask('c', 8, { format: several }), rate: 1 },
    ],
  });
  return createMixture({
    name: 'outer',
    parts: [
      { of: listTask('a', 7), rate: 3 },
      { of: inner, rate: 4 },
      { of: listTask('d', 1), rate: 1 },
    ],
  });
}

const saved = (cursor: MixtureCursor): MixtureCursor => JSON.parse(JSON.stringify(cursor)) as MixtureCursor;
const texts = (items: readonly MixtureItem<TextExample>[]) =>
  items.map(({ example, task, position }) => `${position} ${task} ${example.inputs}`);

describe('a task', () => {
  it('gives every record once an epoch, in another order each time', async () => {
    const items = await collect(listTask('a', 20).examples({ seed: 1, epochs: 3 }));
    const epochs = [0, 20, 40].map((from) =>
      items.slice(from, from + 20).map(({ example }) => example.inputs),
    );
    for (const epoch of epochs) expect(new Set(epoch).size).toBe(20);
    expect(new Set(epochs.map((epoch) => epoch.join())).size).toBe(3);
    expect(items).toHaveLength(60);
  });

  it('keeps the order when asked, and goes on from a cursor in the middle of a record', async () => {
    const task = listTask('s', 9, { format: several });
    const all = await collect(task.examples({ seed: 1, isShuffled: false, epochs: 2 }));
    expect(all.slice(0, 4).map(({ example }) => example.inputs)).toEqual([
      's-1/0',
      's-2/0',
      's-2/1',
      's-4/0',
    ]);
    for (const [at, { cursor }] of all.entries()) {
      const rest = await collect(task.examples({ seed: 1, isShuffled: false, epochs: 2, from: cursor }));
      expect(rest).toEqual(all.slice(at + 1));
    }
  });

  it('shares its examples among workers without loading those of others', async () => {
    const loaded: number[] = [];
    const source = {
      ...listSource(records('w', 12)),
      at: (index: number) => (loaded.push(index), { text: `w-${index}` }),
    };
    const task = createTask({ name: 'w', source, format });
    const items = await collect(task.examples({ seed: 2, epochs: 1, worker: { index: 1, count: 3 } }));
    expect(items.map(({ position }) => position)).toEqual([1, 4, 7, 10]);
    expect(loaded).toHaveLength(4);
  });

  it('says which record does not fit', async () => {
    const place = { file: 'train.jsonl', fileIndex: 0, line: 5, next: { byte: 0, line: 6, skip: 0 } };
    const source = listSource([withPlace({ txt: '' }, place)]);
    const examples = collect(createTask({ source, format }).examples({ seed: 1 }));
    await expect(examples).rejects.toThrow(/in plain: train.jsonl: line 5: text/);
  });

  it('refuses an epoch without examples, and cursors of something else', async () => {
    const empty = createTask({ name: 'e', source: listSource([{ text: 'e-0' }]), format: several });
    await expect(collect(empty.examples({ seed: 1 }))).rejects.toThrow(/a whole epoch gave no example/);
    const other = { epoch: 0, record: 0, offset: 0 };
    await expect(collect(listTask('a', 2).examples({ seed: 1, from: other }))).rejects.toThrow(
      /is no cursor of a/,
    );
  });
});

describe('the stream of a mixture', () => {
  it('is the same from any resume point, with any number of workers', async () => {
    const length = 60;
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(
          fc.record({ workers: fc.integer({ min: 1, max: 5 }), items: fc.integer({ min: 1, max: 25 }) }),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        async (seed, stretches) => {
          const whole = await collect(sampleMixture().examples({ seed }), length);
          let from: MixtureCursor | undefined;
          const pieces: MixtureItem<TextExample>[] = [];
          for (const { workers, items } of stretches) {
            const end = (from?.position ?? 0) + items;
            const shares = await Promise.all(
              Array.from({ length: workers }, async (_, index) => {
                const share: MixtureItem<TextExample>[] = [];
                const stream = sampleMixture().examples({ seed, from, worker: { index, count: workers } });
                for await (const item of stream) {
                  if (item.position >= end) break;
                  share.push(item);
                }
                return share;
              }),
            );
            const merged = shares.flat().sort((a, b) => a.position - b.position);
            pieces.push(...merged);
            from = saved(merged.at(-1)!.cursor);
          }
          const expected = texts(whole).slice(0, Math.min(length, pieces.length));
          expect(texts(pieces).slice(0, length)).toEqual(expected);
        },
      ),
      { numRuns: 25, seed: 7 },
    );
  });

  it('has the same cursor whoever gives it', async () => {
    const whole = await collect(sampleMixture().examples({ seed: 3 }), 20);
    const worker = { index: 3, count: 4 };
    const share = await collect(sampleMixture().examples({ seed: 3, worker }), 5);
    expect(share.map(({ cursor }) => cursor)).toEqual([3, 7, 11, 15, 19].map((at) => whole[at]!.cursor));
  });

  it('takes tasks by their rates (seed 4, 4 standard errors)', async () => {
    const mixture = createMixture({
      name: 'rated',
      parts: [
        { of: listTask('a', 5), rate: 1 },
        { of: listTask('b', 5), rate: 3 },
        { of: listTask('never', 5), rate: 0 },
      ],
    });
    const items = await collect(mixture.examples({ seed: 4 }), 4000);
    const count = (name: string): number => items.filter(({ task }) => task === name).length;
    expect(count('never')).toBe(0);
    expect(Math.abs(count('a') - 1000)).toBeLessThan(4 * Math.sqrt(4000 * 0.25 * 0.75));
  });

  it('differs by seed and repeats with it', async () => {
    const read = async (seed: number) => texts(await collect(sampleMixture().examples({ seed }), 30));
    expect(await read(1)).toEqual(await read(1));
    expect(await read(2)).not.toEqual(await read(1));
  });

  it('ends with the reason of its signal, and refuses cursors of other mixtures', async () => {
    const stop = new AbortController();
    const stream = sampleMixture().examples({ seed: 1, signal: stop.signal });
    await stream.next();
    stop.abort(new Error('enough'));
    await expect(stream.next()).rejects.toThrow('enough');
    const from = { mixture: 'inner', position: 0, tasks: {} };
    await expect(sampleMixture().examples({ seed: 1, from }).next()).rejects.toThrow(/is no cursor of outer/);
    const worker = { index: 2, count: 2 };
    await expect(sampleMixture().examples({ seed: 1, worker }).next()).rejects.toThrow(/index is 2/);
  });

  it('mixes pre-training with tasks, resumable as well', async () => {
    const documents = (from: number) =>
      Array.from({ length: 6 }, () => new Int32Array(30).fill(7)).slice(from);
    const objective = spanCorruption({ inputsLength: 20 });
    const shared = { objective, sentinels: T5_SENTINELS, vocabSize: 32100, eosId: 1, documentsPerGroup: 2 };
    const pretraining = createStreamTask<Seq2SeqIds, PretrainingCursor>({
      name: 'c4_v020_unsupervised',
      open: (place) => pretrainingExamples(documents, { ...shared, ...place }),
    });
    const mixture = createMixture({ name: 'm', parts: [{ of: pretraining }] });
    const all = await collect(mixture.examples({ seed: 1 }), 40); // several epochs
    const from = saved(all[19]!.cursor);
    expect(await collect(mixture.examples({ seed: 1, from }), 20)).toEqual(all.slice(20));
  });
});

describe('rates', () => {
  const part = (numExamples?: number) => ({ name: 'p', numExamples });

  it.each([
    [5, 100, 5],
    [proportionalRate(), 100, 100],
    [proportionalRate({ maximum: 64 }), 100, 64],
    [proportionalRate({ maximum: 64, temperature: 2 }), 100, 8],
    [proportionalRate({ scale: 0.5, temperature: 2 }), 98, 7],
  ])('%j of %i examples is %d', (rate, numExamples, value) => {
    expect(rateOf(rate, part(numExamples))).toBeCloseTo(value, 12);
  });

  it('refuse unknown sizes, negative numbers and mixtures of nothing', () => {
    const unknown = createTask({ name: 'u', source: streamedSource(() => []), format });
    expect(() => createMixture({ name: 'm', parts: [{ of: unknown, rate: proportionalRate() }] })).toThrow(
      /number of examples, which is unknown[^]*data-mixture/,
    );
    expect(() => rateOf(-1, part())).toThrow(/the rate is -1/);
    expect(() => createMixture({ name: 'm', parts: [{ of: unknown, rate: 0 }] })).toThrow(/all rates are 0/);
    expect(() =>
      createMixture({ name: 'm', parts: [{ of: listTask('a', 1) }, { of: listTask('a', 1) }] }),
    ).toThrow(/two tasks are called "a"/);
    expect(() => proportionalRate({ temperature: 0 })).toThrow(/temperature is 0/);
  });
});

describe('the registry and the mixtures of T5', () => {
  const registered = () => {
    const registry = createTaskRegistry<TextExample>();
    for (const name of [...Object.keys(T5_FORMATS), 'c4_v020_unsupervised']) {
      const source = listSource([{ text: '' }]);
      registry.addTask(
        createTask({ name, source, format, numExamples: name.startsWith('wmt') ? 2_000_000 : 300 }),
      );
    }
    return registry;
  };

  it('make every mixture', () => {
    const registry = registered();
    for (const name of T5_MIXTURE_NAMES) registry.addMixture(t5Mixture(name, { maximum: 2 ** 19 }));
    expect(registry.mixtureNames).toHaveLength(20);
    const { rates } = registry.mixture('all_mix');
    expect(rates['glue_rte_v002']).toBe(1245); // half of 2490: RTE is in SuperGLUE too
    expect(rates['glue_mnli_v002']).toBe(392702);
    expect(rates['wmt15_enfr_v003']).toBe(2 ** 19);
    expect(rates['c4_v020_unsupervised']).toBe(1_000_000);
    expect(rates['super_glue_axb_v102']).toBeUndefined();
    const left = registry.mixture('leave_one_out_glue_v002_proportional').rates;
    expect([left['super_glue_rte_v102'], left['glue_rte_v002']]).toEqual([2490, undefined]);
    const sentinels = registry.mixture('super_glue_v102_proportional_sentinel').rates;
    expect(sentinels['super_glue_wsc_v102_simple_1_sentinel_train']).toBe(259);
  });

  it('know their names', () => {
    const registry = registered();
    expect(() => registry.addTask(listTask('glue_cola_v002', 1))).toThrow(
      /the name "glue_cola_v002" is taken/,
    );
    expect(() => registry.task('cola')).toThrow(/"cola" is not registered[^]*data-task/);
    expect(() => registry.addMixture({ name: 'm', parts: ['missing'] })).toThrow(
      /"missing" is not registered/,
    );
    expect(() => t5Mixture('all')).toThrow(/there is no mixture "all"/);
    expect(createTaskRegistry().taskNames).toEqual([]);
  });
});
