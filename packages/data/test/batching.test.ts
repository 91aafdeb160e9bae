import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBatcher, createBucketBatcher, createTokenBudgetBatcher } from '../src/batching/batchers.js';
import {
  createPacker,
  packedFeature,
  packedSeq2SeqBatch,
  segmentMask,
  type FeatureIds,
  type PackedRow,
} from '../src/batching/packing.js';
import { encoderBatch, padRows, rowMask, seq2seqBatch, shiftRight } from '../src/batching/padding.js';
import { prefetch } from '../src/batching/prefetch.js';
import { fromJson, throughStage, toJson, type Json, type Stage } from '../src/batching/stage.js';
import { collect } from './collect.js';

const list = (array: ArrayLike<number>): number[] => Array.from(array);
const rowsOf = ({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }): number[][] =>
  Array.from({ length: shape[0]! }, (_, row) => list(data).slice(row * shape[1]!, (row + 1) * shape[1]!));
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Examples whose ids are all different, never 0. */
const someExamples = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 6 })), { maxLength: 40 })
  .map((sizes) => {
    let id = 1;
    const take = (count: number) => Int32Array.from({ length: count }, () => id++);
    return sizes.map(([inputs, targets]): FeatureIds => ({ inputs: take(inputs), targets: take(targets) }));
  });
const lengths = { inputs: 12, targets: 6 };
const pack = (examples: readonly FeatureIds[], openRows = 3) =>
  collect(throughStage(examples, createPacker({ lengths, openRows })));

