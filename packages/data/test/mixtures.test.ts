import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMixture, type Mixture, type MixtureCursor } from '../src/tasks/mixture.js';
import { proportionalRate, rateOf, type Rate } from '../src/tasks/rates.js';
import { createTaskRegistry } from '../src/tasks/registry.js';
import { listSource, streamedSource, type RecordSource } from '../src/tasks/sources.js';
import { createStreamTask } from '../src/tasks/stream-task.js';
import { T5_MIXTURE_NAMES, t5Mixture } from '../src/tasks/t5-mixtures.js';
import { createTask, type Task, type TaskExamplesOptions } from '../src/tasks/task.js';
import { textFormat, type TextExample } from '../src/tasks/text-format.js';
import { collect } from './collect.js';

/** Record n gives as many examples as its `copies` says, else one: `n`, `n+`, `n++`. */
const format = (isOneToOne: boolean) =>
  textFormat({
    name: 'numbers',
    isOneToOne,
    examples: (record) => {
      const copies = isOneToOne ? 1 : record.number('copies');
      return Array.from({ length: copies }, (_, copy) => ({
        inputs: '',
        targets: `${record.number('n')}${'+'.repeat(copy)}`,
      }));
    },
  });

interface NumbersOptions {
  readonly copies?: (n: number) => number;
  readonly isStreamed?: boolean;
  readonly numExamples?: number;
}

function numbers(name: string, size: number, options: NumbersOptions = {}): Task {
  const { copies, isStreamed = false, numExamples } = options;
  const records = Array.from({ length: size }, (_, n) => ({ n, copies: copies?.(n) ?? 1 }));
  const source: RecordSource = isStreamed ? streamedSource(() => records) : listSource(records);
  return createTask({
    name,
    source,
    format: format(copies === undefined),
    numExamples,
    shuffleBufferSize: 4,
  });
}

const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const targets = async (task: Task, options: TaskExamplesOptions, limit = Infinity) =>
  (await collect(task.examples(options), limit)).map(({ example }) => example.targets);
const sorted = (texts: readonly string[]) => [...texts].sort((a, b) => Number(a) - Number(b));
const upTo = (size: number) => Array.from({ length: size }, (_, n) => String(n));

/** Tasks of all kinds: indexed, streamed, with several examples a record or none. */
const kinds = (): readonly Task[] => [
  numbers('indexed', 7),
  numbers('streamed', 6, { isStreamed: true }),
  numbers('many', 5, { copies: (n) => n % 3 }),
  numbers('many-streamed', 5, { copies: (n) => n % 3, isStreamed: true }),
];

describe('rates', () => {
  const part = (numExamples: number) => ({ name: 'x', numExamples });
  // (min(n · scale, maximum))^(1/T)
  it.each([
    [{}, 1000, 1000],
    [{ maximum: 100 }, 1000, 100],
    [{ maximum: 100 }, 30, 30],
    [{ scale: 0.5 }, 1000, 500],
    [{ scale: 0.5, maximum: 400 }, 1000, 400],
    [{ temperature: 2 }, 400, 20],
    [{ temperature: 2, maximum: 2 ** 20 }, 2 ** 30, 2 ** 10],
    [{ temperature: 3, maximum: 27 }, 1000, 3],
  ])('%j of %d examples is %d', (options, numExamples, rate) => {
    expect(rateOf(proportionalRate(options), part(numExamples))).toBeCloseTo(rate, 9);
  });

  it('of nested mixtures are shared out, of a task that occurs twice summed', () => {
    const [a, b, c] = [numbers('a', 10), numbers('b', 30), numbers('c', 5)];
    const inner = createMixture({
      name: 'inner',
      parts: [{ of: a }, { of: b }],
      defaultRate: proportionalRate(),
    });
    const outer = createMixture({
      name: 'outer',
      parts: [
        { of: inner, rate: 2 },
        { of: c, rate: 3 },
        { of: a, rate: 1 },
      ],
    });
    expect(outer.rates).toEqual({ a: 1.5, b: 1.5, c: 3 });
    const bySize = createMixture({
      name: 'by-size',
      parts: [{ of: inner }, { of: c }],
      defaultRate: proportionalRate({ maximum: 20 }),
    });
    expect(bySize.rates).toEqual({ a: 5, b: 15, c: 5 });
  });
});

