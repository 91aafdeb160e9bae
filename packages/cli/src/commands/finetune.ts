import { join } from 'node:path';
import { insertedSpans } from '@tesserae/data';
import type { Backend } from '@tesserae/tensor';
import { OptionError } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import { adapterFiles } from '@tesserae/training';
import { saveFolder } from '@tesserae/weights/node';
import type { PretrainedModel, TrainedModel, TrainingSettings } from 'tesserae';
import { modelFiles, resolvedRecipe, summarizeRuns, trainModel } from 'tesserae';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../command-context.js';
import type { FinetuneConfig } from '../training/config-schema.js';
import { checkpointsIn, configJson, refuseExisting, runLogged } from '../training/run-folder.js';
import { metricsText, showRun } from '../training/run-events.js';
import { summaryText } from '../training/seed-summary.js';
import { startingModel, startingTokenizer } from '../training/starting-model.js';
import type { TrainingRows } from '../training/training-rows.js';
import { readTrainingRows } from '../training/training-rows.js';

/** File of a model folder that says how it was trained. */
const CONFIG_FILE = 'finetune.json';
/** File of a model folder with the scores of all seeds. */
const RESULTS_FILE = 'results.json';

interface FinetuneOptions {
  readonly config: FinetuneConfig;
  readonly overwrite: boolean;
  /** Goes on with runs that have checkpoints. */
  readonly resumes: boolean;
}

/** Trains a model on a task, once for each seed, and keeps the best. */
export async function runFinetune(
  { config, overwrite, resumes }: FinetuneOptions,
  context: CommandContext,
): Promise<void> {
  const { output, signal } = context;
  const { out, seeds = [1] } = config;
  if (out !== undefined && !overwrite) await refuseExisting(out);
  const backend = await openBackend({ name: config.backend ?? 'auto', threads: config.threads });
  try {
    const rows = await readTrainingRows(config.data, signal);
    const tokenizer = await startingTokenizer({ config, rows: rows.train, seed: seeds[0]!, signal });
    output.note(
      `${rows.train.length} training rows, ${rows.dev?.length ?? 0} held out; backend ${backend.name}`,
    );
    const job: SeedJob = { config, rows, tokenizer, backend, context, resumes };
    const runs: SeedRun[] = [];
    for (const seed of seeds) runs.push(await runSeed(seed, job));
    await report(runs, { config, overwrite, context });
  } finally {
    await backend.close();
  }
}

interface SeedJob {
  readonly config: FinetuneConfig;
  readonly rows: TrainingRows;
  readonly tokenizer: Tokenizer | undefined;
  readonly backend: Backend;
  readonly context: CommandContext;
  readonly resumes: boolean;
}

interface SeedRun extends TrainedModel {
  readonly seed: number;
}

async function runSeed(
  seed: number,
  { config, rows, tokenizer, backend, context, resumes }: SeedJob,
): Promise<SeedRun> {
  const { output, signal } = context;
  const start = await startingModel({ config, rows: rows.train, seed, signal, tokenizer });
  const model = await pretrained(start, { config, rows: rows.train, seed, backend, context });
  const folder = config.out === undefined ? undefined : join(config.out, 'runs', `seed-${seed}`);
  const events = trainModel({
    model,
    backend,
    train: rows.train,
    validation: rows.dev,
    settings: settingsOf(config, seed),
    checkpoints: checkpointsIn(folder, { checkpoints: config.checkpoints, resumes }),
    signal,
  });
  const trained = await runLogged(events, {
    ...{ label: `seed ${seed}`, title: `${config.task}, seed ${seed}`, output, seed, folder },
    ...{ file: CONFIG_FILE, config: { ...resolvedConfig(config, model), seeds: [seed] } },
  });
  signal.throwIfAborted();
  return { ...trained, seed };
}

