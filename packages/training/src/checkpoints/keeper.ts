import { FormatError, OptionError } from '@tesserae/tensor';
import type { TrainStep } from '../step/train-step.js';
import type { CheckpointEvent, WarningEvent } from '../trainer/events.js';
import type { CheckpointOptions } from '../trainer/options.js';
import type { Checkpoint, RunRecord } from './checkpoint.js';
import { checkpointBytes, paramsBytes, readRecord, readTensors } from './checkpoint.js';
import { differences } from './differences.js';
import type { JsonValue } from './store.js';

/** A checkpoint that a run goes on from. */
interface FoundCheckpoint extends Checkpoint {
  readonly name: string;
}

/** What must be the same when a run goes on. */
interface Resumed {
  readonly step: TrainStep;
  /** Parameters of the model, for their form. */
  readonly params: unknown;
  readonly config?: Readonly<Record<string, JsonValue>>;
}

const op = 'train';
const NAME = /^(step|best)-(\d+)$/;

const nameOf = (kind: 'step' | 'best', step: number): string => `${kind}-${String(step).padStart(8, '0')}`;

/** Writes checkpoints when they are due, finds the newest again, and removes those that nothing needs. */
export class CheckpointKeeper {
  /** Whole checkpoints in the store, with the step whose best parameters each of them names. */
  private readonly bestOf = new Map<string, number | undefined>();
  private savedAtStep: number | undefined;
  private savedAtMs = performance.now();

  constructor(
    private readonly options: CheckpointOptions,
    private readonly run: Resumed,
  ) {}

  /** @throws OptionError when the store is in use and `resume` is not set */
  async requireUnused(): Promise<void> {
    const { store, resume = false } = this.options;
    const names = (await store.list()).filter((name) => NAME.test(name));
    if (names.length > 0 && !resume) throw inUse(store.name, names);
  }

  /**
   * The newest checkpoint that can be read; undefined when there is none.
   * @param warn  told of checkpoints that are damaged
   * @throws OptionError when the config differs · FormatError when it is of another model, or none can be read
   */
  async newest(warn: (warning: WarningEvent) => void): Promise<FoundCheckpoint | undefined> {
    const { store } = this.options;
    const names = (await store.list()).filter((name) => NAME.test(name));
    const steps = names.filter((name) => name.startsWith('step-')).sort((a, b) => stepOf(b) - stepOf(a));
    let damage: unknown;
    let found: FoundCheckpoint | undefined;
    for (const name of steps) {
      try {
        const record = await readRecord(await store.open(name));
        this.bestOf.set(name, record.best?.step);
        found ??= await this.read(name, record);
      } catch (error) {
        if (!(error instanceof FormatError) || error.code === 'checkpoint-mismatch') throw error;
        damage ??= error;
        warn(warningOf(stepOf(name), 'checkpoint-damaged', error.message));
      }
    }
    if (found === undefined && damage !== undefined) throw damage;
    this.savedAtStep = found?.state.step;
    return found;
  }

  private async read(name: string, record: RunRecord): Promise<FoundCheckpoint> {
    this.requireSameRun(name, record);
    const { step: _, ...form } = this.run.step.describe(this.run.params, { step: record.step });
    const trees = await readTensors(await this.options.store.open(name), form);
    return { name, record, state: { ...trees, step: record.step } };
  }

  private requireSameRun(name: string, { seed, config }: RunRecord): void {
    if (this.options.acceptsOtherConfig === true) return;
    const before = { ...config, seed };
    const now = { ...this.run.config, seed: this.run.step.seed };
    const found = differences(before, now);
    if (found.length === 0) return;
    throw new OptionError({
      op,
      problem: `${this.options.store.name}: ${name} was made with another config: ${found.slice(0, 5).join('; ')}`,
      likely: 'Go on with the config of the run, train into another folder, or set acceptsOtherConfig.',
      page: 'checkpoint-config',
      got: found,
    });
  }

  /** True when it is time for a checkpoint. */
  isDue(step: number): boolean {
    const { everySteps, everyMs } = this.options;
    if (step === 0 || step === this.savedAtStep) return false;
    if (everySteps !== undefined && step % everySteps === 0) return true;
    return everyMs !== undefined && performance.now() - this.savedAtMs >= everyMs;
  }

  /** True when the state at a step is in the store. */
  isSaved(step: number): boolean {
    return step === this.savedAtStep;
  }

  /** Writes a checkpoint, then removes old ones. Without success everything stays as it was. */
  async save(checkpoint: Checkpoint): Promise<CheckpointEvent | WarningEvent> {
    const { step, best } = checkpoint.record;
    const name = nameOf('step', step);
    const event = await this.write(name, { step, chunks: () => checkpointBytes(checkpoint) });
    this.savedAtMs = performance.now();
    if (event.type === 'warning') return event;
    this.savedAtStep = step;
    this.bestOf.set(name, best?.step);
    await this.clean();
    return event;
  }

  /** Writes the best parameters so far; they stay until no checkpoint names them. */
  saveBest(params: unknown, step: number): Promise<CheckpointEvent | WarningEvent> {
    return this.write(nameOf('best', step), { step, chunks: () => paramsBytes(params, { step }) });
  }

  /** Best parameters of a step; undefined when they are not there any more. */
  async readBest(step: number): Promise<unknown> {
    const name = nameOf('best', step);
    if (!(await this.options.store.list()).includes(name)) return undefined;
    const { params } = this.run;
    return (await readTensors(await this.options.store.open(name), { params: params as object })).params;
  }

  private async write(
    name: string,
    { step, chunks }: { readonly step: number; readonly chunks: () => readonly Uint8Array[] },
  ): Promise<CheckpointEvent | WarningEvent> {
    const started = performance.now();
    const bytes = chunks();
    const sizeBytes = bytes.reduce((sum, chunk) => sum + chunk.length, 0);
    try {
      await this.options.store.write(name, bytes);
    } catch (error) {
      if (this.options.onFailure === 'stop') throw error;
      const reason = error instanceof Error ? error.message : String(error);
      return warningOf(
        step,
        'checkpoint-failed',
        `${this.options.store.name}: ${name} was not written: ${reason}`,
      );
    }
    return { type: 'checkpoint', step, name, sizeBytes, elapsedMs: performance.now() - started };
  }

  private async clean(): Promise<void> {
    const { store, keepLast = 2 } = this.options;
    const names = [...this.bestOf.keys()].sort((a, b) => stepOf(b) - stepOf(a));
    for (const name of names.slice(keepLast)) {
      await store.remove(name);
      this.bestOf.delete(name);
    }
    const needed = new Set([...this.bestOf.values()]);
    const left = (await store.list()).filter((name) => /^best-\d+$/.test(name) && !needed.has(stepOf(name)));
    for (const name of left) await store.remove(name);
  }
}

const stepOf = (name: string): number => Number(NAME.exec(name)![2]);

/** A warning as an event. */
export function warningOf(step: number, code: string, message: string): WarningEvent {
  return { type: 'warning', step, code, message };
}

function inUse(store: string, names: readonly string[]): OptionError {
  return new OptionError({
    op,
    problem: `${store} holds ${names.length} checkpoints of a run already; nothing was written`,
    likely: 'Set resume to go on with that run, or choose another folder.',
    page: 'checkpoints-exist',
    got: names,
  });
}
