import type { HostTensor, Rng, Tensor } from '@tesserae/tensor';
import {
  add,
  and,
  argMax,
  cast,
  constant,
  crossEntropy,
  equal,
  logSoftmax,
  mapTree,
  mul,
  not,
  or,
  reduceSum,
  reshape,
  stopGradient,
  takeAlong,
  where,
} from '@tesserae/tensor';
import { IGNORE_INDEX, binaryCrossEntropy, subRng } from '@tesserae/nn';
import type { ElectraConfig } from '../config.js';
import { discriminatorHead, encode } from '../network.js';
import { allTokensLoss, replacedTokensLoss } from './ablations.js';
import type { Generator, GeneratorOutputs } from './generator.js';
import { runGenerator, sampleTokens, uniformLogits } from './generator.js';
import type { MaskedBatch, PretrainingBatch, SpecialIds } from './masking.js';
import { maskBatch, placeIds } from './masking.js';
import type { PretrainingSettings } from './options.js';
import { generatorConfig } from './options.js';
import type { PretrainingParams } from './params.js';
import { mainTask } from './params.js';
import { weightedMean } from './weighted-mean.js';

/** A generator that is trained already: the second of the paper's two stages. */
export interface FrozenGenerator {
  readonly config: ElectraConfig;
  /** What a plain masked-LM run learned, on the host. */
  readonly params: PretrainingParams<HostTensor>;
}

/** What a pre-training graph is made for. */
export interface ObjectiveContext {
  readonly config: ElectraConfig;
  readonly settings: PretrainingSettings;
  readonly ids: SpecialIds;
  readonly frozenGenerator: FrozenGenerator | undefined;
}

/** Sums over a batch, f32 scalars: a share or a mean is one over another. */
export interface PretrainingSums<Leaf = Tensor> {
  /** Chosen positions. */
  readonly masked: Leaf;
  /** Cross-entropy of the generator at them, in nats. */
  readonly maskedLoss: Leaf;
  /** Where the generator's likeliest token is the original. */
  readonly maskedCorrect: Leaf;
  /** Where the sample is the original. */
  readonly sampledCorrect: Leaf;
}

/** What the discriminator said. */
export interface Detection<Leaf = Tensor> {
  /** f32[batch, seqLen], above 0 where it takes the token for a replacement. */
  readonly logits: Leaf;
  /** i32[batch, seqLen], 1 where replaced, -100 at padding. */
  readonly labels: Leaf;
}

/** Losses of a batch, and what its metrics are computed from. */
export interface PretrainingResult<Leaf = Tensor> {
  /** What is minimised. */
  readonly loss: Leaf;
  /** The generator's own loss before weighting; absent without one to train. */
  readonly generatorLoss?: Leaf;
  /** The kept encoder's loss before weighting; absent under plain masked-LM. */
  readonly mainLoss?: Leaf;
  readonly sums: PretrainingSums<Leaf>;
  readonly detection?: Detection<Leaf>;
  /** What the kept encoder read, i32[batch, seqLen]. */
  readonly corruptedIds: Leaf;
}

type RunContext = ObjectiveContext & {
  /** For masks and samples, and for dropout when `isTraining`. */
  readonly rng: Rng;
  readonly isTraining: boolean;
};

/**
 * One batch through generator and kept encoder.
 * @see Clark et al. 2020, section 2; run_pretraining.py of the ELECTRA repository
 */
export function runObjective(
  params: PretrainingParams,
  given: PretrainingBatch,
  options: RunContext,
): PretrainingResult {
  const { settings, config, ids, rng } = options;
  const batch = maskBatch(given, { ...settings, rng, ids, padTokenId: config.padTokenId });
  const outputs = generatorOutputs(params, batch, options);
  const maskedLosses = crossEntropy(outputs.logits, batch.originalIds);
  const weights = reshape(batch.weights, [-1]);
  const generatorLoss =
    outputs.clozeLogits === undefined
      ? weightedMean(maskedLosses, weights)
      : clozeLoss(outputs.clozeLogits, batch, ids);
  const samples = sampleTokens(outputs.logits, batch, { settings, gumbel: given.gumbel, rng });
  const sums = maskedSums({ outputs, batch, samples, maskedLosses, weights });
  const isFrozen = options.frozenGenerator !== undefined;
  const own = isFrozen ? {} : { generatorLoss };
  const weighted = isFrozen ? undefined : mul(generatorLoss, settings.genWeight);
  if (mainTask(settings) === 'masked-lm') {
    return { loss: weighted!, ...own, sums, corruptedIds: batch.maskedInputIds };
  }
  const placed = placeIds(samples, batch);
  const corrupted = { ids: placed.inputIds, isPlaced: placed.isPlaced, cloze: outputs.clozeLogits };
  const { weight, ...main } = mainObjective(params, { batch, corrupted }, options);
  const weightedMain = mul(main.mainLoss, weight);
  const loss = weighted === undefined ? weightedMain : add(weighted, weightedMain);
  return { loss, ...own, ...main, sums, corruptedIds: corrupted.ids };
}

/** Dropout's randomness: none in evaluation. */
const dropoutRng = ({ rng, isTraining }: RunContext): Rng | undefined => (isTraining ? rng : undefined);

function generatorOutputs(
  params: PretrainingParams,
  batch: MaskedBatch,
  options: RunContext,
): GeneratorOutputs {
  const generator = generatorOf(params, options);
  if (generator === undefined) return { logits: uniformLogits(batch, options.config.vocabSize) };
  const isFrozen = options.frozenGenerator !== undefined;
  return runGenerator(generator, batch, { rng: isFrozen ? undefined : dropoutRng(options) });
}

