import type {
  ElectraPretraining,
  PretrainingBatch,
  PretrainingParams,
  PretrainingScores,
} from '@tesserae/electra-model';
import {
  PRETRAINING_ADAM,
  discriminatorFromGenerator,
  electraPretraining,
  pretrainingMeter,
} from '@tesserae/electra-model';
import { encoderIds } from '@tesserae/data';
import type { Backend, CompiledFunction, HostTensor, Tensor } from '@tesserae/tensor';
import { compile, releaseTree, rngFrom, rngKeyAt } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { TrainState, TrainStep, TrainingBatch } from '@tesserae/training';
import { adamW, createTrainStep, readTree, trainingLoop } from '@tesserae/training';
import { initParams } from '@tesserae/weights';
import type { Corpus } from './corpus.js';
import { textBatches } from './corpus.js';
import type { Plan } from './plan.js';
import { encoderConfig } from './plan.js';

/** What pre-training gave. */
interface PretrainingRun {
  readonly pretraining: ElectraPretraining;
  readonly params: PretrainingParams<HostTensor>;
  readonly scores: PretrainingScores;
  readonly steps: number;
  readonly tokens: number;
  readonly minutes: number;
  /** Scores on a part of the held-out text on the way. */
  readonly curve: readonly {
    readonly step: number;
    readonly minutes: number;
    readonly scores: PretrainingScores;
  }[];
}

interface EvaluateArgs {
  readonly params: PretrainingParams;
  readonly batch: PretrainingBatch;
  readonly key: Tensor;
}

type Evaluate = CompiledFunction<EvaluateArgs, ReturnType<ElectraPretraining['evaluate']>>;

interface Context {
  readonly plan: Plan;
  readonly backend: Backend;
  readonly say: (line: string) => void;
}

const SEED = 1;
/** Evaluations on the way. */
const MILESTONES = 10;
/** Batches of such an evaluation. */
const GLANCE = 4;

/**
 * Masked-LM on the corpus for the plan's `mlmMinutes`, then generator and discriminator for the rest; the discriminator
 * begins with the encoder that the masked-LM learned.
 */
export async function pretrain(
  corpus: Corpus,
  tokenizer: Tokenizer,
  context: Context,
): Promise<PretrainingRun> {
  const { plan } = context;
  const { cls, sep, mask } = encoderIds(tokenizer);
  const { pretrainDropout: rate, maskProb, generatorHiddenSize, discWeight, mlmMinutes } = plan;
  const config = {
    ...encoderConfig(plan, tokenizer.vocabSize),
    hiddenDropout: rate,
    attentionDropout: rate,
  };
  const ids = { cls, sep, mask };
  const data: StageData = {
    heldOut: await heldOutBatches(corpus, tokenizer, plan),
    batches: textBatches(corpus.train, { tokenizer, plan, seed: SEED }),
  };
  const options = { generatorHiddenSize, discWeight, maskProb };
  const pretraining = electraPretraining({ config, ids, options });
  const fresh = initParams(pretraining.specs, { seed: SEED });
  if (mlmMinutes === 0) {
    const run = await runStage({ pretraining, params: fresh, minutes: plan.minutes }, data, context);
    return { pretraining, ...run };
  }
  const maskedLm = electraPretraining({ config, ids, options: { electraObjective: false, maskProb } });
  const params = initParams(maskedLm.specs, { seed: SEED });
  const first = await runStage({ pretraining: maskedLm, params, minutes: mlmMinutes }, data, context);
  const warm = discriminatorFromGenerator(first.params, fresh);
  const second = await runStage(
    { pretraining, params: warm, minutes: plan.minutes - mlmMinutes },
    data,
    context,
  );
  return { pretraining, ...second, ...joined(first, second) };
}

type Stage = Omit<PretrainingRun, 'pretraining'>;

/** Two stages as one run: their curves one after the other. */
function joined(first: Stage, second: Stage): Pick<Stage, 'steps' | 'tokens' | 'minutes' | 'curve'> {
  return {
    steps: first.steps + second.steps,
    tokens: first.tokens + second.tokens,
    minutes: first.minutes + second.minutes,
    curve: [
      ...first.curve,
      ...second.curve.map(({ step, minutes, scores }) => ({
        step: step + first.steps,
        minutes: minutes + first.minutes,
        scores,
      })),
    ],
  };
}

interface StageData {
  readonly heldOut: readonly PretrainingBatch<HostTensor>[];
  readonly batches: AsyncGenerator<TrainingBatch>;
}