describe('shares', () => {
  const sizes = { small: 10, medium: 40, large: 160 };
  const draws = 6000;
  const limit = 13.82; // chi-square, 2 degrees of freedom, 0.1 %
  const settings: readonly (readonly [string, Rate, readonly number[]])[] = [
    ['proportional', proportionalRate(), [10, 40, 160]],
    ['limited to K = 50', proportionalRate({ maximum: 50 }), [10, 40, 50]],
    ['equal', 1, [1, 1, 1]],
    [
      'T = 2 with K = 90',
      proportionalRate({ temperature: 2, maximum: 90 }),
      [10 ** 0.5, 40 ** 0.5, 90 ** 0.5],
    ],
  ];
  const countOf = async (mixture: Mixture<TextExample>, seed: number) => {
    const items = await collect(mixture.examples({ seed }), draws);
    return mixture.sources.map(({ name }) => items.filter(({ task }) => task === name).length);
  };
  const chiSquare = (counts: readonly number[], rates: readonly number[]) => {
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    return counts.reduce(
      (sum, count, at) => sum + (count - (draws * rates[at]!) / total) ** 2 / ((draws * rates[at]!) / total),
      0,
    );
  };

  it.each(settings)('%s: drawn as often as the rates say', async (_, defaultRate, rates) => {
    const parts = Object.entries(sizes).map(([name, size]) => ({ of: numbers(name, size) }));
    const mixture = createMixture({ name: 'mix', parts, defaultRate });
    Object.values(mixture.rates).forEach((rate, at) => expect(rate).toBeCloseTo(rates[at]!, 9));
    expect(chiSquare(await countOf(mixture, 17), rates)).toBeLessThan(limit);
  });

  it('explicit rates, one of them 0: the task never comes', async () => {
    const parts = Object.entries(sizes).map(([name, size], at) => ({
      of: numbers(name, size),
      rate: [0, 1, 3][at]!,
    }));
    const [none, one, three] = await countOf(createMixture({ name: 'mix', parts }), 5);
    expect(none).toBe(0);
    expect(chiSquare([one!, three!], [1, 3])).toBeLessThan(10.83); // 1 degree of freedom
  });
});

describe('a task', () => {
  it.each(kinds())('$name: every record once an epoch, in another order each time', async (task) => {
    const once = await targets(task, { seed: 3, epochs: 1 });
    const twice = await targets(task, { seed: 3, epochs: 2 });
    const plain = await targets(task, { seed: 3, epochs: 1, isShuffled: false });
    expect(twice.slice(0, once.length)).toEqual(once);
    expect([...once].sort()).toEqual([...plain].sort());
    expect([...twice.slice(once.length)].sort()).toEqual([...plain].sort());
    expect(twice.slice(once.length)).not.toEqual(once);
    expect(await targets(task, { seed: 4, epochs: 1 })).not.toEqual(once);
  });

  it('keeps the order when it is not shuffled, and several examples of a record', async () => {
    expect(await targets(numbers('a', 5), { seed: 1, epochs: 1, isShuffled: false })).toEqual(upTo(5));
    const many = numbers('b', 4, { copies: (n) => n % 3 });
    expect(await targets(many, { seed: 1, epochs: 1, isShuffled: false })).toEqual(['1', '2', '2+']);
  });

  it('orders records of an indexed source independently of the format', async () => {
    const [one, two] = [numbers('a', 50), numbers('a', 50)];
    expect(await targets(one, { seed: 2, epochs: 1 })).toEqual(await targets(two, { seed: 2, epochs: 1 }));
    expect(sorted(await targets(one, { seed: 2, epochs: 1 }))).toEqual(upTo(50));
  });

  it.each(kinds())('$name: resumes from every cursor', async (task) => {
    const items = await collect(task.examples({ seed: 9, epochs: 3 }));
    for (const [at, { cursor }] of items.entries()) {
      const rest = await collect(task.examples({ seed: 9, epochs: 3, from: json(cursor) }));
      expect(rest).toEqual(items.slice(at + 1));
    }
  });

  it.each(kinds())('$name: workers share one stream', async (task) => {
    const whole = await collect(task.examples({ seed: 9, epochs: 3 }));
    for (const count of [1, 2, 3, 5]) {
      for (let index = 0; index < count; index++) {
        const own = await collect(task.examples({ seed: 9, epochs: 3, worker: { index, count } }));
        const facts = own.map(({ example, position }) => ({ example, position }));
        expect(facts).toEqual(
          whole
            .filter(({ position }) => position % count === index)
            .map(({ example, position }) => ({ example, position })),
        );
      }
    }
  });
});

