import type {
  ElectraPretraining,
  PretrainingBatch,
  PretrainingParams,
  PretrainingScores,
} from '@tesserae/electra-model';
import { PRETRAINING_ADAM, electraPretraining, pretrainingMeter } from '@tesserae/electra-model';
import { encoderIds } from '@tesserae/data';
import type { Backend, CompiledFunction, HostTensor, Tensor } from '@tesserae/tensor';
import { compile, rngFrom, rngKeyAt } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { TrainState, TrainStep, TrainingBatch } from '@tesserae/training';
import { adamW, createTrainStep, readTree, releaseTree, trainingLoop } from '@tesserae/training';
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

/** Generator and discriminator on the corpus, for the plan's minutes. */
export async function pretrain(
  corpus: Corpus,
  tokenizer: Tokenizer,
  { plan, backend, say }: Context,
): Promise<PretrainingRun> {
  const { cls, sep, mask } = encoderIds(tokenizer);
  const { pretrainDropout: rate } = plan;
  const config = {
    ...encoderConfig(plan, tokenizer.vocabSize),
    hiddenDropout: rate,
    attentionDropout: rate,
  };
  const options = { generatorHiddenSize: plan.generatorHiddenSize, discWeight: plan.discWeight };
  const pretraining = electraPretraining({ config, ids: { cls, sep, mask }, options });
  const step = await createTrainStep({
    backend,
    lossFn: pretraining.lossFn,
    optimizer: adamW(PRETRAINING_ADAM),
    seed: SEED,
    name: 'electra-pretraining',
  });
  const evaluate = await compile(
    ({ params, batch, key }: EvaluateArgs) => pretraining.evaluate(params, batch, rngFrom(key)),
    backend,
    { name: 'electra-evaluation' },
  );
  const heldOut = await heldOutBatches(corpus, tokenizer, plan);
  const state = step.init(initParams(pretraining.specs, { seed: SEED }));
  const batches = textBatches(corpus.train, { tokenizer, plan, seed: SEED });
  const trained = await trainTimed({ step, state, batches, evaluate, heldOut }, { plan, backend, say });
  const scores = await score(evaluate, trained.state, { heldOut, backend });
  const params = (await step.readParams(trained.state)) as PretrainingParams<HostTensor>;
  step.dispose(trained.state);
  step.release();
  evaluate.release();
  const { steps, tokens, minutes, curve } = trained;
  return { pretraining, params, scores, steps, tokens, minutes, curve };
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
