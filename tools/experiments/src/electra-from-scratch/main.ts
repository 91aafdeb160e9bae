import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import { electraConfigFromHuggingFace, pretrainedFiles, pretrainedHalves } from '@tesserae/electra-model';
import { flattenTree, sizeOf } from '@tesserae/tensor';
import type { Backend, HostTensor } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import { openFolder, saveFolder } from '@tesserae/weights/node';
import type { SavedContent } from '@tesserae/weights/node';
import { Command } from 'commander';
import { loadPretrained, readConfigFile } from 'tesserae';
import { openCorpus, trainVocabulary } from './corpus.js';
import type { FineTuningRun, Start } from './fine-tune.js';
import { fineTune } from './fine-tune.js';
import type { Plan } from './plan.js';
import { describeScores, pretrain } from './pretrain.js';
import type { PretrainingReport, Report, TaskReport } from './report.js';
import { isClear, markdown } from './report.js';
import { TASK_FOLDERS, openTask } from './tasks.js';

/** Pre-trains a tiny ELECTRA and fine-tunes it on three tasks beside one that was not pre-trained. */

interface Options {
  readonly data: string;
  readonly out: string;
  readonly pretrained?: string;
  readonly tasks: string;
  readonly doc?: string;
  readonly json?: string;
}

const number = (value: string): number => {
  const parsed = Number(value);
  if (Number.isFinite(parsed) && parsed > 0) return parsed;
  throw new Error(`${value} is no positive number`);
};

const share = (value: string): number => (value === '0' ? 0 : number(value));

const program = new Command('electra-from-scratch')
  .option('--data <folder>', 'folder with text-enwiki2015 and the tasks', '../shared/data')
  .option('--out <folder>', 'where the pre-trained model goes', 'electra-from-scratch')
  .option('--pretrained <folder>', 'a folder that --out wrote: pre-training is left out')
  .option('--tasks <names>', 'tasks, parted by commas', TASK_FOLDERS.join(','))
  .option('--doc <file>', 'also write the report as a page')
  .option('--json <file>', 'also write all numbers as JSON')
  .option('--minutes <count>', 'minutes of pre-training', number, 20)
  .option('--mlm-minutes <count>', 'how many of them are plain masked-LM', share, 10)
  .option('--num-layers <count>', 'layers', number, 4)
  .option('--hidden-size <count>', 'width', number, 128)
  .option('--initializer-range <deviation>', 'standard deviation of first weights', number, 0.09)
  .option('--vocab-size <count>', 'pieces', number, 3000)
  .option('--vocab-files <count>', 'files the vocabulary is learned from', number, 2)
  .option('--batch-size <count>', 'texts a step', number, 16)
  .option('--seq-len <count>', 'tokens a text', number, 64)
  .option('--learning-rate <rate>', 'highest rate of pre-training', number, 1.5e-3)
  .option('--warmup-steps <count>', 'steps of warm-up', number, 300)
  .option('--beta2 <decay>', 'decay of the mean of squared gradients', number, 0.98)
  .option('--mask-prob <share>', 'share of tokens that is masked', number, 0.3)
  .option('--pretrain-dropout <share>', 'dropout of pre-training', share, 0)
  .option('--generator-hidden-size <share>', "the generator's width", number, 0.25)
  .option('--disc-weight <factor>', "weight of the discriminator's loss", number, 50)
  .option('--eval-batches <count>', 'batches of held-out text', number, 40)
  .option('--seeds <count>', 'fine-tunings of each kind', number, 3)
  .option('--fine-tune-epochs <count>', 'epochs of fine-tuning', number, 3)
  .option('--fine-tune-learning-rate <rate>', 'highest rate of fine-tuning', number, 1e-3)
  .option('--fine-tune-batch-size <count>', 'examples a step', number, 32)
  .option('--max-examples <count>', 'training examples of a task', number, Number.MAX_SAFE_INTEGER)
  .option('--threads <count>', 'threads', number, 2)
  .parse();
const options = program.opts<Options & Plan>();
const say = (line: string): void =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

const DISCRIMINATOR = 'discriminator';
const FACTS = 'pretraining.json';

