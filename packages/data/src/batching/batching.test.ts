import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from '../../test/collect.js';
import { createBatcher, createBucketBatcher, createTokenBudgetBatcher } from './batchers.js';
import { createPacker, packedSeq2SeqBatch, segmentMask, type FeatureIds } from './packing.js';
import { encoderBatch, padRows, rowMask, seq2seqBatch, shiftRight } from './padding.js';
import { prefetch } from './prefetch.js';
import { fromJson, throughStage, toJson, type Json, type Stage } from './stage.js';

const ids = (...values: readonly number[]): Int32Array => Int32Array.from(values);
const ofLength = (length: number, value = 7): Int32Array => new Int32Array(length).fill(value);

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

describe('padding', () => {
  it('pads to the longest, to a multiple, to a length, on either side', () => {
    const rows = [ids(5, 6, 7), ids(8)];
    expect(padRows(rows)).toEqual({ dtype: 'i32', shape: [2, 3], data: ids(5, 6, 7, 8, 0, 0) });
    expect(padRows(rows, { multipleOf: 4, value: 9 }).data).toEqual(ids(5, 6, 7, 9, 8, 9, 9, 9));
    expect(padRows(rows, { length: 4, side: 'left' }).data).toEqual(ids(0, 5, 6, 7, 0, 0, 0, 8));
    expect([...rowMask(rows, { length: 4, side: 'left' }).data]).toEqual([0, 1, 1, 1, 0, 0, 0, 1]);
    expect(() => padRows(rows, { length: 2 })).toThrow(/a row has 3 elements[^]*data-row-length/);
    expect(() => padRows(rows, { pad: 1 } as never)).toThrow(/unknown option "pad"/);
  });

  it('makes an encoder batch: -100 in labels of tokens, one label an example otherwise', () => {
    const batch = encoderBatch(
      [
        { inputIds: ids(2, 5, 3), typeIds: ids(0, 0, 1), labels: ids(-100, 1, -100) },
        { inputIds: ids(2, 3), labels: ids(-100, -100) },
      ],
      { padId: 9, multipleOf: 2 },
    );
    expect(batch.inputIds.data).toEqual(ids(2, 5, 3, 9, 2, 3, 9, 9));
    expect([...batch.attentionMask.data]).toEqual([1, 1, 1, 0, 1, 1, 0, 0]);
    expect(batch.tokenTypeIds.data).toEqual(ids(0, 0, 1, 0, 0, 0, 0, 0));
    expect(batch.labels!.data).toEqual(ids(-100, 1, -100, -100, -100, -100, -100, -100));
    const classes = [1, 0].map((label) => ({ inputIds: ids(2), label }));
    expect(encoderBatch(classes, { padId: 0 }).labels).toEqual({ dtype: 'i32', shape: [2], data: ids(1, 0) });
    const scores = [{ inputIds: ids(2), label: 0.25 }];
    expect(encoderBatch(scores, { padId: 0, isRegression: true }).labels!.data).toEqual(
      Float32Array.of(0.25),
    );
    expect(encoderBatch([{ inputIds: ids(2) }], { padId: 0 }).labels).toBeUndefined();
    expect(() => encoderBatch([...scores, { inputIds: ids(2) }], { padId: 0 })).toThrow(
      /of 2 examples 1 have/,
    );
  });

  it('makes a batch of T5: labels moved right behind the start id', () => {
    const examples = [
      { inputs: ids(11, 12, 1), targets: ids(21, 1) },
      { inputs: ids(13, 1), targets: ids(22, 23, 1) },
    ];
    const batch = seq2seqBatch(examples, { padId: 0, targets: { multipleOf: 4 } });
    expect(batch.inputIds.data).toEqual(ids(11, 12, 1, 13, 1, 0));
    expect(batch.labels.data).toEqual(ids(21, 1, -100, -100, 22, 23, 1, -100));
    expect(batch.decoderInputIds.data).toEqual(ids(0, 21, 1, 0, 0, 22, 23, 1));
    expect(shiftRight(batch.labels, { startId: 99, padId: 0 }).data).toEqual(
      ids(99, 21, 1, 0, 99, 22, 23, 1),
    );
  });
});

