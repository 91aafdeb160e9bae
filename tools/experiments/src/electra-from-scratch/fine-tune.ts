import { createRandom, shuffleInPlace } from '@tesserae/data';
import type { ElectraConfig } from '@tesserae/electra-model';
import { electraConfigFromHuggingFace, electraConfigToHuggingFace } from '@tesserae/electra-model';
import type { Backend, DeviceTensor, HostTensor, Rng, Tensor } from '@tesserae/tensor';
import { argMax, compile, hostTensor } from '@tesserae/tensor';
import type { TrainingBatch } from '@tesserae/training';
import { adamW, createTrainStep, linearSchedule, trainingLoop } from '@tesserae/training';
import type { ModelFolder } from '@tesserae/weights';
import type { PretrainedModel } from 'tesserae';
import { ARCHITECTURES, createModel, loadPretrained } from 'tesserae';
import type { Plan } from './plan.js';
import type { Task, TaskExample } from './tasks.js';

/** How a fine-tuning starts. */
export type Start = 'pre-trained' | 'from scratch';

interface RunOptions {
  readonly plan: Plan;
  readonly backend: Backend;
  readonly seed: number;
  /** The discriminator's folder. */
  readonly discriminator: ModelFolder;
  /** Config of the discriminator. */
  readonly config: ElectraConfig;
}

/** One fine-tuning and its score on the development set, in percent. */
export interface FineTuningRun {
  readonly score: number;
  readonly finalLoss: number;
  readonly seconds: number;
}

/** Lengths that inputs are padded to: one graph each. */
const LENGTHS = [32, 64, 128] as const;

/** What was left out of pre-training: here every example is seen several times. */
const FINE_TUNE_DROPOUT = { hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 };

/** Trains on the task's examples and scores on its development set. */
export async function fineTune(task: Task, start: Start, options: RunOptions): Promise<FineTuningRun> {
  const started = performance.now();
  const model = await startModel(task, start, options);
  const { params, finalLoss } = await train(task, model, options);
  const found = await predict(task, { ...model, params }, options);
  const score = task.score(
    task.dev.map(({ gold }) => gold),
    found,
  );
  return { score, finalLoss, seconds: (performance.now() - started) / 1000 };
}

async function startModel(
  task: Task,
  start: Start,
  options: RunOptions,
): Promise<PretrainedModel<ElectraConfig>> {
  const { discriminator, config, seed } = options;
  const id2label = Object.fromEntries(task.classes.map((name, index) => [index, name]));
  if (start === 'pre-trained') {
    return (await loadPretrained(discriminator, {
      className: task.className,
      newHeadSeed: seed,
      config: { id2label, ...FINE_TUNE_DROPOUT },
    })) as PretrainedModel<ElectraConfig>;
  }
  const json = { ...electraConfigToHuggingFace(config, task.className), id2label, ...FINE_TUNE_DROPOUT };
  return createModel(ARCHITECTURES[task.className] as never, electraConfigFromHuggingFace(json), { seed });
}

async function train(
  task: Task,
  { architecture, config, params }: PretrainedModel<ElectraConfig>,
  { plan, backend, seed }: RunOptions,
): Promise<{ readonly params: unknown; readonly finalLoss: number }> {
  const totalSteps = Math.ceil((task.train.length / plan.fineTuneBatchSize) * plan.fineTuneEpochs);
  const step = await createTrainStep({
    backend,
    lossFn: (tree: unknown, batch: Readonly<Record<string, Tensor>>, rng: Rng) =>
      architecture.forward(tree, batch, { config, rng }) as { readonly loss: Tensor },
    optimizer: adamW({ epsilon: 1e-6 }),
    seed,
    name: `fine-tune ${task.name}`,
  });
  const schedule = linearSchedule({
    learningRate: plan.fineTuneLearningRate,
    warmupSteps: Math.round(totalSteps / 10),
    totalSteps,
  });
  const losses: number[] = [];
  const batches = trainBatches(task, { batchSize: plan.fineTuneBatchSize, seed });
  for await (const event of trainingLoop({ step, state: step.init(params), batches, schedule, totalSteps })) {
    if (event.type === 'step') {
      losses.push(event.loss);
      continue;
    }
    const trained = await step.readParams(event.state);
    step.dispose(event.state);
    step.release();
    const last = losses.slice(-50);
    return { params: trained, finalLoss: last.reduce((sum, loss) => sum + loss, 0) / last.length };
  }
  throw new Error('internal: the training loop ended without its last event');
}

