import type { Backend, HostTensor } from '@tesserae/tensor';
import { OptionError, ShapeError, hostTensor } from '@tesserae/tensor';
import type { T5Config } from '../config.js';
import { createDecodingEngine } from '../decoding/engine.js';
import type { DecodingEngine, SourceBatch } from '../decoding/session.js';
import type { T5Params } from '../params.js';
import { assistedSearch } from './assisted-search.js';
import { beamSearch } from './beam-search.js';
import type { GenerateOptions, StreamedIds } from './generate-options.js';
import { processorList } from './processor-list.js';
import type { FinishReason } from './row-history.js';
import type { SearchRun, Sequence } from './search-run.js';
import type { Settings } from './settings.js';
import { listOf, resolveSettings } from './settings.js';
import { singleSearch } from './single-search.js';
import { stopCheck } from './stopping.js';
import { streamOf } from './stream.js';

/** What generation gives: lists with an entry for each returned sequence, in the order of the sources. */
export interface GenerateResult {
  /** Row of the source that each sequence belongs to; several sequences of one source stand together, best first. */
  readonly rows: readonly number[];
  /** Ids without the start token; the end token is kept, nothing follows it. */
  readonly sequences: readonly Int32Array[];
  /**
   * Beams: the sum of the log-probabilities with the length penalty, Hugging Face's sequences_scores. Else their sum.
   * Undefined without outputScores; beams always have it.
   */
  readonly scores: readonly number[] | undefined;
  /**
   * log p of each id under the scores it was chosen from: with processors and filters applied, for beams not
   * normalised anew.
   */
  readonly tokenLogProbs: readonly Float32Array[] | undefined;
  /** Why each sequence ended. */
  readonly finishReasons: readonly FinishReason[];
}

/** A T5 compiled for generation: the same graphs serve all lengths, batch sizes and ways of choosing ids. */
export interface T5Generator {
  /** Runs the steps. */
  readonly engine: DecodingEngine;
  /** Of the model. */
  readonly config: T5Config;
  /**
   * Continues every source until it ends.
   * @throws OptionError for options that are unknown, out of range, contradictory or unsupported
   */
  generate(source: SourceBatch, options?: GenerateOptions): Promise<GenerateResult>;
  /** New ids as soon as they are certain; leaving the loop stops the generation. */
  stream(source: SourceBatch, options?: GenerateOptions): AsyncIterable<StreamedIds>;
  /** Frees the weights on the backend. */
  release(): void;
}

/**
 * Compiles a T5 for generation.
 * @param options.defaults  what options are taken from where a call says nothing, such as `generationDefaults` of a folder
 */
export async function createT5Generator(
  params: T5Params<HostTensor>,
  {
    config,
    backend,
    defaults,
  }: { readonly config: T5Config; readonly backend: Backend; readonly defaults?: GenerateOptions },
): Promise<T5Generator> {
  return generatorOver(await createDecodingEngine(params, config, backend), { config, defaults });
}

/** Generation over an engine. */
export function generatorOver(
  engine: DecodingEngine,
  { config, defaults = {} }: { readonly config: T5Config; readonly defaults?: GenerateOptions },
): T5Generator {
  const generate = async (source: SourceBatch, options: GenerateOptions = {}): Promise<GenerateResult> => {
    const settings = resolveSettings(options, { defaults, config });
    const sourceIds = unpadded(source);
    checkSeeds(settings, sourceIds.length);
    const processors = processorList(settings, sourceIds);
    const run: SearchRun = { engine, source, sourceIds, settings, processors, stop: stopCheck(settings) };
    return resultOf(await search(run), settings);
  };
  return {
    engine,
    config,
    generate,
    stream: (source, options = {}) =>
      streamOf((extra) => generate(source, { ...options, ...extra }), options),
    release: () => engine.release(),
  };
}

function search(run: SearchRun): Promise<readonly Sequence[]> {
  if (run.settings.mode === 'assisted') return assistedSearch(run);
  return run.settings.mode === 'single' ? singleSearch(run) : beamSearch(run);
}

function resultOf(sequences: readonly Sequence[], { withScores, mode }: Settings): GenerateResult {
  const hasScores = withScores || (mode !== 'single' && mode !== 'assisted');
  return {
    rows: sequences.map(({ row }) => row),
    sequences: sequences.map(({ ids }) => Int32Array.from(ids.slice(1))),
    scores: hasScores ? sequences.map(({ score }) => score) : undefined,
    tokenLogProbs: hasScores ? sequences.map(({ logProbs }) => Float32Array.from(logProbs)) : undefined,
    finishReasons: sequences.map(({ finishReason }) => finishReason),
  };
}

/** Ids of each row where the mask is not 0. @throws ShapeError when ids and mask are no matrices of one shape */
function unpadded({ inputIds, attentionMask }: SourceBatch): readonly Int32Array[] {
  const { shape, data } = inputIds;
  const [batch, srcLen] = shape;
  if (shape.length !== 2 || attentionMask.shape.join() !== shape.join()) {
    throw new ShapeError({
      op: 'generate',
      problem: `inputIds are i32[${shape.join()}] and attentionMask i32[${attentionMask.shape.join()}]`,
      likely: 'Both are [batch, srcLen].',
      page: 'generation-source',
    });
  }
  return Array.from({ length: batch! }, (_, row) => {
    const from = row * srcLen!;
    const ids = Array.from(data.slice(from, from + srcLen!));
    return Int32Array.from(ids.filter((__, at) => attentionMask.data[from + at] !== 0));
  });
}

function checkSeeds({ options }: Settings, batch: number): void {
  if (options.seed === undefined) return;
  const seeds = listOf(options.seed);
  if (seeds.length === 1 || seeds.length === batch) return;
  throw new OptionError({
    op: 'generate',
    problem: `seed has ${seeds.length} numbers for ${batch} rows`,
    likely: 'Give one number, or one for each row.',
    page: 'option-value',
    got: options.seed,
  });
}

/** Sequences in one tensor, i32[count, longest], padded on the right. */
export function padSequences(
  sequences: readonly Int32Array[],
  { padTokenId }: { readonly padTokenId: number },
): HostTensor {
  const longest = Math.max(0, ...sequences.map(({ length }) => length));
  const padded = new Int32Array(sequences.length * longest).fill(padTokenId);
  sequences.forEach((ids, row) => padded.set(ids, row * longest));
  return hostTensor('i32', [sequences.length, longest], padded);
}
