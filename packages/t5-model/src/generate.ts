import type { Backend, CompiledFunction, DeviceTensor, HostTensor, MapTree, Tensor } from '@tesserae/tensor';
import { OptionError, argMax, checkOptions, compile, hostTensor, sizeOf, spec, symbol } from '@tesserae/tensor';
import type { T5Config } from './config.js';
import type { DecodeStepInputs, DecodeStepOutputs, DecoderCache, Encoded } from './incremental.js';
import { cacheShape, decodeStep, encodeForDecoding } from './incremental.js';
import type { T5Params } from './params.js';

/** Greedy generation on a backend. */

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

interface EncodeArgs<Leaf = Tensor> {
  readonly params: T5Params<Leaf>;
  readonly inputIds: Leaf;
  readonly attentionMask: Leaf;
}

interface StepArgs<Leaf = Tensor> extends DecodeStepInputs<Leaf> {
  readonly params: T5Params<Leaf>;
}

interface StepResult<Leaf = Tensor> {
  readonly nextIds: Leaf;
  readonly cache: DecoderCache<Leaf>;
}

/** Compiles the encoder and the decoder step with symbolic sizes, the parameters frozen in. */
export async function createT5Generator(
  params: T5Params<HostTensor>,
  config: T5Config,
  backend: Backend,
): Promise<T5Generator> {
  const [batch, srcLen, maxLen] = [symbol('batch'), symbol('srcLen'), symbol('maxLen')];
  const cacheSpec = spec('f32', cacheShape(config, { batch, maxLen }));
  const crossSpec = spec('f32', cacheShape(config, { batch, maxLen: srcLen }));
  const blocks = params.decoder.blocks.map(() => 0);
  const encodeFn = await compile(
    (args: EncodeArgs): Encoded =>
      encodeForDecoding(args.params, args.inputIds, { config, attentionMask: args.attentionMask }),
    backend,
    {
      name: 't5.encode',
      constants: { params } as never,
      specs: { inputIds: spec('i32', [batch, srcLen]), attentionMask: spec('i32', [batch, srcLen]) } as never,
    },
  );
  const stepFn = await compile(
    (args: StepArgs): StepResult => {
      const { logits, cache }: DecodeStepOutputs = decodeStep(args.params, args, config);
      return { nextIds: argMax(logits, { axis: -1 }), cache };
    },
    backend,
    {
      name: 't5.step',
      constants: { params } as never,
      donate: ['cache'],
      specs: {
        lastIds: spec('i32', [batch]),
        position: spec('i32', [1]),
        cache: blocks.map(() => ({ key: cacheSpec, value: cacheSpec })),
        cross: blocks.map(() => ({ key: crossSpec, value: crossSpec })),
        attentionMask: spec('i32', [batch, srcLen]),
      } as never,
    },
  );
  return {
    greedy: (source, options = {}) => greedy({ encodeFn, stepFn, config, backend }, source, options),
    release: () => {
      encodeFn.release();
      stepFn.release();
    },
  };
}

interface Compiled {
  readonly encodeFn: CompiledFunction<EncodeArgs, Encoded>;
  readonly stepFn: CompiledFunction<StepArgs, StepResult>;
  readonly config: T5Config;
  readonly backend: Backend;
}

async function greedy(compiled: Compiled, source: SourceBatch, options: GreedyOptions): Promise<readonly Int32Array[]> {
  checkOptions('greedy', options, ['maxNewTokens', 'signal', 'onStep']);
  const { maxNewTokens = 20, signal, onStep } = options;
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
  const { cross } = await encodeFn({ inputIds: source.inputIds, attentionMask } as never);
  const state = { cache: freshCache(compiled, source.inputIds.shape[0]!, maxNewTokens) };
  try {
    return await greedyLoop(compiled, { attentionMask, cross, state, maxNewTokens, signal, onStep, batch: source.inputIds.shape[0]! });
  } finally {
    attentionMask.release();
    for (const tensors of [...(cross as DeviceCache), ...state.cache]) release(tensors);
  }
}

type DeviceCache = MapTree<DecoderCache, Tensor, DeviceTensor>;

const release = ({ key, value }: { readonly key: DeviceTensor; readonly value: DeviceTensor }): void => {
  key.release();
  value.release();
};

function freshCache({ config, backend }: Compiled, batch: number, maxLen: number): DeviceCache {
  const shape = cacheShape(config, { batch, maxLen }) as readonly number[];
  const empty = (): DeviceTensor => backend.upload(hostTensor('f32', shape, new Float32Array(sizeOf(shape))));
  return Array.from({ length: config.numDecoderLayers }, () => ({ key: empty(), value: empty() }));
}

interface LoopState {
  readonly attentionMask: DeviceTensor;
  readonly cross: unknown;
  /** The cache is replaced at every step, as the step takes over its memory. */
  readonly state: { cache: DeviceCache };
  readonly maxNewTokens: number;
  readonly signal?: AbortSignal;
  readonly onStep?: (ids: Int32Array, step: number) => void;
  readonly batch: number;
}

async function greedyLoop({ stepFn, config, backend }: Compiled, loop: LoopState): Promise<readonly Int32Array[]> {
  const { attentionMask, cross, state, maxNewTokens, signal, onStep, batch } = loop;
  const rows = Array.from({ length: batch }, (): number[] => []);
  const hasEnded = new Array<boolean>(batch).fill(false);
  let lastIds = new Int32Array(batch).fill(config.decoderStartTokenId);
  for (let step = 0; step < maxNewTokens && hasEnded.includes(false); step++) {
    signal?.throwIfAborted();
    const args = {
      lastIds: hostTensor('i32', [batch], lastIds),
      position: hostTensor('i32', [1], [step]),
      cache: state.cache,
      cross,
      attentionMask,
    };
    const result = (await stepFn(args as never)) as unknown as StepResult<DeviceTensor>;
    state.cache = result.cache;
    const ids = (await backend.download(result.nextIds)).data as Int32Array<ArrayBuffer>;
    result.nextIds.release();
    lastIds = ids.map((id, row) => (hasEnded[row] ? config.padTokenId : id));
    lastIds.forEach((id, row) => {
      if (!hasEnded[row]) rows[row]!.push(id);
      if (id === config.eosTokenId) hasEnded[row] = true;
    });
    onStep?.(lastIds, step);
  }
  return rows.map((row) => Int32Array.from(row));
}
