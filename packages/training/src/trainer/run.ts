import { OptionError } from '@tesserae/tensor';
import { CheckpointKeeper, warningOf } from '../checkpoints/keeper.js';
import type { RunRecord } from '../checkpoints/checkpoint.js';
import type { JsonValue } from '../checkpoints/store.js';
import { DivergenceError, describeNonFinite } from '../step/non-finite.js';
import type { StepMetrics, StepOutcome } from '../step/run-step.js';
import type { TrainState } from '../step/train-state.js';
import { countElements } from '../step/train-state.js';
import type {
  BestEvaluation,
  CheckpointEvent,
  EndReason,
  MetricValues,
  StepEvent,
  TrainerEvent,
  WarningEvent,
} from './events.js';
import type { EvaluationOptions, NonFinitePolicy, ResumableBatch, TrainOptions } from './options.js';

/** What a run gave. */
export interface TrainingResult {
  /** Tree of host tensors: the best by the watched metric, without evaluations the last; averaged where the step keeps averages. */
  readonly params: unknown;
  /** Steps done in all. */
  readonly step: number;
  readonly reason: EndReason;
  readonly best?: BestEvaluation;
}

/** A run under way: its state and all that a checkpoint of it holds. */
export class Run {
  private state!: TrainState;
  private isOver = false;
  private cursor: JsonValue | undefined;
  private best: BestEvaluation | undefined;
  private bestParams: { readonly step: number; readonly params: unknown } | undefined;
  private numStale = 0;
  private evaluatedAt: number | undefined;
  private numBad = 0;
  private readonly keeper: CheckpointKeeper | undefined;
  private readonly policy: NonFinitePolicy;
  private readonly averaged: boolean;

  constructor(private readonly options: TrainOptions) {
    const { step, params, config, checkpoints, onNonFinite } = options;
    this.keeper = checkpoints && new CheckpointKeeper(checkpoints, { step, params, config });
    this.policy = onNonFinite ?? (step.skipsNonFinite ? 'skip' : 'stop');
    this.averaged = step.keepsAverages;
  }

  /** Begins, or goes on where a checkpoint left the run. */
  async *begin(): AsyncGenerator<TrainerEvent, void> {
    const { step, params, totalSteps } = this.options;
    const warnings: WarningEvent[] = [];
    await this.keeper?.requireUnused();
    const found = await this.keeper?.newest((warning) => warnings.push(warning));
    if (found === undefined) this.state = step.init(params);
    else this.restore(step.upload(found.state), found.record);
    yield {
      type: 'start',
      step: this.state.step,
      totalSteps,
      numParameters: countElements(params),
      numTrained: step.countTrained(params, { step: this.state.step }),
      ...(found === undefined ? {} : { resumedFrom: found.name }),
    };
    yield* warnings;
  }

  private restore(state: TrainState, { cursor, best, numStale, evaluatedAt }: RunRecord): void {
    this.state = state;
    this.cursor = cursor;
    this.best = best;
    this.numStale = numStale;
    this.evaluatedAt = evaluatedAt;
  }

  /** Everything from one step to the next, until there is a reason to end. */
  async *steps(): AsyncGenerator<TrainerEvent, EndReason> {
    const { batches, totalSteps, signal, evaluation } = this.options;
    const source = iteratorOf(batches(this.cursor));
    try {
      for (;;) {
        yield* this.evaluateIfDue();
        if (evaluation?.patience !== undefined && this.numStale >= evaluation.patience)
          return 'early-stopping';
        if (this.keeper?.isDue(this.state.step) === true) yield* this.save();
        if (this.state.step >= totalSteps) return 'steps';
        if (signal?.aborted === true) return 'aborted';
        const started = performance.now();
        const next = await source.next();
        if (next.done === true) return 'data';
        yield* this.step(next.value, started);
      }
    } catch (error) {
      if (signal?.aborted !== true || error instanceof DivergenceError) throw error;
      return 'aborted'; // while waiting for data, or in an evaluation
    } finally {
      await source.return?.();
    }
  }

  private async *step(batch: ResumableBatch, started: number): AsyncGenerator<TrainerEvent> {
    const { schedule, totalSteps } = this.options;
    this.requireCursor(batch);
    const dataMs = performance.now() - started;
    const learningRate = schedule(this.state.step);
    const { state, metrics } = await this.runStep(batch, learningRate);
    this.state = state;
    this.cursor = batch.cursor;
    const elapsedMs = performance.now() - started;
    const { numExamples, numTokens, epoch } = batch;
    const event: StepEvent = {
      type: 'step',
      ...metrics,
      step: state.step,
      totalSteps,
      ...(epoch === undefined ? {} : { epoch }),
      learningRate,
      elapsedMs,
      dataMs,
      numExamples,
      numTokens,
      tokensPerSecond: (numTokens / elapsedMs) * 1000,
    };
    const warning = metrics.nonFinite === undefined ? this.cameThrough() : await this.bear(metrics);
    yield event;
    if (warning !== undefined) yield warning;
  }

  private runStep(batch: ResumableBatch, learningRate: number): Promise<StepOutcome> {
    const { step } = this.options;
    const { inputs, parts } = batch;
    return parts === undefined
      ? step.run(this.state, inputs, { learningRate })
      : step.runParts(this.state, parts, { learningRate });
  }

  private cameThrough(): undefined {
    if (this.policy === 'skip') this.numBad = 0;
  }