describe('packing', () => {
  const example = (inputs: number, targets: number, value: number): FeatureIds => ({
    inputs: ofLength(inputs, value),
    targets: ofLength(targets, value + 100),
  });
  const lengths = { inputs: 6, targets: 4 };

  it('puts examples into the first row with room, and closes the oldest when there is none', async () => {
    const examples = [
      example(4, 1, 1),
      example(3, 1, 2),
      example(2, 1, 3),
      example(5, 1, 4),
      example(3, 2, 5),
    ];
    const rows = await collect(throughStage(stream(examples), createPacker({ lengths, openRows: 2 })));
    expect(rows.map((row) => row.examples.map(({ inputs }) => inputs![0]))).toEqual([[1, 3], [2, 5], [4]]);
  });

  it('numbers segments from 1, counts positions anew and starts each decoder segment', () => {
    const rows = [{ examples: [example(2, 2, 1), example(3, 1, 2)] }];
    const batch = packedSeq2SeqBatch(rows, { inputsLength: 6, targetsLength: 4, padId: 0 });
    expect(batch.inputIds.data).toEqual(ids(1, 1, 2, 2, 2, 0));
    expect(batch.inputSegmentIds.data).toEqual(ids(1, 1, 2, 2, 2, 0));
    expect(batch.inputPositions.data).toEqual(ids(0, 1, 0, 1, 2, 0));
    expect(batch.labels.data).toEqual(ids(101, 101, 102, -100));
    expect(batch.targetSegmentIds.data).toEqual(ids(1, 1, 2, 0));
    expect(batch.decoderInputIds.data).toEqual(ids(0, 101, 0, 0));
    const marked = packedSeq2SeqBatch(rows, { inputsLength: 6, targetsLength: 4, padId: 0, startId: 50 });
    expect(marked.decoderInputIds.data).toEqual(ids(50, 101, 50, 0));
    const mask = segmentMask(batch.targetSegmentIds, batch.inputSegmentIds);
    expect(mask.shape).toEqual([1, 4, 6]);
    expect([...mask.data].join('')).toBe('110000' + '110000' + '001110' + '000000');
  });

  it('never mixes or loses examples, and rows never exceed their lengths', async () => {
    const arbitrary = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 })), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.integer({ min: 1, max: 5 }), async (sizes, openRows) => {
        const examples = sizes.map(([inputs, targets], at) => example(inputs, targets, at + 1));
        const rows = await collect(throughStage(stream(examples), createPacker({ lengths, openRows })));
        expect(new Set(rows.flatMap((row) => row.examples))).toEqual(new Set(examples));
        for (const row of rows) {
          for (const [feature, length] of Object.entries(lengths)) {
            const used = row.examples.reduce((sum, one) => sum + one[feature]!.length, 0);
            expect(used).toBeLessThanOrEqual(length);
          }
        }
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('refuses examples that do not fit, and lack a feature', () => {
    const packer = createPacker({ lengths });
    expect(() => packer.push(example(7, 1, 1))).toThrow(/inputs[^]*data-row-length/);
    expect(() => packer.push({ inputs: ids(1) })).toThrow(/an example lacks it/);
  });
});

describe('batchers', () => {
  const lengthOf = (item: Int32Array): number => item.length;

  it('fill batches in order; the last may be short or left out', async () => {
    const batches = await collect(throughStage([1, 2, 3, 4, 5], createBatcher<number>({ batchSize: 2 })));
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
    const full = createBatcher<number>({ batchSize: 2, dropRemainder: true });
    expect(await collect(throughStage([1, 2, 3], full))).toEqual([[1, 2]]);
  });

  it('gather items of like length, as many as the tokens allow', async () => {
    const items = [3, 9, 4, 10, 8, 2, 4].map((length) => ofLength(length));
    const options = { lengthOf, boundaries: [4, 10], tokensPerBatch: 20 };
    const batches = await collect(throughStage(items, createBucketBatcher<Int32Array>(options)));
    expect(batches.map((batch) => batch.map(lengthOf))).toEqual([[9, 10], [3, 4, 2, 4], [8]]);
    const bounded = createBucketBatcher<Int32Array>(options);
    expect(() => bounded.push(ofLength(11))).toThrow(/an item has 11 tokens, the longest allowed is 10/);
    expect(() => createBucketBatcher({ ...options, batchSize: 2 })).toThrow(
      /either batchSize or tokensPerBatch/,
    );
    expect(() => createBucketBatcher({ lengthOf, boundaries: [4, 4], batchSize: 2 })).toThrow(
      /boundaries is 4/,
    );
  });

  it('stay within a budget of tokens, padding included', async () => {
    const items = [3, 3, 4, 1, 9, 2].map((length) => ofLength(length));
    const batcher = createTokenBudgetBatcher<Int32Array>({ lengthOf, maxTokens: 10 });
    const batches = await collect(throughStage(items, batcher));
    expect(batches.map((batch) => batch.map(lengthOf))).toEqual([[3, 3], [4, 1], [9], [2]]);
    expect(() => batcher.push(ofLength(11))).toThrow(/longest allowed is 10/);
  });
});

