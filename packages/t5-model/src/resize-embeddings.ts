import type { HostTensor } from '@tesserae/tensor';
import { OptionError, checkOptions, hostRandom, hostTensor } from '@tesserae/tensor';
import { castTensor, initParam, paramSpec } from '@tesserae/weights';
import type { T5Config } from './config.js';
import type { T5EncoderModelParams, T5Params } from './params.js';

/** How the embedding table is resized. */
export interface ResizeEmbeddingsOptions {
  /** What new rows are drawn from, a whole number. */
  readonly seed: number;
  /** The size is rounded up to a multiple of this; the released models have 128. Default 1. */
  readonly multipleOf?: number;
  /**
   * Default `mean`, as in Hugging Face: the mean of the old rows, and a thirty-thousandth of their deviation so that
   * no two are the same; the scores of old tokens hardly move. `random`: as a new model begins.
   */
  readonly newRows?: 'mean' | 'random';
}

/** A config and the parameters that it describes. */
export interface ResizableModel<Params extends T5EncoderModelParams<HostTensor>> {
  /** Says how many rows there are. */
  readonly config: T5Config;
  /** Of a whole model or of an encoder. */
  readonly params: Params;
}

/** Share of the old rows' variance that Hugging Face gives new rows too. */
const MEAN_VARIANCE_SHARE = 1e-9;

const KNOWN = ['seed', 'multipleOf', 'newRows'];

/**
 * A model with another number of embedding rows: the first rows stay, rows are added or dropped at the end. A head of
 * its own is resized alike; a tied one follows the embeddings.
 * @param vocabSize  rows wanted
 * @returns a new model; what does not change is shared with the old one
 * @throws OptionError for a size that is no positive whole number, or an unknown option
 */
export function resizeTokenEmbeddings<Params extends T5EncoderModelParams<HostTensor>>(
  model: ResizableModel<Params>,
  vocabSize: number,
  options: ResizeEmbeddingsOptions,
): ResizableModel<Params> {
  checkOptions('resizeTokenEmbeddings', options, KNOWN);
  const { multipleOf = 1, newRows = 'mean' } = options;
  requireSize('vocabSize', vocabSize);
  requireSize('multipleOf', multipleOf);
  if (newRows !== 'mean' && newRows !== 'random') refuse('newRows', newRows, "'mean' or 'random'");
  const rows = Math.ceil(vocabSize / multipleOf) * multipleOf;
  const { config, params } = model;
  if (rows === config.vocabSize) return model;
  const resized = (table: HostTensor, path: string): HostTensor =>
    resizeRows(table, rows, { config, newRows, seed: options.seed, path });
  const { lmHead } = params as unknown as Partial<T5Params<HostTensor>>;
  return {
    config: { ...config, vocabSize: rows },
    params: {
      ...params,
      shared: resized(params.shared, 'shared'),
      ...(lmHead === undefined ? {} : { lmHead: resized(lmHead, 'lmHead') }),
    },
  };
}

interface RowsToAdd {
  readonly config: T5Config;
  readonly newRows: 'mean' | 'random';
  readonly seed: number;
  /** Names the stream of random numbers. */
  readonly path: string;
}

function resizeRows(table: HostTensor, rows: number, options: RowsToAdd): HostTensor {
  const [oldRows, dModel] = table.shape as readonly [number, number];
  const old = castTensor(table, 'f32').data as Float32Array;
  const data = new Float32Array(rows * dModel);
  data.set(old.subarray(0, Math.min(rows, oldRows) * dModel));
  if (rows > oldRows) data.set(addedRows(old, [rows - oldRows, dModel], options), oldRows * dModel);
  return castTensor(hostTensor('f32', [rows, dModel], data), table.dtype);
}

function addedRows(
  old: Float32Array,
  shape: readonly [number, number],
  { config, newRows, seed, path }: RowsToAdd,
): Float32Array {
  if (newRows === 'mean') return meanRows(old, shape, seed);
  const init = { kind: 'normal', std: config.initializerFactor } as const;
  return initParam(paramSpec(shape, { init }), { seed, path: `${path}.added` }).data as Float32Array;
}

function meanRows(old: Float32Array, [added, dModel]: readonly [number, number], seed: number): Float32Array {
  const oldRows = old.length / dModel;
  const random = hostRandom(seed);
  const rows = new Float32Array(added * dModel);
  for (let feature = 0; feature < dModel; feature++) {
    let sum = 0;
    let squares = 0;
    for (let at = feature; at < old.length; at += dModel) sum += old[at]!;
    const mean = sum / oldRows;
    for (let at = feature; at < old.length; at += dModel) squares += (old[at]! - mean) ** 2;
    const std = Math.sqrt((MEAN_VARIANCE_SHARE * squares) / oldRows);
    for (let row = 0; row < added; row++) rows[row * dModel + feature] = mean + std * random.normal();
  }
  return rows;
}

function requireSize(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  refuse(name, value, 'a positive whole number');
}

function refuse(name: string, got: unknown, needed: string): never {
  throw new OptionError({
    op: 'resizeTokenEmbeddings',
    problem: `${name} is ${String(got)}, needed ${needed}`,
    page: 'option-value',
    got,
    needed,
  });
}