describe('packing', () => {
  it('loses no example and no token, and fits the rows', () =>
    fc.assert(
      fc.asyncProperty(someExamples, fc.integer({ min: 1, max: 5 }), async (examples, openRows) => {
        const rows = await pack(examples, openRows);
        const packed = rows.flatMap((row) => row.examples);
        expect(packed.length).toBe(examples.length);
        expect(new Set(packed)).toEqual(new Set(examples));
        for (const [feature, length] of Object.entries(lengths)) {
          for (const row of rows) {
            expect(row.examples.reduce((sum, one) => sum + one[feature]!.length, 0)).toBeLessThanOrEqual(
              length,
            );
          }
          const arrays = packedFeature(rows, { feature, length, padId: 0 });
          const ids = list(arrays.ids.data)
            .filter((id) => id !== 0)
            .sort((a, b) => a - b);
          expect(ids).toEqual(examples.flatMap((one) => list(one[feature]!)).sort((a, b) => a - b));
        }
      }),
      { numRuns: 100, seed: 1 },
    ));

  it('never mixes segments: every run of a segment is one example, in both features', () =>
    fc.assert(
      fc.asyncProperty(someExamples, async (examples) => {
        const rows = await pack(examples);
        for (const [feature, length] of Object.entries(lengths)) {
          const { ids, segmentIds, positions } = packedFeature(rows, { feature, length, padId: -7 });
          rows.forEach((row, at) => {
            row.examples.forEach((example, segment) => {
              const places = [...Array(length).keys()].filter(
                (place) => segmentIds.data[at * length + place] === segment + 1,
              );
              expect(places.map((place) => ids.data[at * length + place])).toEqual(list(example[feature]!));
              expect(places.map((place) => positions.data[at * length + place])).toEqual([...places.keys()]);
              expect(places.at(-1) ?? 0).toBe((places[0] ?? 0) + Math.max(0, places.length - 1));
            });
            for (let place = 0; place < length; place++) {
              const index = at * length + place;
              expect(segmentIds.data[index] === 0).toBe(ids.data[index] === -7);
            }
          });
        }
      }),
      { numRuns: 60, seed: 2 },
    ));

  const of = (inputs: number[], targets: number[]) => ({
    inputs: Int32Array.from(inputs),
    targets: Int32Array.from(targets),
  });

  it('takes the first open row with room, closes the oldest, and a full row at once', () => {
    const packer = createPacker({ lengths: { inputs: 4, targets: 9 }, openRows: 2 });
    const [a, b, c, d] = [of([1, 2, 3], [1]), of([4, 5], [1]), of([6], [1]), of([7, 8, 9], [1])];
    packer.push(a);
    packer.push(b);
    expect(packer.take()).toBeUndefined();
    packer.push(c); // fits behind a, which is then full
    expect(packer.take()).toEqual({ examples: [a, c] });
    packer.push(d);
    packer.push(d); // two rows are open: b's is closed
    expect(packer.take()).toEqual({ examples: [b] });
    packer.finish();
    expect([packer.take(), packer.take(), packer.take()]).toEqual([
      { examples: [d] },
      { examples: [d] },
      undefined,
    ]);
  });

  it('as a batch of T5: decoder inputs begin anew in each segment', () => {
    const rows: PackedRow[] = [{ examples: [of([5, 6, 1], [7, 1]), of([8, 1], [9, 10, 1])] }];
    const batch = packedSeq2SeqBatch(rows, { inputsLength: 6, targetsLength: 7, padId: 0 });
    expect(Object.fromEntries(Object.entries(batch).map(([name, { data }]) => [name, list(data)]))).toEqual({
      inputIds: [5, 6, 1, 8, 1, 0],
      inputSegmentIds: [1, 1, 1, 2, 2, 0],
      inputPositions: [0, 1, 2, 0, 1, 0],
      labels: [7, 1, 9, 10, 1, -100, -100],
      decoderInputIds: [0, 7, 0, 9, 10, 0, 0],
      targetSegmentIds: [1, 1, 2, 2, 2, 0, 0],
      targetPositions: [0, 1, 0, 1, 2, 0, 0],
    });
    const started = packedSeq2SeqBatch(rows, { inputsLength: 6, targetsLength: 7, padId: 0, startId: 3 });
    expect(list(started.decoderInputIds.data)).toEqual([3, 7, 3, 9, 10, 0, 0]);
    expect(
      rowsOf({ shape: [7, 6], data: segmentMask(batch.targetSegmentIds, batch.inputSegmentIds).data }),
    ).toEqual([
      [1, 1, 1, 0, 0, 0],
      [1, 1, 1, 0, 0, 0],
      [0, 0, 0, 1, 1, 0],
      [0, 0, 0, 1, 1, 0],
      [0, 0, 0, 1, 1, 0],
      [0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0],
    ]);
  });

  it('begins with the start id where a row ends in the segment that the next begins with', () => {
    const rows: PackedRow[] = [{ examples: [of([], [5, 6])] }, { examples: [of([], [7, 8])] }];
    const batch = packedSeq2SeqBatch(rows, { inputsLength: 1, targetsLength: 2, padId: 0, startId: 3 });
    expect(rowsOf(batch.decoderInputIds)).toEqual([
      [3, 5],
      [3, 7],
    ]);
  });

  it.each([[{ inputs: Int32Array.of(1) }], [of([1, 2, 3, 4, 5], [1])]])(
    'refuses an example that lacks a feature or is too long',
    (example) => {
      const packer = createPacker({ lengths: { inputs: 4, targets: 9 } });
      expect(() => packer.push(example)).toThrow(expect.objectContaining({ code: 'data-row-length' }));
    },
  );
});

