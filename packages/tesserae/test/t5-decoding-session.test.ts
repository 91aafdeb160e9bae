import type {
  DecodingEngine,
  DecodingSession,
  StepRequest,
  StepScores,
  T5Config,
  T5Params,
} from '@tesserae/t5-model';
import { T5_DEFAULTS, conditionalGeneration, createDecodingEngine, t5ParamSpec } from '@tesserae/t5-model';
import type { Backend, HostTensor, Tensor } from '@tesserae/tensor';
import { OptionError, OwnershipError, ShapeError, compile, hostRandom, hostTensor } from '@tesserae/tensor';
import { initParams } from '@tesserae/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS } from './golden-fixture.js';
import type { CountedBackend } from '@tesserae/backend-testkit';
import { countLiveTensors } from '@tesserae/backend-testkit';

// A decoding session, whatever happens to its rows, scores what the whole decoder scores on the same tokens.

const SMALL: T5Config = {
  ...T5_DEFAULTS,
  vocabSize: 60,
  dModel: 24,
  headDim: 8,
  dFf: 32,
  numLayers: 1,
  numDecoderLayers: 2,
  numHeads: 2,
  numBuckets: 8,
  maxDistance: 20,
  dropoutRate: 0,
};
const GATED: Partial<T5Config> = { activationName: 'gelu_new', isGated: true, scalesDecoderOutputs: false };
const MODELS: readonly (readonly [string, T5Config])[] = [
  ['T5 1.0, tied', { ...SMALL, tiesEmbeddings: true, scalesDecoderOutputs: true }],
  [
    'UMT5: gated, a bias table in each block',
    { ...SMALL, ...GATED, modelType: 'umt5', tiesEmbeddings: false },
  ],
  ['a vocabulary large enough to be screened', { ...SMALL, vocabSize: 1500, tiesEmbeddings: true }],
];

/** The tokens fed to each row, and the source it belongs to. */
interface Row {
  readonly source: number;
  readonly ids: readonly number[];
}

const source = {
  inputIds: hostTensor(
    'i32',
    [3, 6],
    Array.from({ length: 18 }, (_, index) => 2 + ((index * 17) % 57)),
  ),
  attentionMask: hostTensor('i32', [3, 6], [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0]),
};

type Oracle = (rows: readonly Row[]) => Promise<readonly (readonly Float32Array[])[]>;

/** Logits of every position of every row, by the decoder with nothing cached. */
async function createOracle(
  params: T5Params<HostTensor>,
  config: T5Config,
  backend: Backend,
): Promise<{ readonly logits: Oracle; release(): void }> {
  interface Args {
    readonly params: T5Params;
    readonly inputIds: Tensor;
    readonly attentionMask: Tensor;
    readonly decoderInputIds: Tensor;
  }
  const fn = await compile(
    ({ params: leaves, ...inputs }: Args) =>
      conditionalGeneration(leaves, inputs, { config, rng: undefined }).logits,
    backend,
    { constants: { params }, maxGraphs: 1000 },
  );
  const sourceRows = ({ shape, data }: HostTensor, rows: readonly Row[]): HostTensor =>
    hostTensor(
      'i32',
      [rows.length, shape[1]!],
      rows.flatMap((row) => Array.from(data.subarray(row.source * shape[1]!, (row.source + 1) * shape[1]!))),
    );
  return {
    logits: async (rows) => {
      const len = rows[0]!.ids.length;
      const result = await fn({
        inputIds: sourceRows(source.inputIds, rows),
        attentionMask: sourceRows(source.attentionMask, rows),
        decoderInputIds: hostTensor(
          'i32',
          [rows.length, len],
          rows.flatMap((row) => row.ids),
        ),
      });
      const { data } = await backend.download(result);
      result.release();
      const at = (index: number): Float32Array =>
        data.subarray(index * config.vocabSize, (index + 1) * config.vocabSize) as Float32Array;
      return rows.map((_, row) => Array.from({ length: len }, (__, position) => at(row * len + position)));
    },
    release: () => fn.release(),
  };
}

/** Largest difference that two ways of summing the same numbers make here. */
const TOLERANCE = 1e-4;

const logProbsOf = (logits: Float32Array): readonly number[] => {
  const most = Math.max(...logits);
  const logSum = most + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - most), 0));
  return Array.from(logits, (value) => value - logSum);
};

