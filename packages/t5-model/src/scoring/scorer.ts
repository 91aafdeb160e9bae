import type { Backend, CompiledFunction, DeviceTensor, HostTensor, Tensor } from '@tesserae/tensor';
import {
  OptionError,
  checkOptions,
  compile,
  crossEntropy,
  gather,
  hostTensor,
  neg,
  spec,
  symbol,
} from '@tesserae/tensor';
import { IGNORE_INDEX } from '@tesserae/nn';
import type { T5Config } from '../config.js';
import type { SourceBatch } from '../decoding/session.js';
import { decode, encode, languageModelHead, shiftRight } from '../network.js';
import type { T5Params } from '../params.js';
import type { TargetScore } from './target-scores.js';

/** How targets are scored. */
export interface ScoreOptions {
  /** Most target tokens in one run, padding included; bounds the memory of the logits. Default 1024. */
  readonly tokensPerRun?: number;
  /** Stops between two runs. */
  readonly signal?: AbortSignal;
}

/** A T5 compiled for scoring: one encoder graph and one decoder graph for all sizes. */
export interface T5Scorer {
  /**
   * log P(target | source) of any number of targets for each source; the sources are encoded once.
   * @param targets  for each row of the source its targets: ids as the model writes them, with the end token
   * @returns scores in the arrangement of `targets`
   * @throws OptionError for a target without tokens, or an id that the model has not
   */
  score(
    source: SourceBatch,
    targets: readonly (readonly ArrayLike<number>[])[],
    options?: ScoreOptions,
  ): Promise<readonly (readonly TargetScore[])[]>;
  /** Frees the compiled graphs. */
  release(): void;
}

interface EncodeArgs {
  readonly params: T5Params;
  readonly inputIds: Tensor;
  readonly attentionMask: Tensor;
}

interface DecodeArgs {
  readonly params: T5Params;
  /** float[sources, srcLen, dModel] */
  readonly encoded: Tensor;
  /** i32[sources, srcLen] */
  readonly attentionMask: Tensor;
  /** i32[rows]: the source of each target. */
  readonly sourceRows: Tensor;
  /** i32[rows, tgtLen], IGNORE_INDEX after the end of a row. */
  readonly labels: Tensor;
}

interface Graphs {
  readonly encodeFn: CompiledFunction<EncodeArgs, { readonly encoded: Tensor }>;
  readonly decodeFn: CompiledFunction<DecodeArgs, { readonly logProbs: Tensor }>;
  readonly config: T5Config;
  readonly backend: Backend;
}

/** Compiles a model for scoring, the parameters frozen in. */
export async function createT5Scorer(
  params: T5Params<HostTensor>,
  config: T5Config,
  backend: Backend,
): Promise<T5Scorer> {
  const graphs = await compileGraphs(params, config, backend);
  return {
    score: (source, targets, options = {}) => scoreTargets(graphs, { source, targets }, options),
    release: () => {
      graphs.encodeFn.release();
      graphs.decodeFn.release();
    },
  };
}

async function compileGraphs(
  params: T5Params<HostTensor>,
  config: T5Config,
  backend: Backend,
): Promise<Graphs> {
  const [sources, srcLen] = [symbol('sources'), symbol('srcLen')];
  const [rows, tgtLen] = [symbol('rows'), symbol('tgtLen')];
  const ids = spec('i32', [sources, srcLen]);
  const encodeFn = await compile(
    ({ params, inputIds, attentionMask }: EncodeArgs) => ({
      encoded: encode(params, inputIds, { config, rng: undefined, attentionMask }),
    }),
    backend,
    { name: 't5.score.encode', constants: { params }, specs: { inputIds: ids, attentionMask: ids } },
  );
  const decodeFn = await compile(
    (args: DecodeArgs) => ({ logProbs: targetLogProbs(args, config) }),
    backend,
    {
      name: 't5.score.decode',
      constants: { params },
      specs: {
        encoded: spec('f32', [sources, srcLen, config.dModel]),
        attentionMask: ids,
        sourceRows: spec('i32', [rows]),
        labels: spec('i32', [rows, tgtLen]),
      },
    },
  );
  return { encodeFn, decodeFn, config, backend };
}

/** Log-probability of each label under teacher forcing, 0 after the end of a row: float[rows, tgtLen]. */
function targetLogProbs(args: DecodeArgs, config: T5Config): Tensor {
  const { params, encoded, attentionMask, sourceRows, labels } = args;
  const decoded = decode(params, shiftRight(labels, config), {
    config,
    rng: undefined,
    encoded: gather(encoded, sourceRows, { axis: 0 }), // [rows, srcLen, dModel]
    attentionMask: gather(attentionMask, sourceRows, { axis: 0 }),
    decoderAttentionMask: undefined, // padding comes after what counts, and the future is masked anyway
  });
  return neg(crossEntropy(languageModelHead(params, decoded, config), labels, { ignoreIndex: IGNORE_INDEX }));
}