  /** What a step that was not finite leads to. @throws DivergenceError when it may not be borne */
  private async bear(metrics: StepMetrics): Promise<WarningEvent> {
    const { step } = this.state;
    const what = describeNonFinite(metrics.nonFinite!);
    const limit = this.options.mostNonFinite ?? 25;
    this.numBad += 1;
    if (this.policy === 'stop' || this.numBad > limit) throw diverged(step, metrics, this.numBad);
    if (this.policy === 'skip')
      return warningOf(step, 'step-skipped', `step ${step} was left out: ${what} is not finite`);
    const found = await this.keeper!.newest(() => undefined);
    if (found === undefined) throw diverged(step, metrics, this.numBad);
    this.options.step.dispose(this.state);
    const { cursor } = this;
    this.restore(this.options.step.upload(found.state), found.record);
    this.cursor = cursor; // the data moves on
    return warningOf(
      step,
      'state-reloaded',
      `step ${step}: ${what} is not finite; back to ${found.name}, on with other data`,
    );
  }

  private requireCursor({ cursor }: ResumableBatch): void {
    if (this.keeper === undefined || cursor !== undefined) return;
    throw new OptionError({
      op: 'train',
      problem: 'batches have no cursor, so that no checkpoint could go on with them',
      likely: 'Give each batch the place behind it as its cursor, or train without checkpoints.',
      page: 'training-cursor',
    });
  }

  private async *evaluateIfDue(): AsyncGenerator<TrainerEvent> {
    const { evaluation, totalSteps } = this.options;
    const { step } = this.state;
    if (evaluation === undefined || step === this.evaluatedAt) return;
    const isDue =
      step === 0 ? evaluation.atStart === true : step % evaluation.everySteps === 0 || step >= totalSteps;
    if (isDue) yield* this.evaluate(evaluation);
  }

  private async *evaluate({
    run,
    metric,
    isHigherBetter,
    minDelta = 0,
  }: EvaluationOptions): AsyncGenerator<TrainerEvent> {
    const { step, signal } = this.options;
    const at = this.state.step;
    const started = performance.now();
    const metrics = await run(step.paramsOf(this.state, { averaged: this.averaged }), { step: at, signal });
    const value = watched(metrics, metric);
    const gain = this.best === undefined ? Infinity : (value - this.best.value) * (isHigherBetter ? 1 : -1);
    const isBest = Number.isFinite(value) && gain > minDelta;
    this.numStale = isBest ? 0 : this.numStale + 1;
    this.evaluatedAt = at;
    if (isBest) this.best = { step: at, metric, value, metrics };
    yield { type: 'evaluation', step: at, metrics, isBest, elapsedMs: performance.now() - started };
    if (!isBest) return;
    this.bestParams = { step: at, params: await step.readParams(this.state, { averaged: this.averaged }) };
    if (this.keeper !== undefined) yield await this.keeper.saveBest(this.bestParams.params, at);
  }

  private async *save(): AsyncGenerator<CheckpointEvent | WarningEvent> {
    const { step, config } = this.options;
    const { cursor, best, numStale, evaluatedAt } = this;
    const state = await step.read(this.state);
    const record = { step: state.step, seed: step.seed, cursor, config, best, numStale, evaluatedAt };
    yield await this.keeper!.save({ record, state });
  }

  /** Scores and saves what was not yet, and gives the result. */
  async *finish(reason: EndReason): AsyncGenerator<TrainerEvent, TrainingResult> {
    const { evaluation, step } = this.options;
    const at = this.state.step;
    if (evaluation !== undefined && reason === 'data' && this.evaluatedAt !== at)
      yield* this.evaluate(evaluation);
    if (this.keeper !== undefined && at > 0 && !this.keeper.isSaved(at)) yield* this.save();
    const best = evaluation?.restoresBest === false ? undefined : await this.paramsOfBest();
    if (best === undefined && this.best !== undefined && evaluation?.restoresBest !== false)
      yield warningOf(
        at,
        'best-missing',
        `the parameters of step ${this.best.step} are gone; the last ones are given`,
      );
    const params = best ?? (await step.readParams(this.state, { averaged: this.averaged }));
    return { params, step: at, reason, ...(this.best === undefined ? {} : { best: this.best }) };
  }

  private async paramsOfBest(): Promise<unknown> {
    if (this.best === undefined) return undefined;
    if (this.bestParams?.step === this.best.step) return this.bestParams.params;
    return this.keeper?.readBest(this.best.step);
  }

  /** Frees the state; may be called again. */
  close(): void {
    if (!this.isOver && this.state !== undefined) this.options.step.dispose(this.state);
    this.isOver = true;
  }
}

function iteratorOf<T>(source: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

function watched(metrics: MetricValues, metric: string): number {
  const value = metrics[metric];
  if (value !== undefined) return value;
  throw new OptionError({
    op: 'train',
    problem: `evaluation.metric is '${metric}', the evaluation gave ${Object.keys(metrics).join(', ') || 'nothing'}`,
    likely: 'Watch one of these.',
    page: 'option-value',
    got: metric,
    needed: Object.keys(metrics),
  });
}

function diverged(step: number, { loss, gradNorm, nonFinite }: StepMetrics, count: number): DivergenceError {
  const before = count > 1 ? ` (after ${count - 1} that were borne)` : '';
  return new DivergenceError({
    op: 'train',
    problem: `step ${step} gave loss ${loss} and gradient norm ${gradNorm}${before}; first: ${describeNonFinite(nonFinite!)}`,
    likely:
      'Too high a learning rate, or values beyond the range of the dtype. Lower it, lengthen the warm-up, or set onNonFinite.',
    page: 'training-diverged',
    got: { loss, gradNorm, step, nonFinite },
  });
}