/** Pre-trains, and writes both halves with their tokenizer and the facts of the run. */
async function pretrainInto(folder: string, backend: Backend): Promise<void> {
  const corpus = await openCorpus(join(options.data, 'text-enwiki2015'));
  const tokenizer = await trainVocabulary(corpus, options);
  say(`vocabulary of ${tokenizer.vocabSize} pieces`);
  const { params, pretraining, ...facts } = await pretrain(corpus, tokenizer, {
    plan: options,
    backend,
    say,
  });
  const halves = pretrainedHalves(params, pretraining);
  for (const [name, half] of [
    [DISCRIMINATOR, halves.main],
    ['generator', halves.generator!],
  ] as const) {
    const files = new Map<string, SavedContent>([...pretrainedFiles(half), ...tokenizerFiles(tokenizer)]);
    await saveFolder(join(folder, name), files, { overwrite: true });
  }
  const parameters = flattenTree<HostTensor>(params).reduce((sum, { leaf }) => sum + sizeOf(leaf.shape), 0);
  const report: PretrainingReport = { plan: options, parameters, ...facts };
  await writeFile(join(folder, FACTS), `${JSON.stringify(report, null, 2)}\n`);
  say(`wrote ${folder}; held-out: ${describeScores(facts.scores)}`);
}

function tokenizerFiles(tokenizer: Tokenizer): [string, string | Uint8Array][] {
  return Object.entries(tokenizer.toFiles()) as [string, string | Uint8Array][];
}

/** Both kinds of fine-tuning, by turns, over the seeds. */
async function runTask(name: string, folder: string, backend: Backend): Promise<TaskReport> {
  const discriminator = await openFolder(join(folder, DISCRIMINATOR));
  const { tokenizer } = await loadPretrained(discriminator);
  const config = electraConfigFromHuggingFace(await readConfigFile(discriminator));
  const { data, maxExamples, seeds } = options;
  const maxLength = config.maxPositions;
  const task = await openTask(name, { data, tokenizer: tokenizer!, maxLength, maxExamples });
  const runs: Record<Start, FineTuningRun[]> = { 'from scratch': [], 'pre-trained': [] };
  for (let seed = 1; seed <= seeds; seed++) {
    for (const start of ['from scratch', 'pre-trained'] as const) {
      const run = await fineTune(task, start, { plan: options, backend, seed, discriminator, config });
      runs[start].push(run);
      say(
        `${task.name}, ${start}, seed ${seed}: ${task.metric} ${run.score.toFixed(2)} in ${run.seconds.toFixed(0)} s (loss ${run.finalLoss.toFixed(3)})`,
      );
    }
  }
  return { name: task.name, metric: task.metric, runs };
}

async function write(file: string | undefined, content: string): Promise<void> {
  if (file === undefined) return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

const backend = await createOnnxNodeBackend({ threads: options.threads });
const folder = options.pretrained ?? options.out;
if (options.pretrained === undefined) {
  await mkdir(folder, { recursive: true });
  await pretrainInto(folder, backend);
}
const tasks: TaskReport[] = [];
for (const name of options.tasks.split(',').filter((part) => part !== ''))
  tasks.push(await runTask(name, folder, backend));
await backend.close();
const pretraining = JSON.parse(await readFile(join(folder, FACTS), 'utf8')) as PretrainingReport;
const report: Report = {
  date: new Date().toISOString(),
  command: `npm run experiment:electra -- --minutes ${pretraining.plan.minutes} --seeds ${options.seeds}`,
  machine: `${options.threads} threads of ${cpus()[0]?.model ?? 'an unknown processor'}`,
  pretraining: { ...pretraining, plan: { ...pretraining.plan, ...fineTuningPlan(options) } },
  tasks,
};
await write(options.json, `${JSON.stringify(report, null, 2)}\n`);
await write(options.doc, markdown(report));
process.stdout.write(markdown(report));
for (const task of tasks)
  say(`${task.name}: ${isClear(task) ? 'every seed gains' : 'the ranges of the seeds meet'}`);

/** What a later call may have asked for otherwise than the pre-training did. */
function fineTuningPlan({
  seeds,
  fineTuneEpochs,
  fineTuneLearningRate,
  fineTuneBatchSize,
}: Plan): Partial<Plan> {
  return { seeds, fineTuneEpochs, fineTuneLearningRate, fineTuneBatchSize };
}
