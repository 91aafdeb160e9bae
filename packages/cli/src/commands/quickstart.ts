import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '@tesserae/tensor';
import { ElectraForSequenceClassification, T5ForConditionalGeneration } from 'tesserae';
import { openBackend } from '../backend-choice.js';
import type { Output } from '../output.js';
import type { CommandContext } from '../program.js';
import { mailText } from '../quickstart/mail.js';
import { loadPronunciations } from '../quickstart/pronunciation-data.js';
import { pronounce, trainPronouncer } from '../quickstart/pronouncer.js';
import type { PronouncerPlan } from '../quickstart/pronouncer.js';
import { loadSpamData } from '../quickstart/spam-data.js';
import { classifyMails, trainMailTokenizer, trainSpamFilter } from '../quickstart/spam-filter.js';
import type { SpamFilterPlan } from '../quickstart/spam-filter.js';

interface QuickstartOptions {
  readonly out?: string;
  readonly seed: number;
  readonly seconds: number;
  readonly overwrite: boolean;
  readonly backend: string;
  readonly threads?: number;
}

interface Plan {
  /** About how many mails are read; all of them when undefined. */
  readonly mails?: number;
  readonly spam: SpamFilterPlan;
  readonly pronouncer: PronouncerPlan;
}

/** Sizes for ONNX Runtime on two cores. */
const FULL: Plan = {
  spam: {
    vocabSize: 8000,
    hiddenSize: 128,
    numLayers: 3,
    seqLen: 128,
    batchSize: 32,
    totalSteps: 450,
    learningRate: 1e-3,
  },
  pronouncer: {
    dModel: 128,
    dFf: 256,
    numHeads: 4,
    numLayers: 3,
    numDecoderLayers: 2,
    batchSize: 128,
    totalSteps: 1200,
    learningRate: 3e-3,
    scoredWords: 1000,
  },
};

/** A tiny slice for the reference backend, which is slow on purpose: it shows that everything runs, not that it learns. */
const TINY: Plan = {
  mails: 300,
  spam: {
    vocabSize: 600,
    hiddenSize: 64,
    numLayers: 1,
    seqLen: 32,
    batchSize: 8,
    totalSteps: 30,
    learningRate: 1e-3,
  },
  pronouncer: {
    dModel: 32,
    dFf: 64,
    numHeads: 2,
    numLayers: 1,
    numDecoderLayers: 1,
    batchSize: 8,
    totalSteps: 30,
    learningRate: 3e-3,
    scoredWords: 10,
  },
};

/** Share of the training time that the spam filter takes. */
const SPAM_SHARE = 0.35;

/** The main job: two models from scratch, scored on held-out data, saved, loaded back, and the same again. */
export async function runQuickstart(
  options: QuickstartOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const started = performance.now();
  const backend = await openBackend({ name: options.backend, threads: options.threads });
  const out = options.out ?? (await mkdtemp(join(tmpdir(), 'tesserae-quickstart-')));
  const plan = backend.name === 'cpu' ? TINY : FULL;
  const job: Job = { options, output, signal, backend, plan, out };
  try {
    output.note(`Backend ${backend.name}; seed ${options.seed}; models go to ${out}\n`);
    if (plan === TINY)
      output.note(
        'The reference backend is slow on purpose: this is a tiny slice, without meaning for quality.\n',
      );
    await spamFilterJob(job);
    await pronouncerJob(job);
    const elapsedSeconds = (performance.now() - started) / 1000;
    output.result(
      { event: 'done', elapsedSeconds, out },
      `\nDone in ${elapsedSeconds.toFixed(0)} s. Try: tesserae generate ${join(out, 'pronouncer')} --text tessera`,
    );
  } finally {
    await backend.close();
  }
}