/** The model after its stage of denoising, where the config has one. */
async function pretrained(
  model: TrainedModel['model'],
  {
    config,
    rows,
    seed,
    backend,
    context: { output, signal },
  }: Pick<SeedJob, 'config' | 'backend' | 'context'> & {
    readonly rows: TrainingRows['train'];
    readonly seed: number;
  },
): Promise<TrainedModel['model']> {
  if (config.pretraining === undefined) return model;
  const { field = 'targets', copies = 8, training } = config.pretraining;
  const texts = rows.map((row) => row[field]);
  if (config.task !== 'text-to-text' || !texts.every((text) => typeof text === 'string'))
    throw noTexts(config.task, field);
  const stage = { ...config.training, epochs: 1, schedule: 'constant', warmup: 200, ...training };
  const events = trainModel({
    model,
    backend,
    train: [...insertedSpans(texts as string[], { seed, copies })].map((pair) => ({ ...pair })),
    settings: { ...stage, seed } as TrainingSettings,
    signal,
  });
  return (await showRun(events, { label: `seed ${seed}, denoising`, output, seed })).model;
}

function noTexts(task: string, field: string): OptionError {
  return new OptionError({
    op: 'config',
    problem: `pretraining needs texts in '${field}' of a text-to-text task; the task is ${task}`,
    likely: 'Leave pretraining out, or map the column by data.columns.',
    page: 'training-config',
    got: task,
  });
}

/** Settings of training and evaluation as one object. */
function settingsOf({ training = {}, evaluation = {} }: FinetuneConfig, seed: number): TrainingSettings {
  const { every, batchSize: evalBatchSize, ...others } = evaluation;
  return { ...training, ...others, evaluateEvery: every, evalBatchSize, seed } as TrainingSettings;
}

/** The config with the recipe of the model in the place of what it leaves open. */
function resolvedConfig(config: FinetuneConfig, model: TrainedModel['model']): FinetuneConfig {
  const { epochs, ...training } = resolvedRecipe(model, config.training as TrainingSettings);
  const length = config.training?.steps === undefined ? { epochs } : {};
  return { ...config, training: { ...training, ...length } as FinetuneConfig['training'] };
}

interface ReportOptions extends Omit<FinetuneOptions, 'resumes'> {
  readonly context: CommandContext;
}

/** Scores of all seeds, and the folder of the best model. */
async function report(
  runs: readonly SeedRun[],
  { config, overwrite, context }: ReportOptions,
): Promise<void> {
  const { output, signal } = context;
  const scored = runs.flatMap(({ seed, best }) => (best === undefined ? [] : [{ seed, ...best }]));
  const chosen = bestOf(runs);
  const summary = summarizeRuns(scored.map(({ metrics }) => metrics));
  const results = { seed: chosen.seed, runs: scored, summary };
  if (config.out !== undefined) {
    const files = new Map<string, string | Iterable<Uint8Array>>(modelFiles(chosen.model as PretrainedModel));
    files.set(CONFIG_FILE, configJson(resolvedConfig(config, chosen.model)));
    files.set(RESULTS_FILE, configJson(results));
    await saveFolder(config.out, files, { overwrite, signal });
    if (chosen.adapter !== undefined)
      await saveFolder(join(config.out, 'adapter'), adapterFiles(chosen.adapter), { overwrite, signal });
  }
  const where = config.out === undefined ? '' : `\n${config.out} has the model of seed ${chosen.seed}`;
  const text = scored.length > 1 ? summaryText(summary) : metricsText(scored[0]?.metrics ?? {});
  output.result(
    { event: 'done', ...results, ...(config.out === undefined ? {} : { out: config.out }) },
    `${text}${where}`,
  );
}

/** The run with the best value of what was watched; the first without evaluations. */
function bestOf(runs: readonly SeedRun[]): SeedRun {
  return runs.reduce((found, run) => {
    if (run.best === undefined || found.best === undefined) return found;
    const gain = run.best.value - found.best.value;
    return (run.isHigherBetter ? gain > 0 : gain < 0) ? run : found;
  });
}
