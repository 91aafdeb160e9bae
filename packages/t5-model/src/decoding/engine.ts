import type { Backend, HostTensor } from '@tesserae/tensor';
import { DTYPES, OptionError, checkOptions } from '@tesserae/tensor';
import type { T5Config } from '../config.js';
import type { T5Params } from '../params.js';
import { CachedSession } from './cached-session.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import { compileDecoderGraphs } from './decoder-graphs.js';
import type { DecodingEngine, DecodingSession, OpenSessionOptions, SourceBatch } from './session.js';

/**
 * Compiles a model for decoding, with the parameters frozen in: one encoder graph and one step graph serve all
 * lengths, batch sizes and numbers of rows. The head's graphs are made when their kind of request first comes.
 */
export async function createDecodingEngine(
  params: T5Params<HostTensor>,
  config: T5Config,
  backend: Backend,
): Promise<DecodingEngine> {
  const graphs = await compileDecoderGraphs(params, config, backend);
  return {
    open: (source, options) => openSession(graphs, source, options),
    sessionBytes: (sizes) => sessionBytes(graphs, sizes),
    release: () => graphs.release(),
  };
}

async function openSession(
  graphs: DecoderGraphs,
  source: SourceBatch,
  options: OpenSessionOptions,
): Promise<DecodingSession> {
  checkOptions('open', options, ['maxLength', 'signal']);
  const { maxLength, signal } = options;
  if (!Number.isSafeInteger(maxLength) || maxLength < 1) {
    throw new OptionError({
      op: 'open',
      problem: `maxLength is ${maxLength}, needed a positive whole number`,
      page: 'option-value',
      got: maxLength,
    });
  }
  signal?.throwIfAborted();
  const { inputIds, attentionMask } = source;
  const encoded = await graphs.encode({ embeddings: graphs.embeddings, inputIds, attentionMask });
  const session = new CachedSession(graphs, encoded, maxLength);
  if (signal?.aborted !== true) return session;
  session.release();
  throw signal.reason;
}

/** What a session holds once its cache has grown to `maxLength`; while it grows, the smaller one is held as well. */
function sessionBytes(
  { config, dtype }: DecoderGraphs,
  sizes: Parameters<DecodingEngine['sessionBytes']>[0],
): number {
  const { numSources, srcLen, rowsPerSource, maxLength } = sizes;
  const { numDecoderLayers, numHeads, headDim } = config;
  const { sizeBytes } = DTYPES[dtype];
  const perPosition = 2 * numDecoderLayers * numHeads * headDim * sizeBytes;
  const source = srcLen * (perPosition + sizeBytes); // keys and values, and the bias of padding
  const row = maxLength * (perPosition + DTYPES.i32.sizeBytes); // keys and values, and the ancestry
  return numSources * (source + rowsPerSource * row);
}