/** One objective from given weights, for so many minutes. */
async function runStage(
  {
    pretraining,
    params,
    minutes,
  }: {
    readonly pretraining: ElectraPretraining;
    readonly params: PretrainingParams<HostTensor>;
    readonly minutes: number;
  },
  { heldOut, batches }: StageData,
  { plan, backend, say }: Context,
): Promise<Stage> {
  const step = await createTrainStep({
    backend,
    lossFn: pretraining.lossFn,
    optimizer: adamW({ ...PRETRAINING_ADAM, beta2: plan.beta2, correctsBias: true }),
    seed: SEED,
    name: 'electra-pretraining',
  });
  const evaluate = await compile(
    ({ params: tree, batch, key }: EvaluateArgs) => pretraining.evaluate(tree, batch, rngFrom(key)),
    backend,
    { name: 'electra-evaluation' },
  );
  const parts = { step, state: step.init(params), batches, evaluate, heldOut };
  const { state, ...trained } = await trainTimed(parts, { plan: { ...plan, minutes }, backend, say });
  const scores = await score(evaluate, state, { heldOut, backend });
  const learned = (await step.readParams(state)) as PretrainingParams<HostTensor>;
  step.dispose(state);
  step.release();
  evaluate.release();
  return { params: learned, scores, ...trained };
}

interface TimedParts {
  readonly step: TrainStep;
  readonly state: TrainState;
  readonly batches: AsyncGenerator<TrainingBatch>;
  readonly evaluate: Evaluate;
  readonly heldOut: readonly PretrainingBatch<HostTensor>[];
}

type Timed = Pick<PretrainingRun, 'steps' | 'tokens' | 'minutes' | 'curve'> & { readonly state: TrainState };

/** Trains until the time is up; the rate falls with the clock. Time of evaluation does not count. */
async function trainTimed(
  { step, state: first, batches, evaluate, heldOut }: TimedParts,
  { plan, backend, say }: Context,
): Promise<Timed> {
  const budgetMs = plan.minutes * 60_000;
  let state = first;
  let [tokens, spentMs] = [0, 0];
  const curve: { step: number; minutes: number; scores: PretrainingScores }[] = [];
  const schedule = (done: number): number =>
    plan.learningRate * Math.min(1, (done + 1) / plan.warmupSteps) * Math.max(0, 1 - spentMs / budgetMs);
  for (let milestone = 1; milestone <= MILESTONES; milestone++) {
    const untilMs = (budgetMs * milestone) / MILESTONES;
    const events = trainingLoop({
      step,
      state,
      batches: whileTrue(batches, () => spentMs < untilMs),
      schedule,
      totalSteps: Number.MAX_SAFE_INTEGER,
    });
    let losses: number[] = [];
    for await (const event of events) {
      if (event.type === 'end') {
        state = event.state;
        continue;
      }
      spentMs += event.elapsedMs;
      tokens += Math.round((event.tokensPerSecond * event.elapsedMs) / 1000);
      losses.push(event.loss);
      if (event.step % 100 !== 0) continue;
      say(
        `${progress(spentMs, budgetMs)} step ${event.step}: loss ${mean(losses).toFixed(3)}, ${event.elapsedMs.toFixed(0)} ms a step`,
      );
      losses = [];
    }
    const scores = await score(evaluate, state, { heldOut: heldOut.slice(0, GLANCE), backend });
    curve.push({ step: state.step, minutes: spentMs / 60_000, scores });
    say(`${progress(spentMs, budgetMs)} held-out: ${describeScores(scores)}`);
  }
  return { state, steps: state.step, tokens, minutes: spentMs / 60_000, curve };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

const progress = (spentMs: number, budgetMs: number): string =>
  `[${(spentMs / 60_000).toFixed(1)} of ${(budgetMs / 60_000).toFixed(1)} min]`;

/** The scores that tell most, in one line. */
export function describeScores({
  maskedLmLoss,
  maskedLmAccuracy,
  discAuc,
  discAccuracy,
}: PretrainingScores): string {
  const share = (value = 0): string => value.toFixed(3);
  return `generator loss ${share(maskedLmLoss)}, accuracy ${share(maskedLmAccuracy)}; discriminator AUC ${share(discAuc)}, accuracy ${share(discAccuracy)}`;
}

/** Items of a source that is not closed, for as long as a condition holds. */
async function* whileTrue<T>(source: AsyncGenerator<T>, holds: () => boolean): AsyncGenerator<T> {
  while (holds()) {
    const { value, done } = await source.next();
    if (done) return;
    yield value;
  }
}

async function heldOutBatches(
  corpus: Corpus,
  tokenizer: Tokenizer,
  plan: Plan,
): Promise<readonly PretrainingBatch<HostTensor>[]> {
  const batches: PretrainingBatch<HostTensor>[] = [];
  for await (const { inputs } of textBatches(corpus.heldOut, { tokenizer, plan, seed: SEED + 1 })) {
    batches.push(inputs);
    if (batches.length >= plan.evalBatches) break;
  }
  return batches;
}

/** Scores on held-out text; each batch has masks and samples of its own, the same at every call. */
async function score(
  evaluate: Evaluate,
  { params }: TrainState,
  {
    heldOut,
    backend,
  }: { readonly heldOut: readonly PretrainingBatch<HostTensor>[]; readonly backend: Backend },
): Promise<PretrainingScores> {
  const meter = pretrainingMeter();
  for (const [index, batch] of heldOut.entries()) {
    const result = await evaluate({ params, batch, key: rngKeyAt(SEED, index) } as never);
    meter.add((await readTree(backend, result)) as never);
    releaseTree(result);
  }
  return meter.scores();
}