describe('the state of a stage', () => {
  const lengthOf = (item: FeatureIds): number => item.inputs!.length;
  const makers: Readonly<Record<string, (from?: Json) => Stage<FeatureIds, unknown>>> = {
    packer: (from) => createPacker({ lengths: { inputs: 6, targets: 4 }, openRows: 3, from }),
    batcher: (from) => createBatcher({ batchSize: 3, from }),
    buckets: (from) => createBucketBatcher({ lengthOf, boundaries: [2, 4, 6], batchSize: 3, from }),
    budget: (from) => createTokenBudgetBatcher({ lengthOf, maxTokens: 12, from }),
  };

  it.each(Object.keys(makers))('resumes a %s after any item, through JSON', async (name) => {
    const make = makers[name]!;
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (lengths, cut) => {
        const items = lengths.map((length, at) => ({ inputs: ofLength(length, at), targets: ids(at) }));
        const whole = await collect(throughStage(items, make()));
        const at = cut % (items.length + 1);
        const stage = make();
        const before: unknown[] = [];
        for (const item of items.slice(0, at)) stage.push(item);
        const first = stage.take(); // what is still to be fetched is part of the state
        if (first !== undefined) before.push(first);
        const state = JSON.parse(JSON.stringify(stage.state)) as Json;
        const rest = await collect(throughStage(items.slice(at), make(state)));
        expect([...before, ...rest]).toEqual(whole);
      }),
      { numRuns: 40, seed: 2 },
    );
  });

  it('writes plain values and typed arrays, and refuses the rest', () => {
    const value = {
      a: [1, 'x', null, true],
      b: ids(1, -2),
      c: { d: Float32Array.of(0.5), e: Uint8Array.of(3) },
    };
    expect(fromJson(JSON.parse(JSON.stringify(toJson(value))) as Json)).toEqual(value);
    expect(() => toJson({ a: new Map() })).toThrow(/Map cannot be saved[^]*data-state/);
    expect(() => toJson(NaN)).toThrow(/NaN cannot be saved/);
  });
});

describe('prefetch', () => {
  /** Numbers from 0, and how many were asked for. */
  function counting(count: number, failAt = Infinity) {
    const seen = { asked: 0, isClosed: false };
    const source = (async function* () {
      try {
        for (let item = 0; item < count; item++) {
          seen.asked = item + 1;
          if (item === failAt) throw new Error('broken');
          yield item;
        }
      } finally {
        seen.isClosed = true;
      }
    })();
    return { source, seen };
  }
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

  it('reads ahead by its size and no further', async () => {
    const { source, seen } = counting(10);
    const ahead = prefetch(source, { size: 3 });
    expect(seen.asked).toBe(0);
    expect((await ahead.next()).value).toBe(0);
    await settle();
    expect(seen.asked).toBe(4);
    expect((await ahead.next()).value).toBe(1);
    await settle();
    expect(seen.asked).toBe(5);
    expect(await collect(ahead)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    expect(seen.isClosed).toBe(true);
  });

  it('passes an error on in its place', async () => {
    const { source } = counting(5, 2);
    const got: number[] = [];
    const reading = (async () => {
      for await (const item of prefetch(source, { size: 4 })) got.push(item);
    })();
    await expect(reading).rejects.toThrow('broken');
    expect(got).toEqual([0, 1]);
  });

  it('closes the source when the loop is left', async () => {
    const { source, seen } = counting(10);
    await collect(prefetch(source), 2);
    await settle();
    expect(seen.isClosed).toBe(true);
  });

  it('ends with the reason of its signal, though the source hangs', async () => {
    const stop = new AbortController();
    const hanging = (async function* () {
      yield 0;
      await new Promise(() => undefined);
    })();
    const ahead = prefetch(hanging, { signal: stop.signal });
    expect((await ahead.next()).value).toBe(0);
    const waiting = ahead.next();
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(prefetch(hanging, { signal: stop.signal }).next()).rejects.toThrow('enough');
  });
});