/** The generator that a run has, with the embeddings it reads; undefined when it is uniform. */
function generatorOf(
  params: PretrainingParams,
  { config, settings, frozenGenerator }: ObjectiveContext,
): Generator | undefined {
  if (settings.uniformGenerator) return undefined;
  if (frozenGenerator !== undefined) {
    const frozen = mapTree(frozenGenerator.params, (leaf: HostTensor) => constant(leaf)) as PretrainingParams;
    return { config: frozenGenerator.config, ...encoderAsTower(frozen) };
  }
  if (params.generator === undefined) return { config, ...encoderAsTower(params) };
  const { embeddings = params.electra.embeddings, towers } = params.generator;
  return { config: generatorConfig(config, settings), embeddings, towers, predictions: params.predictions! };
}

function encoderAsTower({ electra, predictions }: PretrainingParams): Omit<Generator, 'config'> {
  const { embeddings, ...tower } = electra;
  return { embeddings, towers: [tower], predictions: predictions! };
}

/** The cloze model's loss: every token that is neither special nor padding, from the unmasked text. */
function clozeLoss(
  logits: Tensor,
  { inputIds, isReal }: MaskedBatch,
  { cls, sep, mask }: SpecialIds,
): Tensor {
  const isSpecial = or(or(equal(inputIds, cls), equal(inputIds, sep)), equal(inputIds, mask));
  return weightedMean(crossEntropy(logits, inputIds), cast(and(isReal, not(isSpecial)), 'f32'));
}

function maskedSums(facts: {
  readonly outputs: GeneratorOutputs;
  readonly batch: MaskedBatch;
  readonly samples: Tensor;
  readonly maskedLosses: Tensor;
  readonly weights: Tensor;
}): PretrainingSums {
  const { outputs, batch, samples, maskedLosses, weights } = facts;
  const sumWhere = (isRight: Tensor): Tensor => reduceSum(mul(cast(isRight, 'f32'), weights));
  const likeliest = argMax(stopGradient(outputs.logits), { axis: -1 });
  return {
    masked: reduceSum(weights),
    maskedLoss: reduceSum(mul(stopGradient(maskedLosses), weights)),
    maskedCorrect: sumWhere(equal(likeliest, batch.originalIds)),
    sampledCorrect: sumWhere(equal(samples, batch.originalIds)),
  };
}

/** The text with samples in it. */
interface Corrupted {
  readonly ids: Tensor; // i32[batch, seqLen]
  readonly isPlaced: Tensor; // bool[batch, seqLen]
  /** Logits of the two-tower generator, if there is one. */
  readonly cloze: Tensor | undefined;
}

interface MainResult {
  readonly mainLoss: Tensor;
  readonly weight: number;
  readonly detection?: Detection;
}

/** The kept encoder on the corrupted text. */
function mainObjective(
  params: PretrainingParams,
  { batch, corrupted }: { readonly batch: MaskedBatch; readonly corrupted: Corrupted },
  options: RunContext,
): MainResult {
  const { config, settings } = options;
  const inputs = { inputIds: corrupted.ids, attentionMask: batch.isReal, tokenTypeIds: batch.tokenTypeIds };
  const rng = subRng(dropoutRng(options), 'electra');
  const hidden = encode(params.electra, inputs, { config, rng, learnsPadding: true }); // a sample may be [PAD] // [batch, seqLen, hiddenSize]
  const task = mainTask(settings);
  const head = { hidden, params, config };
  if (task === 'replace-mlm') return { mainLoss: replacedTokensLoss(head, batch), weight: 1 };
  if (task === 'all-tokens-mlm')
    return { mainLoss: allTokensLoss(head, { batch, corruptedIds: corrupted.ids }), weight: 1 };
  const raw = discriminatorHead(params.discriminator!, hidden, { config });
  const logits = settings.electricObjective ? add(raw, noiseOdds(corrupted, settings)) : raw;
  return detectionLoss(logits, { batch, corrupted }, settings);
}

/**
 * log q(x_t | rest) + log(p / (1 - p)): what noise-contrastive estimation adds to the energy so that its sigmoid is
 * the chance that a token is noise. @see Clark et al. 2020, "Pre-Training Transformers as Energy-Based Cloze Models"
 */
function noiseOdds({ ids, cloze }: Corrupted, { maskProb }: PretrainingSettings): Tensor {
  const logQ = takeAlong(logSoftmax(stopGradient(cloze!)), ids); // [batch, seqLen]
  return add(logQ, Math.log(maskProb / (1 - maskProb)));
}

function detectionLoss(
  logits: Tensor,
  { batch, corrupted }: { readonly batch: MaskedBatch; readonly corrupted: Corrupted },
  { electricObjective, ablation, discWeight }: PretrainingSettings,
): MainResult {
  // Under Electric a sample is noise even where it equals the original.
  const isFake = electricObjective
    ? corrupted.isPlaced
    : and(corrupted.isPlaced, not(equal(corrupted.ids, batch.inputIds)));
  const isCounted = ablation === 'electra-15' ? corrupted.isPlaced : batch.isReal;
  const losses = binaryCrossEntropy(logits, cast(isFake, 'f32'));
  const labels = where(isCounted, cast(isFake, 'i32'), IGNORE_INDEX);
  return {
    mainLoss: weightedMean(losses, cast(isCounted, 'f32')),
    weight: discWeight,
    detection: { logits: stopGradient(logits), labels },
  };
}
