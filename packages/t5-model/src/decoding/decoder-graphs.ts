import type { Backend, CompiledFunction, DType, DeviceTensor, HostTensor } from '@tesserae/tensor';
import { compile, multiplyDims, spec, symbol } from '@tesserae/tensor';
import type { T5Config } from '../config.js';
import type { KeyValue } from '../layers.js';
import type { T5Params } from '../params.js';
import type { KeepSourcesInputs, RelayoutInputs } from './cache-graphs.js';
import { keepSources, relayoutCache } from './cache-graphs.js';
import type { EncodeInputs, EncodedSource } from './encode-graph.js';
import { encodeSource } from './encode-graph.js';
import { DecoderHead } from './head.js';
import { Lazy } from './lazy.js';
import type { PackedDecoder } from './packed-params.js';
import { packCrossKeyValues, packDecoder } from './packed-params.js';
import type { StepInputs, StepOutputs } from './step-graph.js';
import { decoderStep, selfCacheShape } from './step-graph.js';

type StepArgs = StepInputs & { readonly params: PackedDecoder };
type CacheGraph = CompiledFunction<RelayoutInputs, { readonly cache: readonly KeyValue[] }>;

/** The graphs that all sessions of an engine share, and the embedding table on the device. */
export interface DecoderGraphs {
  readonly config: T5Config;
  readonly backend: Backend;
  /** Dtype of weights and caches. */
  readonly dtype: DType;
  readonly embeddings: DeviceTensor;
  readonly encode: CompiledFunction<EncodeInputs, EncodedSource>;
  readonly step: CompiledFunction<StepArgs, StepOutputs>;
  readonly head: DecoderHead;
  /** Made when sources leave for the first time. */
  readonly keepSources: Lazy<CompiledFunction<KeepSourcesInputs, EncodedSource>>;
  /** Made when a cache grows, or rows multiply, for the first time. */
  readonly relayout: Lazy<CacheGraph>;
  release(): void;
}

/** Compiles the encoder and the decoder's step with symbolic sizes; the other graphs wait until they are needed. */
export async function compileDecoderGraphs(
  params: T5Params<HostTensor>,
  config: T5Config,
  backend: Backend,
): Promise<DecoderGraphs> {
  const embeddings = backend.upload(params.shared);
  const { dtype } = params.shared;
  const make = { config, backend, dtype };
  const opening = [compileEncode(params, make), compileStep(params, make)] as const;
  const [encode, step] = await settled(opening, () => embeddings.release());
  const { lmHead, shared } = params;
  const rows = lmHead === undefined ? embeddings : undefined;
  const head = new DecoderHead(lmHead ?? shared, { backend, rows });
  const keep = new Lazy(() => compileKeepSources(make));
  const relayout = new Lazy(() => compileRelayout(make));
  const owned = [embeddings, encode, step, head, keep, relayout];
  const release = (): void => owned.forEach((part) => part.release());
  return { ...make, embeddings, encode, step, head, keepSources: keep, relayout, release };
}

/** Both, or neither: where one fails, the other is released. */
async function settled<A extends { release(): void }, B extends { release(): void }>(
  pending: readonly [Promise<A>, Promise<B>],
  onFailure: () => void,
): Promise<readonly [A, B]> {
  try {
    return await Promise.all(pending);
  } catch (error) {
    for (const promise of pending)
      void promise.then(
        (value) => value.release(),
        () => undefined,
      );
    onFailure();
    throw error;
  }
}

interface Make {
  readonly config: T5Config;
  readonly backend: Backend;
  readonly dtype: DType;
}

const sizes = {
  numSources: symbol('numSources'),
  srcLen: symbol('srcLen'),
  count: symbol('count'),
  rowsPerSource: symbol('rowsPerSource'),
  capacity: symbol('capacity'),
};

const embeddingSpec = ({ config, dtype }: Make) => spec(dtype, [config.vocabSize, config.dModel]);

function compileEncode(params: T5Params<HostTensor>, make: Make): Promise<DecoderGraphs['encode']> {
  const ids = spec('i32', [sizes.numSources, sizes.srcLen]);
  return compile((args: EncodeInputs) => encodeSource(args, make.config), make.backend, {
    name: 't5.encode',
    constants: { params: { encoder: params.encoder }, crossKeyValues: packCrossKeyValues(params) },
    specs: { embeddings: embeddingSpec(make), inputIds: ids, attentionMask: ids },
  });
}

/** Keys and values of every decoder block over `numSlots` positions. */
function blockSpecs({ config, dtype }: Make, numSlots: Parameters<typeof multiplyDims>[0]) {
  const one = spec(dtype, selfCacheShape(config, { numSources: sizes.numSources, numSlots }));
  return Array.from({ length: config.numDecoderLayers }, () => ({ key: one, value: one }));
}

const encodedSpecs = (make: Make) => ({
  cross: blockSpecs(make, sizes.srcLen),
  crossBias: spec(make.dtype, [sizes.numSources, 1, 1, sizes.srcLen]),
});

function compileStep(params: T5Params<HostTensor>, make: Make): Promise<DecoderGraphs['step']> {
  const { numSources, count, rowsPerSource, capacity } = sizes;
  return compile(
    ({ params: packed, ...inputs }: StepArgs) => decoderStep(packed, inputs, make.config),
    make.backend,
    {
      name: 't5.step',
      constants: { params: packDecoder(params) },
      donate: ['cache'],
      specs: {
        embeddings: embeddingSpec(make),
        ids: spec('i32', [numSources, count, rowsPerSource]),
        position: spec('i32', [1]),
        ancestry: spec('i32', [numSources, rowsPerSource, capacity]),
        cache: blockSpecs(make, multiplyDims(capacity, rowsPerSource)),
        ...encodedSpecs(make),
      },
    },
  );
}

function compileRelayout(make: Make): Promise<CacheGraph> {
  const slots = spec('i32', [symbol('newSources'), make.config.numHeads, symbol('newSlots')]);
  return compile(relayoutCache, make.backend, {
    name: 't5.relayoutCache',
    specs: { cache: blockSpecs(make, symbol('numSlots')), slots },
  });
}

function compileKeepSources(make: Make): Promise<CompiledFunction<KeepSourcesInputs, EncodedSource>> {
  return compile(keepSources, make.backend, {
    name: 't5.keepSources',
    specs: { encoded: encodedSpecs(make), sources: spec('i32', [symbol('newSources')]) },
  });
}
