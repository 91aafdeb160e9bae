import { join } from 'node:path';
import { T5ForConditionalGeneration } from 'tesserae';
import type { Job } from './job.js';
import { percent, reloadLine, requireSame, seconds } from './job.js';
import { loadPronunciations } from './pronunciation-data.js';
import type { PronouncerRun } from './pronouncer.js';
import { pronounce, trainPronouncer } from './pronouncer.js';

/** Trains the pronouncer, scores it, saves it, loads it back and asks it again. */
export async function runPronouncerJob(job: Job): Promise<void> {
  const { output, signal, backend, plan, seed, budgetMs } = job;
  output.note('\n2. T5: from spelling to phonemes, bytes in and bytes out, from scratch on CMUdict');
  const data = await loadPronunciations();
  output.note(
    `   ${data.train.length} words to learn from, ${data.heldOut.length} held out, ` +
      `${plan.pronouncer.scoredWords} of them scored`,
  );
  const isQuiet = output.isJson;
  const run = await trainPronouncer(data, plan.pronouncer, { backend, seed, budgetMs, isQuiet, signal });
  await reportPronouncer(job, run);
}

async function reportPronouncer(
  { output, signal, backend, out, overwrite }: Job,
  run: PronouncerRun,
): Promise<void> {
  const { scored, predictions } = run;
  const folder = join(out, 'pronouncer');
  await run.model.savePretrained(folder, { overwrite });
  await run.model.close();
  const again = await T5ForConditionalGeneration.fromPretrained(folder, { backend, signal });
  const words = scored.map(({ word }) => word);
  const repeated = await pronounce(again, words, signal);
  await again.close();
  const isSameAfterReload = repeated.every((answer, index) => answer === predictions[index]);
  const { steps, finalLoss: loss, elapsedMs: trainingMs } = run.training;
  const { phonemeErrorRate, wordAccuracy } = run.scores;
  output.result(
    {
      event: 'pronouncer',
      phonemeErrorRate,
      wordAccuracy,
      steps,
      loss,
      trainingMs,
      isSameAfterReload,
      folder,
    },
    [
      `   ${steps} steps in ${seconds(trainingMs)}, loss ${loss.toFixed(3)}`,
      `   held out: phoneme error rate ${percent(phonemeErrorRate)}, word accuracy ${percent(wordAccuracy)}`,
      ...scored
        .slice(0, 5)
        .map(
          ({ word, phonemes }, index) =>
            `   ${word.padEnd(16)} ${predictions[index]!.padEnd(28)} (${phonemes})`,
        ),
      reloadLine(folder, isSameAfterReload),
    ].join('\n'),
  );
  requireSame(isSameAfterReload, 'pronouncer');
}
