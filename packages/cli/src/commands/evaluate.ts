import { OptionError } from '@tesserae/tensor';
import { hubFolder, saveFolder } from '@tesserae/weights/node';
import { basename, dirname } from 'node:path';
import { stat } from 'node:fs/promises';
import type { EvaluateOptions, Json, PretrainedModel, TrainableConfig } from 'tesserae';
import { classSuffixOf, evaluateModel, loadPretrained, readConfigFile } from 'tesserae';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../command-context.js';
import type { EvaluateConfig } from '../training/evaluate-schema.js';
import { metricsText } from '../training/run-events.js';
import { classPrefixOf } from '../training/starting-model.js';
import { readRows } from '../training/training-rows.js';

/** Scores a model on labelled rows; with a file for them, writes what it predicts of each. */
export async function runEvaluate(
  { config, overwrite }: { readonly config: EvaluateConfig; readonly overwrite: boolean },
  { output, signal }: CommandContext,
): Promise<void> {
  const { data, metrics, batchSize, maxLength, maxTargetLength, generation, predictions: file } = config;
  if (file !== undefined && !overwrite) await refuseFile(file);
  const model = await modelOf(config, signal);
  const rows = await readRows(data.test, { ...data, signal });
  const backend = await openBackend({ name: config.backend ?? 'auto', threads: config.threads });
  try {
    output.note(`${rows.length} rows; ${model.architecture.name} on backend ${backend.name}`);
    const settings = { metrics, batchSize, maxLength, maxTargetLength, generation } as EvaluateOptions;
    const scored = await evaluateModel(model, rows, { backend, signal, ...settings });
    if (file !== undefined) {
      const lines = scored.predictions.map((prediction) => `${JSON.stringify({ prediction })}\n`);
      await saveFolder(dirname(file), new Map([[basename(file), lines.join('')]]), { overwrite, signal });
    }
    const { metrics: values, signatures } = scored;
    const signed = Object.entries(signatures).map(([name, signature]) => `${name}: ${signature}`);
    output.result(
      { metrics: values, signatures, numRows: rows.length },
      [metricsText(values), ...signed].join('\n'),
    );
  } finally {
    await backend.close();
  }
}

/** The model as the class of the task. */
async function modelOf(
  { model, task }: EvaluateConfig,
  signal: AbortSignal,
): Promise<PretrainedModel<TrainableConfig>> {
  const folder = await hubFolder(model, { signal });
  if (task === undefined)
    return (await loadPretrained(folder, { signal })) as PretrainedModel<TrainableConfig>;
  const prefix = classPrefixOf((await readConfigFile(folder)) as Json);
  const className = `${prefix}${classSuffixOf(task)}`;
  return (await loadPretrained(folder, { className, signal })) as PretrainedModel<TrainableConfig>;
}

async function refuseFile(file: string): Promise<void> {
  if ((await stat(file).catch(() => undefined)) === undefined) return;
  throw new OptionError({
    op: 'evaluate',
    problem: `${file} is there already`,
    likely: 'Choose another file, or pass --overwrite.',
    page: 'file-exists',
    got: file,
  });
}