const mix = (tasks: readonly Task[], rates: readonly number[]) =>
  createMixture({ name: 'mix', parts: tasks.map((of, at) => ({ of, rate: rates[at]! })) });
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const someRates = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 4 });

describe('a mixture', () => {
  it('gives the same stream for the same seed, another for another', async () => {
    const mixture = mix(kinds(), [1, 2, 3, 4]);
    const items = await collect(mixture.examples({ seed: 1 }), 80);
    expect(await collect(mix(kinds(), [1, 2, 3, 4]).examples({ seed: 1 }), 80)).toEqual(items);
    expect(await collect(mixture.examples({ seed: 2 }), 80)).not.toEqual(items);
    expect(items.map(({ position }) => position)).toEqual([...items.keys()]);
  });

  it('takes each task in its own order', async () => {
    const items = await collect(mix(kinds(), [1, 1, 1, 1]).examples({ seed: 6 }), 60);
    for (const task of kinds()) {
      const own = items.filter((item) => item.task === task.name).map(({ example }) => example.targets);
      expect(own.length).toBeGreaterThan(5);
      expect(own).toEqual(await targets(task, { seed: 6 }, own.length));
    }
  });

  it('resumes from any cursor', () =>
    fc.assert(
      fc.asyncProperty(seeds, someRates, fc.integer({ min: 0, max: 39 }), async (seed, rates, at) => {
        const items = await collect(mix(kinds(), rates).examples({ seed }), 60);
        const from = json(items[at]!.cursor);
        const rest = await collect(mix(kinds(), rates).examples({ seed, from }), 59 - at);
        expect(rest).toEqual(items.slice(at + 1));
      }),
      { numRuns: 40, seed: 1 },
    ));

  it('is shared by workers, who resume', () =>
    fc.assert(
      fc.asyncProperty(seeds, someRates, fc.constantFrom(1, 2, 3, 5), async (seed, rates, count) => {
        const whole = await collect(mix(kinds(), rates).examples({ seed }), 40);
        for (let index = 0; index < count; index++) {
          const worker = { index, count };
          const expected = whole.filter(({ position }) => position % count === index);
          const own = await collect(mix(kinds(), rates).examples({ seed, worker }), expected.length);
          const shown = ({ example, task, position }: (typeof whole)[number]) => ({
            example,
            task,
            position,
          });
          expect(own.map(shown)).toEqual(expected.map(shown));
          const middle = own.length >> 1;
          const from = json(own[middle]!.cursor);
          const rest = await collect(
            mix(kinds(), rates).examples({ seed, worker, from }),
            own.length - middle - 1,
          );
          expect(rest).toEqual(own.slice(middle + 1));
        }
      }),
      { numRuns: 25, seed: 2 },
    ));

  it('hands a cursor over to another number of workers', async () => {
    const whole = await collect(mix(kinds(), [1, 2, 3, 4]).examples({ seed: 8 }), 40);
    const from = json(whole[11]!.cursor);
    const own = await collect(
      mix(kinds(), [1, 2, 3, 4]).examples({ seed: 8, from, worker: { index: 1, count: 3 } }),
      5,
    );
    expect(own.map(({ position }) => position)).toEqual([13, 16, 19, 22, 25]);
    expect(own.map(({ example }) => example)).toEqual(own.map(({ position }) => whole[position]!.example));
  });

  it('stops at the signal with its reason', async () => {
    const controller = new AbortController();
    const stream = mix(kinds(), [1, 1, 1, 1]).examples({ seed: 1, signal: controller.signal });
    await stream.next();
    controller.abort(new Error('enough'));
    await expect(stream.next()).rejects.toThrow('enough');
  });

  it('closes its sources when the loop is left', async () => {
    const closed: string[] = [];
    const open = async function* () {
      try {
        for (let n = 0; ; n++) yield { text: `e${n}`, cursor: n };
      } finally {
        closed.push('closed');
      }
    };
    const parts = [{ of: createStreamTask<{ text: string }, number>({ name: 's', open }) }];
    await collect(createMixture({ name: 'mix', parts }).examples({ seed: 1 }), 3);
    expect(closed).toEqual(['closed']);
  });
});