interface ScoringJob {
  readonly source: SourceBatch;
  readonly targets: readonly (readonly ArrayLike<number>[])[];
}

async function scoreTargets(
  graphs: Graphs,
  { source, targets }: ScoringJob,
  options: ScoreOptions,
): Promise<readonly (readonly TargetScore[])[]> {
  checkOptions('score', options, ['tokensPerRun', 'signal']);
  const { tokensPerRun = 1024, signal } = options;
  const { encodeFn, backend, config } = graphs;
  const rows = targets.flatMap((list, sourceRow) => list.map((ids) => ({ ids, sourceRow })));
  checkRows(rows, { config, source, targets, tokensPerRun });
  signal?.throwIfAborted();
  const attentionMask = backend.upload(source.attentionMask);
  const held: DeviceTensor[] = [attentionMask];
  try {
    const { encoded } = await encodeFn({ inputIds: source.inputIds, attentionMask });
    held.push(encoded);
    const scores: TargetScore[] = [];
    for (const run of runsOf(rows, tokensPerRun)) {
      signal?.throwIfAborted();
      scores.push(...(await scoreRun(graphs, run, { encoded, attentionMask })));
    }
    let next = 0;
    return targets.map((list) => list.map(() => scores[next++]!));
  } finally {
    for (const tensor of held) tensor.release();
  }
}

interface TargetRow {
  readonly ids: ArrayLike<number>;
  readonly sourceRow: number;
}

/** Neighbours that fit into one run; a row that is too long alone gets its own. */
function runsOf(rows: readonly TargetRow[], tokensPerRun: number): readonly (readonly TargetRow[])[] {
  const runs: TargetRow[][] = [];
  let longest = 0;
  for (const row of rows) {
    const last = runs.at(-1);
    longest = Math.max(longest, row.ids.length);
    if (last !== undefined && (last.length + 1) * longest <= tokensPerRun) last.push(row);
    else {
      runs.push([row]);
      longest = row.ids.length;
    }
  }
  return runs;
}

async function scoreRun(
  { decodeFn, backend }: Graphs,
  rows: readonly TargetRow[],
  source: { readonly encoded: DeviceTensor; readonly attentionMask: DeviceTensor },
): Promise<readonly TargetScore[]> {
  const tgtLen = Math.max(...rows.map(({ ids }) => ids.length));
  const labels = new Int32Array(rows.length * tgtLen).fill(IGNORE_INDEX);
  rows.forEach(({ ids }, row) => labels.set(Array.from(ids), row * tgtLen));
  const { logProbs } = await decodeFn({
    ...source,
    sourceRows: hostTensor(
      'i32',
      [rows.length],
      rows.map(({ sourceRow }) => sourceRow),
    ),
    labels: hostTensor('i32', [rows.length, tgtLen], labels),
  });
  const { data } = await backend.download(logProbs);
  logProbs.release();
  return rows.map(({ ids }, row) => {
    const tokenLogProbs = (data as Float32Array).slice(row * tgtLen, row * tgtLen + ids.length);
    return { logProb: tokenLogProbs.reduce((sum, value) => sum + value, 0), tokenLogProbs };
  });
}

function checkRows(
  rows: readonly TargetRow[],
  { config, source, targets, tokensPerRun }: ScoringJob & { config: T5Config; tokensPerRun: number },
): void {
  const [sources] = source.inputIds.shape;
  if (targets.length !== sources) {
    refuse(`${targets.length} lists of targets for ${sources} sources`, 'one list a source');
  }
  if (!Number.isSafeInteger(tokensPerRun) || tokensPerRun < 1) {
    refuse(`tokensPerRun is ${tokensPerRun}`, 'a positive whole number');
  }
  for (const { ids, sourceRow } of rows) {
    if (ids.length === 0) refuse(`a target of source ${sourceRow} has no tokens`, 'the end token at least');
    const strange = Array.from(ids).find((id) => !Number.isInteger(id) || id < 0 || id >= config.vocabSize);
    if (strange !== undefined) {
      refuse(`a target of source ${sourceRow} has the id ${strange}`, `ids below ${config.vocabSize}`);
    }
  }
}

function refuse(problem: string, needed: string): never {
  throw new OptionError({
    op: 'score',
    problem: `${problem}, needed ${needed}`,
    page: 'option-value',
    needed,
  });
}
