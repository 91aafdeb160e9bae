import { join } from 'node:path';
import { ElectraForSequenceClassification } from 'tesserae';
import type { Job } from './job.js';
import { percent, reloadLine, requireSame, seconds } from './job.js';
import { mailText } from './mail.js';
import type { SpamData } from './spam-data.js';
import { loadSpamData } from './spam-data.js';
import type { SpamFilterRun } from './spam-filter.js';
import { classifyMails, trainMailTokenizer, trainSpamFilter } from './spam-filter.js';

/** Trains the spam filter, scores it, saves it, loads it back and asks it again. */
export async function runSpamFilterJob(job: Job): Promise<void> {
  const { output, signal, backend, plan, seed, budgetMs } = job;
  output.note('1. ELECTRA: a spam filter from scratch on the SpamAssassin mails (subject and body only)');
  const data = await loadSpamData({ limit: plan.mails });
  const tokenizer = await trainMailTokenizer(data.train, { vocabSize: plan.spam.vocabSize, signal });
  output.note(
    `   ${data.train.length} mails to learn from, ${data.heldOut.length} held out, ` +
      `${data.duplicates} duplicates left out; WordPiece vocabulary of ${tokenizer.vocabSize} pieces`,
  );
  const isQuiet = output.isJson;
  const run = await trainSpamFilter(data, plan.spam, { tokenizer, backend, seed, budgetMs, isQuiet, signal });
  await reportSpamFilter(job, data, run);
}

async function reportSpamFilter(
  { output, signal, backend, out, overwrite }: Job,
  data: SpamData,
  run: SpamFilterRun,
) {
  const folder = join(out, 'spam-filter');
  await run.model.savePretrained(folder, { overwrite });
  await run.model.close();
  const again = await ElectraForSequenceClassification.fromPretrained(folder, { backend, signal });
  const repeated = await classifyMails(again, data.heldOut, signal);
  const isSameAfterReload = repeated.every((answer, index) => answer === run.predictions[index]);
  const ham = data.heldOut.filter(({ isSpam }) => !isSpam);
  const shown = [...data.heldOut.filter(({ isSpam }) => isSpam).slice(0, 1), ...ham.slice(0, 2)];
  const examples = await again.predict(shown.map(mailText), { truncation: true, signal });
  await again.close();
  const { steps, finalLoss: loss, elapsedMs: trainingMs } = run.training;
  const { accuracy, f1, majority } = run.scores;
  output.result(
    { event: 'spam-filter', accuracy, f1, majority, steps, loss, trainingMs, isSameAfterReload, folder },
    [
      `   ${steps} steps in ${seconds(trainingMs)}, loss ${loss.toFixed(3)}`,
      `   held out: accuracy ${percent(accuracy)}, F1 ${percent(f1)}; always saying "ham" gives ${percent(majority)}`,
      ...shown.map(({ subject, isSpam }, index) => {
        const { label, score } = examples[index]!;
        return `   ${label.padEnd(4)} ${percent(score).padStart(7)}  (${isSpam ? 'spam' : 'ham'})  ${subject.slice(0, 60)}`;
      }),
      reloadLine(folder, isSameAfterReload),
    ].join('\n'),
  );
  requireSame(isSameAfterReload, 'spam filter');
}
