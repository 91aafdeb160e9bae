import type { Backend, CompiledFunction, DeviceTensor, HostTensor, MapTree, Tensor } from '@tesserae/tensor';
import {
  OptionError,
  argMax,
  checkOptions,
  compile,
  hostTensor,
  sizeOf,
  spec,
  symbol,
} from '@tesserae/tensor';
import type { T5Config } from './config.js';
import type { DecodeStepInputs, DecoderCache, Encoded } from './incremental.js';
import { cacheShape, decodeStep, encodeForDecoding } from './incremental.js';
import type { T5Params } from './params.js';

/** How greedy generation runs. */
export interface GreedyOptions {
  /** Longest result, in tokens; default 20, as in Hugging Face. */
  readonly maxNewTokens?: number;
  /** Stops the loop between two steps. */
  readonly signal?: AbortSignal;
  /** Called after each step with the ids of that step, i32 per row (padding for finished rows). */
  readonly onStep?: (ids: Int32Array, step: number) => void;
}

/** What a batch of sources looks like; rows are right-padded. */
export interface SourceBatch {
  /** i32[batch, srcLen] */
  readonly inputIds: HostTensor;
  /** i32[batch, srcLen], 0 at padding */
  readonly attentionMask: HostTensor;
}

/** A T5 compiled for generation: one encoder graph and one step graph serve all lengths and batch sizes. */
export interface T5Generator {
  /**
   * Takes the likeliest token at each step until every row has ended or is `maxNewTokens` long.
   * @returns ids of each row without the start token; the end token is kept, nothing follows it
   */
  greedy(batch: SourceBatch, options?: GreedyOptions): Promise<readonly Int32Array[]>;
  release(): void;
}

interface EncodeArgs {
  readonly params: T5Params;
  readonly inputIds: Tensor;
  readonly attentionMask: Tensor;
}

interface StepArgs extends DecodeStepInputs {
  readonly params: T5Params;
}

interface StepResult {
  /** i32[batch] */
  readonly nextIds: Tensor;
  readonly cache: DecoderCache;
}

interface Compiled {
  readonly encodeFn: CompiledFunction<EncodeArgs, Encoded>;
  readonly stepFn: CompiledFunction<StepArgs, StepResult>;
  readonly config: T5Config;
  readonly backend: Backend;
}

/** Compiles the encoder and the decoder step with symbolic sizes, the parameters frozen in. */
export async function createT5Generator(
  params: T5Params<HostTensor>,
  config: T5Config,
  backend: Backend,
): Promise<T5Generator> {
  const encodeFn = await compileEncode(params, config, backend);
  const stepFn = await compileStep(params, config, backend);
  return {
    greedy: (source, options = {}) => greedy({ encodeFn, stepFn, config, backend }, source, options),
    release: () => {
      encodeFn.release();
      stepFn.release();
    },
  };
}

/** The encoder graph: a source to the keys and values that every decoder step reads. */
function compileEncode(
  params: T5Params<HostTensor>,
  config: T5Config,
  backend: Backend,
): Promise<Compiled['encodeFn']> {
  const ids = spec('i32', [symbol('batch'), symbol('srcLen')]);
  return compile(
    (args: EncodeArgs): Encoded =>
      encodeForDecoding(args.params, args.inputIds, { config, attentionMask: args.attentionMask }),
    backend,
    { name: 't5.encode', constants: { params }, specs: { inputIds: ids, attentionMask: ids } },
  );
}

