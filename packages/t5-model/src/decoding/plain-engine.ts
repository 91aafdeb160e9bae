import type { Backend, CompiledFunction, DeviceTensor, HostTensor, MapTree, Tensor } from '@tesserae/tensor';
import { compile, hostTensor, sizeOf, spec, symbol } from '@tesserae/tensor';
import type { T5Config } from '../config.js';
import type { DecodeStepInputs, DecodeStepOutputs, Encoded } from '../incremental.js';
import { cacheShape, decodeStep, encodeForDecoding } from '../incremental.js';
import type { KeyValue } from '../layers.js';
import type { T5Params } from '../params.js';
import { answerRequest } from './row-scores.js';
import type { DecodingEngine, DecodingSession, OpenSessionOptions, SourceBatch } from './session.js';

// The plainest engine: one token a step, all scores copied to the host, rows reordered on the host.

interface EncodeArgs {
  readonly params: T5Params;
  readonly inputIds: Tensor;
  readonly attentionMask: Tensor;
}
interface StepArgs extends DecodeStepInputs {
  readonly params: T5Params;
}
interface Compiled {
  readonly encodeFn: CompiledFunction<EncodeArgs, Encoded>;
  readonly stepFn: CompiledFunction<StepArgs, DecodeStepOutputs>;
  readonly config: T5Config;
  readonly backend: Backend;
}
type Blocks = readonly KeyValue<DeviceTensor>[];

/** Compiles the encoder and the decoder step with symbolic sizes, the parameters frozen in. */
export async function createPlainEngine(
  params: T5Params<HostTensor>,
  { config, backend }: { readonly config: T5Config; readonly backend: Backend },
): Promise<DecodingEngine> {
  const ids = spec('i32', [symbol('batch'), symbol('srcLen')]);
  const encodeFn = await compile(
    (args: EncodeArgs): Encoded =>
      encodeForDecoding(args.params, args.inputIds, { config, attentionMask: args.attentionMask }),
    backend,
    { name: 't5.encode', constants: { params }, specs: { inputIds: ids, attentionMask: ids } },
  );
  const stepFn = await compileStep(params, { config, backend });
  const compiled: Compiled = { encodeFn, stepFn, config, backend };
  return {
    open: (source, options) => openSession(compiled, source, options),
    sessionBytes: ({ numSources, rowsPerSource, srcLen, maxLength }) =>
      numSources * rowsPerSource * (srcLen + maxLength) * 8 * config.numDecoderLayers * config.numHeads * config.headDim,
    release: () => {
      encodeFn.release();
      stepFn.release();
    },
  };
}

function compileStep(
  params: T5Params<HostTensor>,
  { config, backend }: { readonly config: T5Config; readonly backend: Backend },
): Promise<Compiled['stepFn']> {
  const [batch, srcLen, maxLen] = [symbol('batch'), symbol('srcLen'), symbol('maxLen')];
  const cached = spec('f32', cacheShape(config, { batch, maxLen }));
  const crossed = spec('f32', cacheShape(config, { batch, maxLen: srcLen }));
  const { blocks } = params.decoder;
  return compile((args: StepArgs): DecodeStepOutputs => decodeStep(args.params, args, config), backend, {
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
  });
}

/** What a session holds on the device; the cache is replaced at every step, which takes over its memory. */
interface Held {
  attentionMask: DeviceTensor;
  cross: MapTree<Encoded, Tensor, DeviceTensor>['cross'];
  cache: Blocks;
}

async function openSession(
  compiled: Compiled,
  source: SourceBatch,
  { maxLength, signal }: OpenSessionOptions,
): Promise<DecodingSession> {
  signal?.throwIfAborted();
  const { backend, config } = compiled;
  const numSources = source.inputIds.shape[0]!;
  const held: Held = { attentionMask: backend.upload(source.attentionMask), cross: [], cache: [] };
  const release = (): void => {
    held.attentionMask.release();
    for (const { key, value } of [...held.cross, ...held.cache]) {
      key.release();
      value.release();
    }
  };
  try {
    held.cross = (await compiled.encodeFn({ inputIds: source.inputIds, attentionMask: held.attentionMask })).cross;
    const shape = [numSources, maxLength, config.numHeads, config.headDim];
    const empty = (): DeviceTensor => backend.upload(hostTensor('f32', shape, new Float32Array(sizeOf(shape))));
    held.cache = Array.from({ length: config.numDecoderLayers }, () => ({ key: empty(), value: empty() }));
  } catch (error) {
    release();
    throw error;
  }
  return sessionOver(compiled, held, { numSources, release });
}

function sessionOver(
  compiled: Compiled,
  held: Held,
  { numSources, release }: { readonly numSources: number; readonly release: () => void },
): DecodingSession {
  const state = { numSources, rowsPerSource: 1, position: 0 };
  return {
    get numSources() {
      return state.numSources;
    },
    get rowsPerSource() {
      return state.rowsPerSource;
    },
    get position() {
      return state.position;
    },
    step: async (ids, request) => {
      const rows = state.numSources * state.rowsPerSource;
      const [count, { vocabSize }] = [ids.length / rows, compiled.config];
      const all = new Float32Array(rows * count * vocabSize);
      for (let at = 0; at < count; at++) {
        const column = Int32Array.from({ length: rows }, (_, row) => ids[row * count + at]!);
        const logits = await feed(compiled, held, { ids: column, position: state.position });
        state.position++;
        for (let row = 0; row < rows; row++) {
          all.set(logits.subarray(row * vocabSize, (row + 1) * vocabSize), (row * count + at) * vocabSize);
        }
      }
      return answerRequest(all, request, { vocabSize });
    },
    select: async (origins) => {
      const sources = new Set(origins.map((origin) => Math.floor(origin / state.rowsPerSource)));
      await gatherRows(compiled.backend, held, origins);
      state.numSources = sources.size;
      state.rowsPerSource = origins.length / sources.size;
    },
    rewind: (position) => {
      state.position = position;
    },
    release,
  };
}

async function feed(
  { stepFn, backend }: Compiled,
  held: Held,
  { ids, position }: { readonly ids: Int32Array<ArrayBuffer>; readonly position: number },
): Promise<Float32Array> {
  const { logits, cache } = await stepFn({
    ...held,
    lastIds: hostTensor('i32', [ids.length], ids),
    position: hostTensor('i32', [1], [position]),
  });
  held.cache = cache;
  const { data } = await backend.download(logits);
  logits.release();
  return data as Float32Array;
}

async function gatherRows(backend: Backend, held: Held, origins: readonly number[]): Promise<void> {
  const moved = async (tensor: DeviceTensor): Promise<DeviceTensor> => {
    const { dtype, shape, data } = await backend.download(tensor);
    const size = sizeOf(shape) / shape[0]!;
    const gathered = origins.flatMap((origin) => Array.from(data.subarray(origin * size, (origin + 1) * size)));
    tensor.release();
    return backend.upload(hostTensor(dtype, [origins.length, ...shape.slice(1)], gathered));
  };
  const movedBlocks = async (blocks: Blocks): Promise<Blocks> => {
    const next: KeyValue<DeviceTensor>[] = [];
    for (const { key, value } of blocks) next.push({ key: await moved(key), value: await moved(value) });
    return next;
  };
  held.attentionMask = await moved(held.attentionMask);
  held.cross = (await movedBlocks(held.cross)) as Held['cross'];
  held.cache = await movedBlocks(held.cache);
}