describe('a stream task', () => {
  const opened: number[] = [];
  const task = () =>
    createStreamTask<{ text: string }, number>({
      name: 'stream',
      async *open({ seed, from = 0 }) {
        opened.push(seed);
        for (let n = from; n < 4; n++) yield { text: `${seed}:${n}`, cursor: n + 1 };
      },
    });
  const mixture = () => createMixture({ name: 'mix', parts: [{ of: task() }] });

  it('opens every epoch with another seed', async () => {
    const items = await collect(mixture().examples({ seed: 10 }), 9);
    const texts = items.map(({ example }) => example.text);
    expect(texts.slice(0, 4)).toEqual([0, 1, 2, 3].map((n) => `10:${n}`));
    expect(new Set(texts).size).toBe(9);
  });

  it('resumes within and between epochs', async () => {
    const items = await collect(mixture().examples({ seed: 10 }), 9);
    for (const at of [0, 2, 3, 4, 7]) {
      const rest = await collect(mixture().examples({ seed: 10, from: json(items[at]!.cursor) }), 8 - at);
      expect(rest).toEqual(items.slice(at + 1));
    }
  });
});

describe('mixtures of T5', () => {
  const rates = (name: string) => t5Mixture(name).parts.map((part) => (part as { rate: Rate }).rate);
  const sum = (name: string) => rates(name).reduce<number>((total, rate) => total + (rate as number), 0);

  it('weigh the tasks of GLUE and SuperGLUE by their sizes', () => {
    // Sums of the sizes in the table, by hand.
    expect(sum('glue_v002_proportional')).toBe(949_101);
    expect(sum('super_glue_v102_proportional')).toBe(185_673);
    expect(rates('wsc_dpr_simple_proportional')).toEqual([1322, 259, 0]);
  });

  it('have the names of sentinel tasks', () => {
    const names = t5Mixture('super_glue_v102_proportional_sentinel').parts.map(
      (part) => (part as { name: string }).name,
    );
    expect(names.slice(0, 4)).toEqual([
      'dpr_v001_simple_1_sentinel',
      'super_glue_wsc_v102_simple_1_sentinel_train',
      'super_glue_wsc_v102_simple_1_sentinel_eval',
      'super_glue_boolq_v102_1_sentinel',
    ]);
  });

  it('are made of registered tasks', async () => {
    const registry = createTaskRegistry<TextExample>();
    for (const name of T5_MIXTURE_NAMES) {
      for (const part of t5Mixture(name).parts) {
        const of = (part as { name: string }).name;
        if (!registry.taskNames.includes(of)) registry.addTask(numbers(of, 3));
      }
      const { rates: all } = registry.addMixture(t5Mixture(name));
      expect(Object.values(all).every((rate) => rate > 0)).toBe(true);
    }
    expect(registry.mixtureNames).toEqual(T5_MIXTURE_NAMES);
    expect(registry.mixture('all_mix').rates['c4_v020_unsupervised']).toBe(1_000_000);
  });

  it('count RTE half, where it is present twice', () => {
    const parts = t5Mixture('all_proportional').parts as readonly { name: string; rate: Rate }[];
    const rtes = parts.filter(({ name }) => name.includes('rte'));
    expect(rtes.map(({ rate }) => rate)).toEqual([1245, 1245]);
  });
});

