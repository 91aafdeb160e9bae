import type { Rng, Tensor } from '@tesserae/tensor';
import {
  add,
  argMax,
  cast,
  concat,
  div,
  foldIn,
  full,
  inScope,
  mul,
  multiplyDims,
  oneHot,
  randomGumbel,
  reshape,
  sliceAxis,
  stopGradient,
  sub,
} from '@tesserae/tensor';
import { subRng } from '@tesserae/nn';
import type { ElectraConfig } from '../config.js';
import { encode, maskedLanguageModelHead } from '../network.js';
import type { ElectraEmbeddingParams, ElectraParams, MaskedLanguageModelParams } from '../params.js';
import type { MaskedBatch } from './masking.js';
import { gatherPositions } from './masking.js';
import type { PretrainingSettings } from './options.js';
import type { GeneratorTower } from './params.js';

/** A generator ready to run: its encoder(s), its head and the embeddings they read. */
export interface Generator {
  /** Config of its encoder. */
  readonly config: ElectraConfig;
  readonly embeddings: ElectraEmbeddingParams;
  readonly towers: readonly GeneratorTower[];
  readonly predictions: MaskedLanguageModelParams;
}

/** What a generator says about the chosen positions. */
export interface GeneratorOutputs {
  /** float[batch * maxPredictions, vocabSize] */
  readonly logits: Tensor;
  /** Two towers only: float[batch, seqLen, vocabSize], each position seen from all others. */
  readonly clozeLogits?: Tensor;
}

/**
 * The generator's logits at the chosen positions; the head runs on these only.
 * A two-tower generator reads the unmasked text, and its head runs everywhere: the cloze loss needs it.
 */
export function runGenerator(
  generator: Generator,
  batch: MaskedBatch,
  { rng }: { readonly rng: Rng | undefined },
): GeneratorOutputs {
  const { config, predictions, embeddings } = generator;
  const isCloze = generator.towers.length === 2;
  const hidden = isCloze ? clozeStates(generator, batch, rng) : maskedStates(generator, batch, rng);
  const { vocabSize } = config;
  return inScope('generator.head', () => {
    const head = (states: Tensor): Tensor =>
      maskedLanguageModelHead(predictions, states, { config, word: embeddings.word });
    if (!isCloze) return { logits: head(gatherPositions(hidden, batch.positions)) };
    const [rows, seqLen, features] = hidden.spec.shape;
    const flat = head(reshape(hidden, [multiplyDims(rows!, seqLen!), features!]));
    const clozeLogits = reshape(flat, [rows!, seqLen!, vocabSize]);
    return { logits: gatherPositions(clozeLogits, batch.positions), clozeLogits };
  });
}

function maskedStates(generator: Generator, batch: MaskedBatch, rng: Rng | undefined): Tensor {
  const { config, embeddings, towers } = generator;
  const inputs = {
    inputIds: batch.maskedInputIds,
    attentionMask: batch.isReal,
    tokenTypeIds: batch.tokenTypeIds,
  };
  const params: ElectraParams = { embeddings, ...towers[0]! };
  return inScope('generator', () =>
    encode(params, inputs, { config, rng: subRng(rng, 'generator'), learnsPadding: true }),
  );
}

/**
 * The left context of each position beside its right one: [batch, seqLen, 2 * hiddenSize].
 * States are rolled round the ends, as in Google's code: there stand [CLS] and [SEP] or padding, which no loss asks for.
 */
function clozeStates(generator: Generator, batch: MaskedBatch, rng: Rng | undefined): Tensor {
  const { config, embeddings, towers } = generator;
  const { inputIds, isReal: attentionMask, tokenTypeIds } = batch;
  const run = (index: number, sight: 'left' | 'right'): Tensor =>
    inScope(`generator.${sight}`, () =>
      encode(
        { embeddings, ...towers[index]! },
        { inputIds, attentionMask, tokenTypeIds },
        { config, rng: subRng(rng, sight), sight, learnsPadding: true },
      ),
    );
  return concat([roll(run(0, 'left'), 1), roll(run(1, 'right'), -1)], { axis: 2 });
}

/** Moves every position one to the right (1) or to the left (-1), round the ends. */
function roll(x: Tensor, by: 1 | -1): Tensor {
  const seqLen = x.spec.shape[1] as number;
  const cut = by === 1 ? seqLen - 1 : 1;
  const part = (start: number, limit: number): Tensor => sliceAxis(x, { axis: 1, start, limit });
  return concat([part(cut, seqLen), part(0, cut)], { axis: 1 });
}

/** Logits of 0 for every piece: a generator that knows nothing. */
export function uniformLogits(batch: MaskedBatch, vocabSize: number): Tensor {
  const [rows, slots] = batch.positions.spec.shape;
  return full({ dtype: 'f32', shape: [multiplyDims(rows!, slots!), vocabSize] }, 0);
}

/** What `disallowCorrect` takes from the logit of the original token. */
const DISALLOWED = 1000;

/**
 * One token per chosen position, drawn from softmax(logits / temperature) by the Gumbel-max trick, in f32.
 * No gradient flows through it.
 * @param options.gumbel  noise to use instead of new noise, any shape of batch * maxPredictions * vocabSize values
 * @returns i32[batch * maxPredictions]
 */
export function sampleTokens(
  logits: Tensor,
  batch: MaskedBatch,
  options: {
    readonly settings: Pick<PretrainingSettings, 'temperature' | 'disallowCorrect'>;
    readonly gumbel: Tensor | undefined;
    readonly rng: Rng;
  },
): Tensor {
  const { settings, gumbel, rng } = options;
  const { shape } = logits.spec;
  const scaled = div(cast(stopGradient(logits), 'f32'), settings.temperature);
  const scores = settings.disallowCorrect
    ? sub(scaled, mul(oneHot(batch.originalIds, { depth: shape[1]! }), DISALLOWED))
    : scaled;
  const noise =
    gumbel === undefined ? randomGumbel(foldIn(rng, 'samples'), { shape }) : reshape(gumbel, shape);
  return argMax(add(scores, noise), { axis: -1 });
}