/** Endless batches, shuffled every epoch, of examples that are padded to one length. */
function* trainBatches(
  { train: examples, className }: Task,
  { batchSize, seed }: { readonly batchSize: number; readonly seed: number },
): Generator<TrainingBatch> {
  const open = new Map<number, TaskExample[]>();
  for (let epoch = 0; ; epoch++) {
    const order = shuffleInPlace(Int32Array.from(examples.keys()), createRandom(seed, ['order', epoch]));
    for (const index of order) {
      const example = examples[index]!;
      const length = paddedLength(example);
      const rows = [...(open.get(length) ?? []), example];
      open.set(length, rows);
      if (rows.length < batchSize) continue;
      open.delete(length);
      yield {
        inputs: { ...encoderInputs(rows, length), labels: labelsOf(rows, length, className) },
        numExamples: batchSize,
        numTokens: rows.reduce((sum, { inputIds }) => sum + inputIds.length, 0),
      };
    }
  }
}

const paddedLength = ({ inputIds }: TaskExample): number =>
  LENGTHS.find((length) => inputIds.length <= length)!;

/** i32[rows, length] with a filler behind each row. */
function padded(rows: readonly Int32Array[], length: number, filler: number): HostTensor {
  const data = new Int32Array(rows.length * length).fill(filler);
  rows.forEach((row, index) => data.set(row, index * length));
  return hostTensor('i32', [rows.length, length], data);
}

function encoderInputs(rows: readonly TaskExample[], length: number): Readonly<Record<string, HostTensor>> {
  return {
    input_ids: padded(
      rows.map(({ inputIds }) => inputIds),
      length,
      0,
    ),
    token_type_ids: padded(
      rows.map(({ typeIds }) => typeIds),
      length,
      0,
    ),
    attention_mask: padded(
      rows.map(({ inputIds }) => new Int32Array(inputIds.length).fill(1)),
      length,
      0,
    ),
  };
}

function labelsOf(rows: readonly TaskExample[], length: number, className: Task['className']): HostTensor {
  const labels = rows.map((row) => row.labels);
  if (className === 'ElectraForTokenClassification') return padded(labels, length, -100);
  return hostTensor(
    'i32',
    [rows.length],
    labels.map(([label]) => label!),
  );
}

/** Names that the model gives to words or texts of the development set, in its order. */
async function predict(
  task: Task,
  { architecture, config, params }: PretrainedModel<ElectraConfig>,
  { backend }: RunOptions,
): Promise<readonly (readonly string[])[]> {
  const classify = await compile(
    (args: { params: object; inputs: Readonly<Record<string, Tensor>> }) => ({
      classes: argMax(architecture.forward(args.params, args.inputs, { config, rng: undefined })['logits']!, {
        axis: -1,
      }),
    }),
    backend,
    { name: `predict ${task.name}`, constants: { params } as never, maxGraphs: 16 },
  );
  const found = new Map<TaskExample, readonly string[]>();
  for (const length of LENGTHS) {
    const rows = task.dev.filter((example) => paddedLength(example) === length);
    for (let start = 0; start < rows.length; start += 64) {
      const part = rows.slice(start, start + 64);
      const { classes } = (await classify({ inputs: encoderInputs(part, length) } as never)) as unknown as {
        readonly classes: DeviceTensor;
      };
      const { data } = await backend.download(classes);
      classes.release();
      part.forEach((example, row) => found.set(example, namesOf(example, data, { row, length, task })));
    }
  }
  classify.release();
  return task.dev.map((example) => found.get(example)!);
}

function namesOf(
  { wordPositions }: TaskExample,
  data: ArrayLike<number>,
  { row, length, task: { classes } }: { readonly row: number; readonly length: number; readonly task: Task },
): readonly string[] {
  if (wordPositions === undefined) return [classes[data[row]!]!];
  const common = classes.includes('O') ? 'O' : classes[0]!; // for words that were cut off
  return Array.from(wordPositions, (at) => (at < 0 ? common : classes[data[row * length + at]!]!));
}