describe('errors', () => {
  const registry = createTaskRegistry<TextExample>();
  registry.addTask(numbers('taken', 3));
  const start = (options: object) =>
    createMixture({ name: 'mix', parts: [{ of: numbers('a', 3) }] })
      .examples(options as never)
      .next();
  const other = { mixture: 'other', position: 0, tasks: {} } satisfies MixtureCursor;
  const usedUp = () => {
    const left = [{ n: 1 }];
    return createTask({ name: 'once', source: streamedSource(() => left.splice(0)), format: format(true) });
  };
  const failing: readonly (readonly [string, () => unknown, string])[] = [
    ['an unknown task', () => registry.addMixture({ name: 'm', parts: ['nobody'] }), 'data-task'],
    ['an unknown mixture', () => registry.mixture('nobody'), 'data-task'],
    ['an unknown mixture of T5', () => t5Mixture('glue'), 'data-task'],
    ['a name that is taken', () => registry.addTask(numbers('taken', 3)), 'data-task'],
    ['a negative rate', () => mix([numbers('a', 3)], [-1]), 'data-mixture'],
    ['a rate that is no number', () => mix([numbers('a', 3)], [NaN]), 'data-mixture'],
    ['rates of 0 only', () => mix([numbers('a', 3)], [0]), 'data-mixture'],
    ['no parts', () => mix([], []), 'data-mixture'],
    ['two tasks of one name', () => mix([numbers('a', 3), numbers('a', 3)], [1, 1]), 'data-mixture'],
    [
      'a size that is unknown',
      () =>
        createMixture({
          name: 'm',
          parts: [{ of: numbers('a', 3, { isStreamed: true }), rate: proportionalRate() }],
        }),
      'data-mixture',
    ],
    ['a temperature of 0', () => proportionalRate({ temperature: 0 }), 'option-value'],
    ['an unknown option', () => proportionalRate({ limit: 3 } as never), 'unknown-option'],
    ['a task without records', () => targets(numbers('a', 0), { seed: 1 }), 'data-task-empty'],
    [
      'a stream without records',
      () => targets(numbers('a', 0, { isStreamed: true }), { seed: 1 }),
      'data-task-empty',
    ],
    [
      'a task whose records give nothing',
      () => targets(numbers('a', 3, { copies: () => 0 }), { seed: 1 }),
      'data-task-empty',
    ],
    [
      'a mixture of an empty task',
      () =>
        mix([numbers('a', 0)], [1])
          .examples({ seed: 1 })
          .next(),
      'data-task-empty',
    ],
    ['a cursor of another mixture', () => start({ seed: 1, from: other }), 'data-cursor'],
    [
      'a cursor that is none',
      () => targets(numbers('a', 3), { seed: 1, from: { position: 'x' } }),
      'data-cursor',
    ],
    [
      'a cursor without its reader',
      () => targets(numbers('a', 3), { seed: 1, from: { position: 2 } }),
      'data-cursor',
    ],
    [
      'a cursor without tasks',
      () => start({ seed: 1, from: { mixture: 'mix', position: 2, tasks: null } }),
      'data-cursor',
    ],
    ['a stream that is used up', () => targets(usedUp(), { seed: 1, epochs: 3 }), 'data-task-empty'],
    ['a cursor of null', () => targets(numbers('a', 3), { seed: 1, from: null }), 'data-cursor'],
    ['a worker beyond the others', () => start({ seed: 1, worker: { index: 2, count: 2 } }), 'option-value'],
    ['a seed that is none', () => start({ seed: 0.5 }), 'seed-value'],
  ];
  it.each(failing)('%s', async (_, run, code) => {
    await expect((async () => run())()).rejects.toMatchObject({ name: 'DataError', code });
  });
});