describe('batches', () => {
  const words = ['a', 'bbb', 'cc', 'dddd', 'ee', 'fff', 'gg'];
  const lengthOf = (word: string) => word.length;
  const through = (stage: Stage<string, readonly string[]>, of = words) => collect(throughStage(of, stage));

  it('of a fixed size, with and without the last one', async () => {
    expect(await through(createBatcher({ batchSize: 3 }))).toEqual([
      ['a', 'bbb', 'cc'],
      ['dddd', 'ee', 'fff'],
      ['gg'],
    ]);
    expect((await through(createBatcher({ batchSize: 3, dropRemainder: true }))).length).toBe(2);
  });

  it('of like length', async () => {
    const stage = createBucketBatcher({ lengthOf, boundaries: [2, 4], batchSize: 2 });
    expect(await through(stage)).toEqual([['a', 'cc'], ['bbb', 'dddd'], ['ee', 'gg'], ['fff']]);
  });

  it('of as many tokens as a bucket allows, padding included', async () => {
    const stage = createBucketBatcher({ lengthOf, boundaries: [2, 4], tokensPerBatch: 9 });
    // 4 items up to 2, 2 items up to 4
    expect(await through(stage)).toEqual([['bbb', 'dddd'], ['a', 'cc', 'ee', 'gg'], ['fff']]);
  });

  it('as large as the budget allows, in order', async () => {
    const stage = createTokenBudgetBatcher({ lengthOf, maxTokens: 8 });
    // a+bbb is 2 · 3, cc would be 3 · 3; cc+dddd 2 · 4; ee+fff 2 · 3, gg would be 3 · 3
    expect(await through(stage)).toEqual([['a', 'bbb'], ['cc', 'dddd'], ['ee', 'fff'], ['gg']]);
  });

  it('keep to the budget and lose nothing', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.string({ maxLength: 9 }), { maxLength: 50 }), async (items) => {
        const batches = await through(createTokenBudgetBatcher({ lengthOf, maxTokens: 20 }), items);
        expect(batches.flat()).toEqual(items);
        for (const batch of batches)
          expect(batch.length * Math.max(...batch.map(lengthOf))).toBeLessThanOrEqual(20);
        const buckets = await through(
          createBucketBatcher({ lengthOf, boundaries: [3, 6, 9], tokensPerBatch: 18 }),
          items,
        );
        expect(buckets.flat().sort()).toEqual([...items].sort());
        for (const batch of buckets)
          expect(new Set(batch.map((item) => Math.max(0, Math.ceil(item.length / 3) - 1))).size).toBe(1);
      }),
      { numRuns: 80, seed: 3 },
    ));

  it.each([
    [
      'an item beyond the buckets',
      () => createBucketBatcher({ lengthOf, boundaries: [2], batchSize: 1 }).push('ccc'),
      'data-row-length',
    ],
    [
      'an item beyond the budget',
      () => createTokenBudgetBatcher({ lengthOf, maxTokens: 2 }).push('ccc'),
      'data-row-length',
    ],
    [
      'boundaries that do not ascend',
      () => createBucketBatcher({ lengthOf, boundaries: [2, 2], batchSize: 1 }),
      'option-value',
    ],
    [
      'both sizes',
      () => createBucketBatcher({ lengthOf, boundaries: [2], batchSize: 1, tokensPerBatch: 4 }),
      'option-value',
    ],
    [
      'fewer tokens than an item',
      () => createBucketBatcher({ lengthOf, boundaries: [8], tokensPerBatch: 4 }),
      'option-value',
    ],
    ['an empty batch', () => createBatcher({ batchSize: 0 }), 'option-value'],
    ['an unknown option', () => createBatcher({ batchSize: 1, size: 1 } as never), 'unknown-option'],
    ['no boundaries', () => createBucketBatcher({ lengthOf, boundaries: [], batchSize: 1 }), 'option-value'],
  ])('refuse %s', (_, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe('stages resume', () => {
  const items = Array.from({ length: 30 }, (_, at) => ({
    ids: Int32Array.from({ length: (at * 7) % 6 }, () => at),
  }));
  const lengthOf = ({ ids }: { readonly ids: Int32Array }) => ids.length;
  type Item = (typeof items)[number];
  const stages: readonly (readonly [string, (from?: Json) => Stage<Item, unknown>])[] = [
    ['batches', (from) => createBatcher<Item>({ batchSize: 4, from })],
    ['buckets', (from) => createBucketBatcher<Item>({ lengthOf, boundaries: [2, 5], batchSize: 3, from })],
    ['budget', (from) => createTokenBudgetBatcher<Item>({ lengthOf, maxTokens: 12, from })],
    ['packing', (from) => createPacker({ lengths: { ids: 9 }, openRows: 2, from })],
  ];

  it.each(stages)('%s: from the state after any item, with what is ready', async (_, open) => {
    const whole = await collect(throughStage(items, open()));
    expect(whole.length).toBeGreaterThan(4);
    for (let at = 0; at <= items.length; at++) {
      const stage = open();
      const before: unknown[] = [];
      items.slice(0, at).forEach((item) => stage.push(item));
      const first = at % 2 === 0 ? stage.take() : undefined; // one may be taken, others be left ready
      if (first !== undefined) before.push(first);
      const restored = open(json(stage.state));
      const rest = await collect(throughStage(items.slice(at), restored));
      expect([...before, ...rest]).toEqual(whole);
    }
  });

  it('write arrays as JSON and read them', () => {
    const value = {
      a: [Int32Array.of(1, -2), { b: Float32Array.of(0.5), c: null }],
      d: 'x',
      e: true,
      f: Uint8Array.of(3),
    };
    expect(fromJson(json(toJson(value)))).toEqual(value);
    for (const bad of [NaN, new Map(), () => 1, 1n]) {
      expect(() => toJson({ bad })).toThrow(expect.objectContaining({ code: 'data-state' }));
    }
  });
});

describe('padding', () => {
  const rows = [Int32Array.of(1, 2, 3), Int32Array.of(4)];

  it.each([
    [
      {},
      [
        [1, 2, 3],
        [4, 0, 0],
      ],
      [
        [1, 1, 1],
        [1, 0, 0],
      ],
    ],
    [
      { value: 9, side: 'left' },
      [
        [1, 2, 3],
        [9, 9, 4],
      ],
      [
        [1, 1, 1],
        [0, 0, 1],
      ],
    ],
    [
      { length: 4 },
      [
        [1, 2, 3, 0],
        [4, 0, 0, 0],
      ],
      [
        [1, 1, 1, 0],
        [1, 0, 0, 0],
      ],
    ],
    [
      { multipleOf: 4 },
      [
        [1, 2, 3, 0],
        [4, 0, 0, 0],
      ],
      [
        [1, 1, 1, 0],
        [1, 0, 0, 0],
      ],
    ],
  ] as const)('%j', (options, ids, mask) => {
    expect(rowsOf(padRows(rows, options))).toEqual(ids);
    expect(rowsOf(rowMask(rows, options))).toEqual(mask);
  });

  it('refuses rows that are too long', () => {
    expect(() => padRows(rows, { length: 2 })).toThrow(expect.objectContaining({ code: 'data-row-length' }));
    expect(() => padRows(rows, { side: 'top' } as never)).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
  });

  it('shifts right: the start id, then labels, padding where none count', () => {
    const labels = padRows([Int32Array.of(7, 8, 1), Int32Array.of(9)], { value: -100 });
    expect(rowsOf(shiftRight(labels, { startId: 0, padId: 5 }))).toEqual([
      [0, 7, 8],
      [0, 9, 5],
    ]);
  });

  it('of inputs and targets: labels -100, attention on inputs', () => {
    const examples = [
      { inputs: Int32Array.of(5, 1), targets: Int32Array.of(6, 7, 1) },
      { inputs: Int32Array.of(8, 9, 1), targets: Int32Array.of(1) },
    ];
    const batch = seq2seqBatch(examples, { padId: 0, inputs: { multipleOf: 4 } });
    expect(rowsOf(batch.inputIds)).toEqual([
      [5, 1, 0, 0],
      [8, 9, 1, 0],
    ]);
    expect(rowsOf(batch.attentionMask)).toEqual([
      [1, 1, 0, 0],
      [1, 1, 1, 0],
    ]);
    expect(rowsOf(batch.labels)).toEqual([
      [6, 7, 1],
      [1, -100, -100],
    ]);
    expect(rowsOf(batch.decoderInputIds)).toEqual([
      [0, 6, 7],
      [0, 1, 0],
    ]);
  });

  it('of encoder inputs: types 0, token labels -100, labels of examples', () => {
    const first = {
      inputIds: Int32Array.of(2, 5, 3),
      typeIds: Int32Array.of(0, 0, 1),
      labels: Int32Array.of(-100, 1, -100),
    };
    const second = { inputIds: Int32Array.of(2, 3), labels: Int32Array.of(0, -100) };
    const batch = encoderBatch([first, second], { padId: 9 });
    expect(rowsOf(batch.inputIds)).toEqual([
      [2, 5, 3],
      [2, 3, 9],
    ]);
    expect(rowsOf(batch.tokenTypeIds)).toEqual([
      [0, 0, 1],
      [0, 0, 0],
    ]);
    expect(rowsOf(batch.labels!)).toEqual([
      [-100, 1, -100],
      [0, -100, -100],
    ]);
    const [a, b] = [
      { inputIds: Int32Array.of(2), label: 1 },
      { inputIds: Int32Array.of(2), label: 0.5 },
    ];
    expect(encoderBatch([a, b], { padId: 0, isRegression: true }).labels).toEqual({
      dtype: 'f32',
      shape: [2],
      data: Float32Array.of(1, 0.5),
    });
    expect(encoderBatch([a, a], { padId: 0 }).labels).toEqual({
      dtype: 'i32',
      shape: [2],
      data: Int32Array.of(1, 1),
    });
    expect(encoderBatch([{ inputIds: Int32Array.of(2) }], { padId: 0 })).not.toHaveProperty('labels');
    expect(() => encoderBatch([a, { inputIds: Int32Array.of(2) }], { padId: 0 })).toThrow(
      expect.objectContaining({ code: 'data-batch-labels' }),
    );
    expect(() => encoderBatch([a, b], { padId: 0 })).toThrow(/0.5 is no class/);
    expect(() => encoderBatch([a, second], { padId: 0 })).toThrow(
      expect.objectContaining({ code: 'data-batch-labels' }),
    );
  });
});

describe('prefetch', () => {
  const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

  /** Counts what was asked for and whether it was closed. */
  function counted(limit: number, failAt = Infinity) {
    const facts = { asked: 0, closed: false };
    const source = (async function* () {
      try {
        for (let n = 0; n < limit; n++) {
          facts.asked++;
          if (n === failAt) throw new Error('broken');
          yield n;
        }
      } finally {
        facts.closed = true;
      }
    })();
    return { facts, source };
  }

  it('keeps the order, whatever the size', async () => {
    for (const size of [1, 2, 5, 50]) {
      expect(await collect(prefetch(counted(20).source, { size }))).toEqual([...Array(20).keys()]);
    }
  });

  it('reads as far ahead as asked for, and no further', async () => {
    const { facts, source } = counted(20);
    const stream = prefetch(source, { size: 3 });
    expect(facts.asked).toBe(0);
    await stream.next();
    await settled();
    expect(facts.asked).toBe(4); // the consumer's item and three more
    await stream.next();
    await settled();
    expect(facts.asked).toBe(5);
    await stream.return(undefined);
    await settled();
    expect(facts.closed).toBe(true);
  });

  it('passes an error on behind the items before it', async () => {
    const { facts, source } = counted(9, 3);
    const got: number[] = [];
    const reading = (async () => {
      for await (const item of prefetch(source, { size: 5 })) got.push(item);
    })();
    await expect(reading).rejects.toThrow('broken');
    expect(got).toEqual([0, 1, 2]);
    expect(facts.closed).toBe(true);
  });

  it('stops at the signal, also while the source hangs', async () => {
    const controller = new AbortController();
    const hanging = (async function* () {
      yield 1;
      await new Promise(() => undefined);
    })();
    const stream = prefetch(hanging, { size: 1, signal: controller.signal });
    expect((await stream.next()).value).toBe(1);
    const next = stream.next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    await expect(prefetch(hanging, { signal: controller.signal }).next()).rejects.toThrow('enough');
  });

  it('closes the source when the signal comes between items', async () => {
    const controller = new AbortController();
    const { facts, source } = counted(20);
    const stream = prefetch(source, { size: 2, signal: controller.signal });
    await stream.next();
    controller.abort(new Error('enough'));
    await expect(stream.next()).rejects.toThrow('enough');
    await settled();
    expect(facts.closed).toBe(true);
  });

  it('refuses a size below 1', async () => {
    await expect(prefetch(counted(1).source, { size: 0 }).next()).rejects.toMatchObject({
      code: 'option-value',
    });
  });
});