/** Holds one step's scores to what the oracle gives for the same tokens, flat and row by row. */
function expectScores(scores: StepScores, needed: readonly Float32Array[], k: number | undefined): void {
  needed.forEach((logits, index) => {
    const logProbs = logProbsOf(logits);
    if (scores.logits !== undefined) {
      const got = scores.logits.subarray(index * logits.length, (index + 1) * logits.length);
      const worst = got.reduce((most, value, id) => Math.max(most, Math.abs(value - logits[id]!)), 0);
      expect(worst, `token ${index}`).toBeLessThan(TOLERANCE);
    } else if (k === undefined) {
      const id = scores.ids![index]!;
      expect(Math.max(...logits) - logits[id]!, `token ${index}: id ${id}`).toBeLessThan(TOLERANCE);
    } else {
      const ids = scores.ids!.subarray(index * k, (index + 1) * k);
      const best = [...logProbs].sort((a, b) => b - a);
      expect(new Set(ids).size).toBe(k);
      ids.forEach((id, place) => {
        expect(scores.logProbs![index * k + place]).toBeCloseTo(best[place]!, 3);
        expect(logProbs[id]).toBeCloseTo(best[place]!, 3);
      });
    }
  });
}

/** A session and what was fed to its rows, checked at every step. */
class Mirror {
  rows: readonly Row[] = [0, 1, 2].map((index) => ({ source: index, ids: [] }));

  constructor(
    readonly session: DecodingSession,
    private readonly oracle: Oracle,
    private readonly random: ReturnType<typeof hostRandom>,
  ) {}

  async step(count: number): Promise<void> {
    const fed = this.rows.map(() => Array.from({ length: count }, () => this.random.below(60)));
    const k = 3;
    const request = ([{ kind: 'argMax' }, { kind: 'topK', k }, { kind: 'logits' }] as const)[
      this.random.below(3)
    ]!;
    const scores = await this.session.step(Int32Array.from(fed.flat()), request);
    this.rows = this.rows.map((row, index) => ({ ...row, ids: [...row.ids, ...fed[index]!] }));
    const all = await this.oracle(this.rows);
    expectScores(
      scores,
      all.flatMap((positions) => positions.slice(-count)),
      request.kind === 'topK' ? k : undefined,
    );
    expect(this.session.position).toBe(this.rows[0]!.ids.length);
  }

  async select(origins: readonly number[]): Promise<void> {
    await this.session.select(origins);
    this.rows = origins.map((origin) => this.rows[origin]!);
    expect(this.session.numSources * this.session.rowsPerSource).toBe(origins.length);
  }

  rewind(position: number): void {
    this.session.rewind(position);
    this.rows = this.rows.map((row) => ({ ...row, ids: row.ids.slice(0, position) }));
  }

  /** Rows of each source go on as random rows of it, or as themselves. */
  shuffled(rowsPerSource: number): readonly number[] {
    const { numSources, rowsPerSource: before } = this.session;
    return Array.from(
      { length: numSources * rowsPerSource },
      (_, row) => Math.floor(row / rowsPerSource) * before + this.random.below(before),
    );
  }
}