/** The step graph: last ids and cache to next ids and cache; the cache keeps its memory. */
function compileStep(
  params: T5Params<HostTensor>,
  config: T5Config,
  backend: Backend,
): Promise<Compiled['stepFn']> {
  const [batch, srcLen, maxLen] = [symbol('batch'), symbol('srcLen'), symbol('maxLen')];
  const cached = spec('f32', cacheShape(config, { batch, maxLen }));
  const crossed = spec('f32', cacheShape(config, { batch, maxLen: srcLen }));
  const { blocks } = params.decoder;
  return compile(
    (args: StepArgs): StepResult => {
      const { logits, cache } = decodeStep(args.params, args, config);
      return { nextIds: argMax(logits, { axis: -1 }), cache };
    },
    backend,
    {
      name: 't5.step',
      constants: { params },
      donate: ['cache'],
      specs: {
        lastIds: spec('i32', [batch]),
        position: spec('i32', [1]),
        cache: blocks.map(() => ({ key: cached, value: cached })),
        cross: blocks.map(() => ({ key: crossed, value: crossed })),
        attentionMask: spec('i32', [batch, srcLen]),
      },
    },
  );
}

type OnDevice<Values> = MapTree<Values, Tensor, DeviceTensor>;

/** What a call holds on the device; the cache is replaced at every step, which takes over its memory. */
interface Held {
  readonly attentionMask: DeviceTensor;
  cross: OnDevice<Encoded>['cross'];
  cache: OnDevice<DecoderCache>;
}

async function greedy(
  compiled: Compiled,
  source: SourceBatch,
  options: GreedyOptions,
): Promise<readonly Int32Array[]> {
  checkOptions('greedy', options, ['maxNewTokens', 'signal', 'onStep']);
  const { maxNewTokens = 20, signal } = options;
  if (!Number.isSafeInteger(maxNewTokens) || maxNewTokens < 1) {
    throw new OptionError({
      op: 'greedy',
      problem: `maxNewTokens is ${maxNewTokens}, needed a positive whole number`,
      page: 'option-value',
      got: maxNewTokens,
    });
  }
  signal?.throwIfAborted();
  const { encodeFn, backend } = compiled;
  const attentionMask = backend.upload(source.attentionMask);
  const held: Held = { attentionMask, cross: [], cache: [] };
  try {
    held.cross = (await encodeFn({ inputIds: source.inputIds, attentionMask })).cross;
    const batch = source.inputIds.shape[0]!;
    held.cache = freshCache(compiled, { batch, maxLen: maxNewTokens });
    return await greedyLoop(compiled, held, { ...options, maxNewTokens, batch });
  } finally {
    attentionMask.release();
    for (const { key, value } of [...held.cross, ...held.cache]) {
      key.release();
      value.release();
    }
  }
}

function freshCache(
  { config, backend }: Compiled,
  { batch, maxLen }: { readonly batch: number; readonly maxLen: number },
): OnDevice<DecoderCache> {
  const shape = [batch, maxLen, config.numHeads, config.headDim];
  const empty = (): DeviceTensor => backend.upload(hostTensor('f32', shape, new Float32Array(sizeOf(shape))));
  return Array.from({ length: config.numDecoderLayers }, () => ({ key: empty(), value: empty() }));
}

async function greedyLoop(
  { stepFn, config, backend }: Compiled,
  held: Held,
  options: GreedyOptions & { readonly maxNewTokens: number; readonly batch: number },
): Promise<readonly Int32Array[]> {
  const { maxNewTokens, signal, onStep, batch } = options;
  const rows = Array.from({ length: batch }, (): number[] => []);
  const hasEnded = new Array<boolean>(batch).fill(false);
  let lastIds = new Int32Array(batch).fill(config.decoderStartTokenId);
  for (let step = 0; step < maxNewTokens && hasEnded.includes(false); step++) {
    signal?.throwIfAborted();
    const { nextIds, cache } = await stepFn({
      ...held,
      lastIds: hostTensor('i32', [batch], lastIds),
      position: hostTensor('i32', [1], [step]),
    });
    held.cache = cache;
    const { data } = await backend.download(nextIds);
    nextIds.release();
    lastIds = Int32Array.from(data, (id, row) => (hasEnded[row] ? config.padTokenId : id));
    lastIds.forEach((id, row) => {
      if (!hasEnded[row]) rows[row]!.push(id);
      if (id === config.eosTokenId) hasEnded[row] = true;
    });
    onStep?.(lastIds, step);
  }
  return rows.map((row) => Int32Array.from(row));
}
