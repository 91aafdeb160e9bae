import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../command-context.js';
import { FULL, TINY } from '../quickstart/plans.js';
import { runPronouncerJob } from '../quickstart/pronouncer-job.js';
import { runSpamFilterJob } from '../quickstart/spam-filter-job.js';

interface QuickstartOptions {
  readonly out?: string;
  readonly seed: number;
  readonly seconds: number;
  readonly overwrite: boolean;
  readonly backend: string;
  readonly threads?: number;
}

/** Share of the training time that the spam filter takes. */
const SPAM_SHARE = 0.35;

/** The main job: two models from scratch, scored on held-out data, saved, loaded back, and the same again. */
export async function runQuickstart(
  options: QuickstartOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const started = performance.now();
  const { seed, overwrite } = options;
  const backend = await openBackend({ name: options.backend, threads: options.threads });
  try {
    const out = options.out ?? (await mkdtemp(join(tmpdir(), 'tesserae-quickstart-')));
    const plan = backend.name === 'cpu' ? TINY : FULL;
    const job = { output, signal, backend, plan, out, overwrite, seed };
    output.note(`Backend ${backend.name}; seed ${seed}; models go to ${out}\n`);
    if (plan === TINY)
      output.note('The reference backend is slow on purpose: a tiny slice, which says nothing of quality.\n');
    await runSpamFilterJob({ ...job, budgetMs: options.seconds * SPAM_SHARE * 1000 });
    await runPronouncerJob({ ...job, budgetMs: options.seconds * (1 - SPAM_SHARE) * 1000 });
    const elapsedSeconds = (performance.now() - started) / 1000;
    const hint = `Try: tesserae generate ${join(out, 'pronouncer')} --text tessera`;
    output.result(
      { event: 'done', elapsedSeconds, out },
      `\nDone in ${elapsedSeconds.toFixed(0)} s. ${hint}`,
    );
  } finally {
    await backend.close();
  }
}