describe.each(BACKENDS)('a decoding session on $name', ({ create }) => {
  let backend: CountedBackend;
  beforeAll(async () => {
    backend = countLiveTensors(await create());
  });
  afterAll(() => backend.close());

  describe.each(MODELS)('%s', (_, config) => {
    let engine: DecodingEngine;
    let oracle: { readonly logits: Oracle; release(): void };
    const open = async (seed: number, maxLength = 80): Promise<Mirror> =>
      new Mirror(await engine.open(source, { maxLength }), oracle.logits, hostRandom(seed));

    beforeAll(async () => {
      const specs = t5ParamSpec(config, { hasLmHead: !config.tiesEmbeddings });
      const params = initParams(specs, { seed: 5 }) as T5Params<HostTensor>;
      engine = await createDecodingEngine(params, config, backend);
      oracle = await createOracle(params, config, backend);
    });
    afterAll(() => {
      oracle.release();
      engine.release();
    });

    it('scores what the whole decoder scores, one token after the other', async () => {
      const mirror = await open(1);
      for (let step = 0; step < 4; step++) await mirror.step(1);
      mirror.session.release();
    });

    it('scores several new tokens at once, and again after they are taken back', async () => {
      const mirror = await open(2);
      await mirror.step(3);
      mirror.rewind(1);
      await mirror.step(2);
      await mirror.select([0, 0, 1, 1, 2, 2]);
      await mirror.step(4);
      mirror.rewind(4);
      await mirror.step(1);
      mirror.session.release();
    });

    it('reorders the rows of a source', async () => {
      const mirror = await open(3);
      await mirror.step(1);
      await mirror.select([0, 0, 0, 1, 1, 1, 2, 2, 2]);
      for (let step = 0; step < 3; step++) {
        await mirror.step(1);
        await mirror.select(mirror.shuffled(3));
      }
      await mirror.step(2);
      mirror.session.release();
    });

    it('lets sources leave, and the number of rows change with them', async () => {
      const mirror = await open(4);
      await mirror.step(2);
      await mirror.select([0, 0, 2, 2]); // source 1 leaves, the others double
      await mirror.step(1);
      await mirror.select([1, 0, 3, 3]);
      await mirror.step(1);
      await mirror.select([3]);
      await mirror.step(1);
      mirror.session.release();
    });

    it('keeps its scores while the cache grows', async () => {
      const mirror = await open(5);
      await mirror.step(30);
      await mirror.select(mirror.shuffled(2));
      await mirror.step(1);
      await mirror.select(mirror.shuffled(2));
      await mirror.step(4); // over 32
      await mirror.step(29);
      await mirror.step(1); // over 64, up to the 80 asked for
      await mirror.step(1);
      mirror.session.release();
    });

    it('holds what sessionBytes says, and nothing after its release', async () => {
      await (await open(6)).step(1); // whatever is made lazily
      const before = { bytes: backend.liveBytes, count: backend.liveCount };
      const mirror = await open(7, 70);
      await mirror.step(1);
      await mirror.select([0, 0, 1, 1, 2, 2]);
      await mirror.step(68);
      const sizes = { numSources: 3, srcLen: 6, rowsPerSource: 2, maxLength: 70 };
      expect(backend.liveBytes - before.bytes).toBe(engine.sessionBytes(sizes));
      mirror.session.release();
      expect({ bytes: backend.liveBytes, count: backend.liveCount }).toEqual(before);
    });
  });

  it('gives back everything that a step of any kind made', async () => {
    const params = initParams(t5ParamSpec(SMALL, { hasLmHead: false }), { seed: 5 }) as T5Params<HostTensor>;
    const engine = await createDecodingEngine(params, SMALL, backend);
    const session = await engine.open(source, { maxLength: 4 });
    const step = (request: StepRequest): Promise<StepScores> => session.step(Int32Array.of(5, 6, 7), request);
    await step({ kind: 'logits' });
    const count = backend.liveCount;
    for (const request of [{ kind: 'argMax' }, { kind: 'topK', k: 2 }, { kind: 'logits' }] as const) {
      await step(request);
      expect(backend.liveCount, request.kind).toBe(count);
    }
    session.release();
    engine.release();
  });

  describe('refuses', () => {
    let engine: DecodingEngine;
    let session: DecodingSession;
    beforeAll(async () => {
      const params = initParams(t5ParamSpec(SMALL, { hasLmHead: false }), {
        seed: 5,
      }) as T5Params<HostTensor>;
      engine = await createDecodingEngine(params, SMALL, backend);
      session = await engine.open(source, { maxLength: 4 });
    });
    afterAll(() => {
      session.release();
      engine.release();
    });

    it.each([
      ['rows out of order', [1, 0, 2], OptionError],
      ['unequally many rows', [0, 0, 1], OptionError],
      ['rows that are not there', [0, 3], OptionError],
      ['no rows', [], OptionError],
    ])('to select %s', async (_, origins, Class) => {
      await expect(session.select(origins)).rejects.toBeInstanceOf(Class);
    });

    it('ids that do not feed every row, and more tokens than it was opened for', async () => {
      const step = (ids: number): Promise<unknown> => session.step(new Int32Array(ids), { kind: 'argMax' });
      await expect(step(4)).rejects.toBeInstanceOf(ShapeError);
      await expect(step(0)).rejects.toBeInstanceOf(ShapeError);
      await expect(step(15)).rejects.toThrow(/exceed the 4/);
    });

    it('to rewind to where it has not been', () => {
      expect(() => session.rewind(1)).toThrow(OptionError);
    });

    it('to go on after its release, and to open when it is aborted', async () => {
      const other = await engine.open(source, { maxLength: 4 });
      other.release();
      await expect(other.step(new Int32Array(3), { kind: 'argMax' })).rejects.toBeInstanceOf(OwnershipError);
      const count = backend.liveCount;
      await expect(engine.open(source, { maxLength: 4, signal: AbortSignal.abort() })).rejects.toThrow(
        /abort/i,
      );
      expect(backend.liveCount).toBe(count);
    });
  });
});
