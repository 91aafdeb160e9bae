import type { PretrainingScores } from '@tesserae/electra-model';
import type { FineTuningRun, Start } from './fine-tune.js';
import type { Plan } from './plan.js';

/** All runs of one task. */
export interface TaskReport {
  readonly name: string;
  readonly metric: string;
  readonly runs: Readonly<Record<Start, readonly FineTuningRun[]>>;
}

/** What is kept of a pre-training beside its weights. */
export interface PretrainingReport {
  readonly plan: Plan;
  readonly parameters: number;
  readonly scores: PretrainingScores;
  readonly steps: number;
  readonly tokens: number;
  readonly minutes: number;
  readonly curve: readonly {
    readonly step: number;
    readonly minutes: number;
    readonly scores: PretrainingScores;
  }[];
}

/** The whole experiment. */
export interface Report {
  readonly date: string;
  readonly command: string;
  readonly machine: string;
  readonly pretraining: PretrainingReport;
  readonly tasks: readonly TaskReport[];
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean of the runs and their range. */
function summary(runs: readonly FineTuningRun[]): string {
  const scores = runs.map(({ score }) => score);
  return `${mean(scores).toFixed(2)} (${scores.map((score) => score.toFixed(2)).join(', ')})`;
}

/** True when the pre-trained model's worst seed beats the other's best. */
export function isClear({ runs }: TaskReport): boolean {
  const scores = (start: Start): readonly number[] => runs[start].map(({ score }) => score);
  return Math.min(...scores('pre-trained')) > Math.max(...scores('from scratch'));
}

/** How the minutes are parted. */
function stages({ mlmMinutes, minutes }: Plan): string {
  if (mlmMinutes === 0) return 'Generator and discriminator learn together from the beginning.';
  return `The encoder is a plain masked-LM for ${mlmMinutes} minutes; then it goes on as the discriminator beside a fresh, smaller generator for ${minutes - mlmMinutes}.`;
}

/** The experiment as a page of documentation. */
export function markdown({ date, command, machine, pretraining, tasks }: Report): string {
  const { plan, scores, curve } = pretraining;
  const share = (value: number | undefined): string => (value ?? Number.NaN).toFixed(3);
  const rows = tasks.map((task) => {
    const gain =
      mean(task.runs['pre-trained'].map(({ score }) => score)) -
      mean(task.runs['from scratch'].map(({ score }) => score));
    return `| ${task.name} | ${task.metric} | ${summary(task.runs['from scratch'])} | ${summary(task.runs['pre-trained'])} | ${gain.toFixed(2)} |`;
  });
  const curveRows = curve.map(
    ({ step, minutes, scores: at }) =>
      `| ${minutes.toFixed(1)} | ${step.toLocaleString('en')} | ${share(at.maskedLmLoss)} | ${share(at.maskedLmAccuracy)} | ${share(at.discLoss)} | ${share(at.discAuc)} |`,
  );
  return `# ELECTRA from scratch

Written by the command below on ${date.slice(0, 10)} (${machine}); numbers are its output.

\`\`\`sh
${command}
\`\`\`

An ELECTRA of ${plan.numLayers} layers of ${plan.hiddenSize} (${pretraining.parameters.toLocaleString('en')} parameters with its generator, ${plan.vocabSize.toLocaleString('en')} cased pieces learned from the same
text) is pre-trained on English Wikipedia for ${pretraining.minutes.toFixed(1)} minutes: ${pretraining.steps.toLocaleString('en')} steps of ${plan.batchSize} × ${plan.seqLen} tokens,
${(pretraining.tokens / 1e6).toFixed(1)} million tokens, learning rate ${plan.learningRate}, ${(100 * plan.maskProb).toFixed(0)} % of the tokens masked. ${stages(plan)} Then it is fine-tuned (${plan.fineTuneEpochs} epochs, batches of ${plan.fineTuneBatchSize}, learning
rate ${plan.fineTuneLearningRate}), and so is the same model with random weights, by the same recipe.

## Development sets

Means over ${plan.seeds} seeds (each seed), in percent.

| task | score | not pre-trained | pre-trained | gain |
|---|---|---|---|---|
${rows.join('\n')}

## Held-out text

| | |
|---|---|
| generator: loss, accuracy | ${share(scores.maskedLmLoss)} nats, ${share(scores.maskedLmAccuracy)} |
| samples that are the original | ${share(scores.sampledMaskedLmAccuracy)} |
| discriminator: AUC | ${share(scores.discAuc)} |
| discriminator: loss, accuracy | ${share(scores.discLoss)}, ${share(scores.discAccuracy)} |
| discriminator: precision, recall | ${share(scores.discPrecision)}, ${share(scores.discRecall)} |

On the way, on ${curve.length === 0 ? 'no' : 'the first four'} batches of it:

| minutes | steps | generator loss | generator accuracy | discriminator loss | discriminator AUC |
|---|---|---|---|---|---|
${curveRows.join('\n')}
`;
}
