import type { DeviceTensor, MapTree, Tensor } from '@tesserae/tensor';
import {
  DTYPES,
  OptionError,
  OwnershipError,
  ShapeError,
  hostTensor,
  releaseTree,
  sizeOf,
} from '@tesserae/tensor';
import type { KeyValue } from '../layers.js';
import type { CacheSizes } from './cache-layout.js';
import { Ancestry, capacityFor } from './cache-layout.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import type { EncodedSource } from './encode-graph.js';
import type { DecodingSession, StepRequest, StepScores } from './session.js';
import { rowByRow, timeMajor } from './token-order.js';
import { selfCacheShape } from './step-graph.js';
import { keptSources } from './kept-sources.js';

type OnDevice<Values> = MapTree<Values, Tensor, DeviceTensor>;

/** A session whose keys and values stay on the device. */
export class CachedSession implements DecodingSession {
  private fed = 0;
  private ancestry: Ancestry;
  /** The ancestry on the device; undefined when it changed. */
  private ancestryTensor: DeviceTensor | undefined;
  private cache: OnDevice<readonly KeyValue[]>;
  private isReleased = false;

  constructor(
    private readonly graphs: DecoderGraphs,
    private encoded: OnDevice<EncodedSource>,
    private readonly maxLength: number,
  ) {
    const numSources = encoded.crossBias.spec.shape[0]!;
    this.ancestry = new Ancestry({ numSources, rowsPerSource: 1, capacity: capacityFor(1, maxLength) });
    this.cache = emptyCache(graphs, this.ancestry.sizes);
  }

  get numSources(): number {
    return this.ancestry.sizes.numSources;
  }

  get rowsPerSource(): number {
    return this.ancestry.sizes.rowsPerSource;
  }

  get position(): number {
    return this.fed;
  }

  async step(ids: Int32Array, request: StepRequest): Promise<StepScores> {
    this.requireOpen('step');
    const { numSources, rowsPerSource } = this.ancestry.sizes;
    const count = ids.length / (numSources * rowsPerSource);
    this.requireTokens(ids.length, count);
    await this.grow(this.fed + count);
    const sizes = { numSources, rowsPerSource, count };
    const { graphs, encoded } = this;
    this.ancestryTensor ??= this.uploadAncestry();
    const { hidden, cache } = await graphs.step({
      embeddings: graphs.embeddings,
      ids: hostTensor('i32', [numSources, count, rowsPerSource], timeMajor(ids, sizes)),
      position: hostTensor('i32', [1], [this.fed]),
      ancestry: this.ancestryTensor,
      cache: this.cache,
      cross: encoded.cross,
      crossBias: encoded.crossBias,
    });
    this.cache = cache;
    this.fed += count;
    try {
      return rowByRow(await graphs.head.scores(hidden, request), sizes);
    } finally {
      hidden.release();
    }
  }

  async select(origins: readonly number[]): Promise<void> {
    this.requireOpen('select');
    const { sizes } = this.ancestry;
    const sources = keptSources(origins, sizes);
    const next = { ...sizes, numSources: sources.length, rowsPerSource: origins.length / sources.length };
    if (sources.length < sizes.numSources) await this.keepSources(sources);
    if (next.numSources === sizes.numSources && next.rowsPerSource === sizes.rowsPerSource) {
      if (origins.every((origin, row) => origin === row)) return;
      this.setAncestry(this.ancestry.reordered(origins, this.fed));
    } else {
      await this.relayout(next, origins);
    }
  }

  rewind(position: number): void {
    this.requireOpen('rewind');
    if (!Number.isInteger(position) || position < 0 || position > this.fed) {
      throw new OptionError({
        op: 'rewind',
        problem: `position is ${position}, needed a whole number in [0, ${this.fed}]`,
        likely: 'A session can only forget tokens that it was fed.',
        page: 'option-value',
        got: position,
      });
    }
    if (position === this.fed) return;
    this.fed = position;
    if (this.rowsPerSource > 1) this.setAncestry(this.ancestry.cut(position));
  }

  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.ancestryTensor?.release();
    releaseTree(this.encoded);
    releaseTree(this.cache);
  }

  /** Makes room for `length` positions. */
  private async grow(length: number): Promise<void> {
    const { sizes } = this.ancestry;
    if (length <= sizes.capacity) return;
    const own = Array.from({ length: sizes.numSources * sizes.rowsPerSource }, (_, row) => row);
    await this.relayout({ ...sizes, capacity: capacityFor(length, this.maxLength) }, own);
  }

  /** Moves what the rows see into a cache of other sizes, in which every row has its own. */
  private async relayout(next: CacheSizes, origins: readonly number[]): Promise<void> {
    const { graphs, fed: position } = this;
    const { numHeads } = graphs.config;
    const old = this.cache;
    if (position === 0) {
      this.cache = emptyCache(graphs, next);
    } else {
      const indices = this.ancestry.slotsFor(next, { origins, position, numHeads });
      const shape = [next.numSources, numHeads, next.capacity * next.rowsPerSource];
      const relayout = await graphs.relayout.get();
      this.cache = (await relayout({ cache: old, slots: hostTensor('i32', shape, indices) })).cache;
    }
    releaseTree(old);
    this.setAncestry(new Ancestry(next));
  }

  private async keepSources(sources: readonly number[]): Promise<void> {
    const keep = await this.graphs.keepSources.get();
    const old = this.encoded;
    this.encoded = await keep({ encoded: old, sources: hostTensor('i32', [sources.length], sources) });
    releaseTree(old);
  }

  private setAncestry(ancestry: Ancestry): void {
    this.ancestry = ancestry;
    this.ancestryTensor?.release();
    this.ancestryTensor = undefined;
  }

  private uploadAncestry(): DeviceTensor {
    const { rows, sizes } = this.ancestry;
    const shape = [sizes.numSources, sizes.rowsPerSource, sizes.capacity];
    return this.graphs.backend.upload(hostTensor('i32', shape, rows));
  }

  private requireTokens(given: number, count: number): void {
    const rows = this.numSources * this.rowsPerSource;
    if (!Number.isInteger(count) || count < 1) {
      throw new ShapeError({
        op: 'step',
        problem: `${given} ids do not feed ${rows} rows equally`,
        likely: 'Give every row the same number of tokens, one at least, row by row.',
        page: 'step-ids',
        got: given,
        needed: rows,
      });
    }
    if (this.fed + count <= this.maxLength) return;
    throw new ShapeError({
      op: 'step',
      problem: `${this.fed} tokens were fed, ${count} more exceed the ${this.maxLength} that the session was opened for`,
      likely: 'Open the session with a larger maxLength; it bounds the memory of the cache.',
      page: 'step-max-length',
      got: this.fed + count,
      needed: this.maxLength,
    });
  }

  private requireOpen(op: string): void {
    if (!this.isReleased) return;
    throw new OwnershipError({
      op,
      problem: 'the session was released',
      likely: 'Release it after its last step, or open another one.',
      page: 'session-released',
    });
  }
}

/** A cache of zeros: what is masked must be finite. */
function emptyCache(
  { backend, config, dtype }: DecoderGraphs,
  { numSources, rowsPerSource, capacity }: CacheSizes,
): OnDevice<readonly KeyValue[]> {
  const shape = selfCacheShape(config, { numSources, numSlots: capacity * rowsPerSource });
  const zeros = hostTensor(dtype, shape, DTYPES[dtype].create(sizeOf(shape)));
  return Array.from({ length: config.numDecoderLayers }, () => ({
    key: backend.upload(zeros),
    value: backend.upload(zeros),
  }));
}