interface Job {
  readonly options: QuickstartOptions;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly backend: Backend;
  readonly plan: Plan;
  readonly out: string;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)} s`;

async function spamFilterJob({ options, output, signal, backend, plan, out }: Job): Promise<void> {
  output.note('1. ELECTRA: a spam filter from scratch on the SpamAssassin mails (subject and body only)');
  const data = await loadSpamData({ limit: plan.mails });
  const tokenizer = await trainMailTokenizer(data.train, { vocabSize: plan.spam.vocabSize, signal });
  output.note(
    `   ${data.train.length} mails to learn from, ${data.heldOut.length} held out, ${data.duplicates} duplicates left out; ` +
      `WordPiece vocabulary of ${tokenizer.vocabSize} pieces`,
  );
  const run = await trainSpamFilter(data, plan.spam, {
    tokenizer,
    backend,
    seed: options.seed,
    budgetMs: options.seconds * SPAM_SHARE * 1000,
    isQuiet: output.isJson,
    signal,
  });
  const { scores, training } = run;
  const folder = join(out, 'spam-filter');
  await run.model.savePretrained(folder, { overwrite: options.overwrite });
  await run.model.close();
  const again = await ElectraForSequenceClassification.fromPretrained(folder, { backend, signal });
  const repeated = await classifyMails(again, data.heldOut, signal);
  const isSame = repeated.every((answer, index) => answer === run.predictions[index]);
  const shown = [
    data.heldOut.find(({ isSpam }) => isSpam)!,
    ...data.heldOut.filter(({ isSpam }) => !isSpam).slice(0, 2),
  ];
  const examples = await again.predict(shown.map(mailText), { signal });
  await again.close();
  output.result(
    {
      event: 'spam-filter',
      ...scores,
      steps: training.steps,
      loss: training.finalLoss,
      trainingMs: training.elapsedMs,
      isSameAfterReload: isSame,
      folder,
    },
    [
      `   ${training.steps} steps in ${seconds(training.elapsedMs)}, loss ${training.finalLoss.toFixed(3)}`,
      `   held out: accuracy ${percent(scores.accuracy)}, F1 ${percent(scores.f1)}; always saying "ham" gives ${percent(scores.majority)}`,
      ...shown.map(({ subject, isSpam }, index) => {
        const { label, score } = examples[index]!;
        return `   ${label.padEnd(4)} ${percent(score).padStart(7)}  (${isSpam ? 'spam' : 'ham'})  ${subject.slice(0, 60)}`;
      }),
      `   saved to ${folder} and loaded back: ${isSame ? 'the same answers' : 'OTHER ANSWERS'}`,
    ].join('\n'),
  );
  requireSame(isSame, 'spam filter');
}

async function pronouncerJob({ options, output, signal, backend, plan, out }: Job): Promise<void> {
  output.note('\n2. T5: from spelling to phonemes, bytes in and bytes out, from scratch on CMUdict');
  const data = loadPronunciations();
  output.note(
    `   ${data.train.length} words to learn from, ${data.heldOut.length} held out, ${plan.pronouncer.scoredWords} of them scored`,
  );
  const run = await trainPronouncer(data, plan.pronouncer, {
    backend,
    seed: options.seed,
    budgetMs: options.seconds * (1 - SPAM_SHARE) * 1000,
    isQuiet: output.isJson,
    signal,
  });
  const { scores, training, scored, predictions } = run;
  const folder = join(out, 'pronouncer');
  await run.model.savePretrained(folder, { overwrite: options.overwrite });
  await run.model.close();
  const again = await T5ForConditionalGeneration.fromPretrained(folder, { backend, signal });
  const repeated = await pronounce(
    again,
    scored.map(({ word }) => word),
    signal,
  );
  await again.close();
  const isSame = repeated.every((answer, index) => answer === predictions[index]);
  output.result(
    {
      event: 'pronouncer',
      ...scores,
      steps: training.steps,
      loss: training.finalLoss,
      trainingMs: training.elapsedMs,
      isSameAfterReload: isSame,
      folder,
    },
    [
      `   ${training.steps} steps in ${seconds(training.elapsedMs)}, loss ${training.finalLoss.toFixed(3)}`,
      `   held out: phoneme error rate ${percent(scores.phonemeErrorRate)}, word accuracy ${percent(scores.wordAccuracy)}`,
      ...scored
        .slice(0, 5)
        .map(
          ({ word, phonemes }, index) =>
            `   ${word.padEnd(16)} ${predictions[index]!.padEnd(28)} (${phonemes})`,
        ),
      `   saved to ${folder} and loaded back: ${isSame ? 'the same answers' : 'OTHER ANSWERS'}`,
    ].join('\n'),
  );
  requireSame(isSame, 'pronouncer');
}

function requireSame(isSame: boolean, what: string): void {
  if (!isSame) throw new Error(`the ${what} answers differently after it was saved and loaded`);
}
