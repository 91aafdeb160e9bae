import { join } from 'node:path';
import type { Backend } from '@tesserae/tensor';
import type { TrainerEvent } from '@tesserae/training';
import { saveFolder } from '@tesserae/weights/node';
import type { PretrainData, PretrainSettings, PretrainedModel } from 'tesserae';
import { modelFiles, pretrainElectra, pretrainT5, resolvedPretraining } from 'tesserae';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../command-context.js';
import { createProgress } from '../progress.js';
import type { PretrainConfig } from '../training/pretrain-schema.js';
import type { PretrainingStart } from '../training/pretraining-start.js';
import { objectiveFor, pretrainingStart } from '../training/pretraining-start.js';
import type { TextSource } from '../training/pretraining-texts.js';
import { openTexts } from '../training/pretraining-texts.js';
import { metricsText } from '../training/run-events.js';
import { checkpointsIn, configJson, refuseExisting, runLogged } from '../training/run-folder.js';

/** File of a model folder that says how it was trained. */
const CONFIG_FILE = 'pretrain.json';
/** File of a model folder with what the run came to. */
const RESULTS_FILE = 'results.json';
/** Folder of ELECTRA's other half. */
const GENERATOR = 'generator';

interface PretrainOptions {
  readonly config: PretrainConfig;
  readonly overwrite: boolean;
  readonly resumes: boolean;
}

/** Learns from running text: ELECTRA with its generator, or T5 by span corruption. */
export async function runPretrain(
  { config, overwrite, resumes }: PretrainOptions,
  context: CommandContext,
): Promise<void> {
  const { output, signal } = context;
  const { out, seed = 0, data, checkpoints } = config;
  if (out !== undefined && !overwrite) await refuseExisting(out);
  const train = await openTexts(data.train, data, signal);
  const heldOut = data.heldOut === undefined ? undefined : await openTexts(data.heldOut, data, signal);
  const backend = await openBackend({ name: config.backend ?? 'auto', threads: config.threads });
  try {
    const start = await pretrainingStart(config, { train, seed, signal });
    output.note(`${start.tokenizer.vocabSize} tokens in the vocabulary; backend ${backend.name}`);
    const folder = out === undefined ? undefined : join(out, 'run');
    const resolved = resolvedConfig(config, start.family);
    const reading = readingProgress(train, context);
    const events = trained(start, {
      train: reading.lines(),
      ...(heldOut === undefined ? {} : { heldOut: heldOut.lines() }),
      checkpoints: checkpointsIn(folder, { checkpoints, resumes }),
      onProgress: ({ tokens }) => reading.show(tokens),
      signal,
      config,
      backend,
    });
    const result = await runLogged(events, {
      ...{ label: start.family, title: `Pre-training of ${start.family}` },
      ...{ output, seed, folder, file: CONFIG_FILE, config: resolved },
    });
    signal.throwIfAborted();
    await save(result, { config: resolved, overwrite, context });
  } finally {
    await backend.close();
  }
}

interface Trained {
  readonly main: PretrainedModel;
  readonly generator?: PretrainedModel;
  readonly step: number;
  readonly scores?: object;
}

type Given = PretrainData & { readonly config: PretrainConfig; readonly backend: Backend };

/** The run of either family. */
async function* trained(
  start: PretrainingStart,
  { config, ...given }: Given,
): AsyncGenerator<TrainerEvent, Trained, void> {
  const settings = settingsOf(config);
  const objective = objectiveFor(config, start.family);
  if (start.family === 'electra') {
    const { config: sizes, tokenizer, start: begun } = start;
    const options = { ...given, config: sizes, tokenizer, settings, objective };
    const result = yield* pretrainElectra(begun === undefined ? options : { ...options, start: begun });
    return result as Trained;
  }
  const { model, ...result } = yield* pretrainT5({ ...given, model: start.model, settings, objective });
  return { main: model as PretrainedModel, ...result };
}

/** Settings of training and evaluation as one object. */
function settingsOf({ evaluation, training, seed = 0 }: PretrainConfig): PretrainSettings {
  const { every: evaluateEvery, batches: evalBatches } = evaluation ?? {};
  return { ...training, seed, evaluateEvery, evalBatches } as PretrainSettings;
}

/** The config with the paper's choices in the place of what it leaves open. */
function resolvedConfig(config: PretrainConfig, family: PretrainingStart['family']): PretrainConfig {
  const given = { settings: settingsOf(config), objective: objectiveFor(config, family) };
  const { settings, objective } = resolvedPretraining(family, given);
  const { seed, evaluateEvery: every, evalBatches: batches, ...training } = settings;
  return { ...config, objective, training, evaluation: { every, batches }, seed } as PretrainConfig;
}

/** A bar over the bytes of the texts while they are tokenised. */
function readingProgress(
  source: TextSource,
  { output }: CommandContext,
): { lines(): AsyncGenerator<string>; show(tokens: number): void } {
  const progress = createProgress('tokenising', source.sizeBytes, { isQuiet: output.isJson });
  let [bytes, tokens] = [0, 0];
  return {
    async *lines() {
      try {
        yield* source.lines({ onBytes: (read) => (bytes = read) });
      } finally {
        progress.stop();
      }
    },
    show: (count) => {
      tokens = Math.max(tokens, count);
      progress.update(Math.min(bytes, source.sizeBytes), `${tokens.toLocaleString('en')} tokens`);
    },
  };
}

interface SaveOptions extends Omit<PretrainOptions, 'resumes'> {
  readonly context: CommandContext;
}

async function save(
  { main, generator, step, scores }: Trained,
  { config, overwrite, context: { output, signal } }: SaveOptions,
): Promise<void> {
  const { out } = config;
  if (out !== undefined) {
    if (generator !== undefined)
      await saveFolder(join(out, GENERATOR), modelFiles(generator), { overwrite, signal });
    const files = new Map<string, string | Iterable<Uint8Array>>(modelFiles(main));
    files.set(CONFIG_FILE, configJson(config));
    files.set(RESULTS_FILE, configJson({ steps: step, scores }));
    await saveFolder(out, files, { overwrite, signal });
  }
  const where =
    out === undefined
      ? []
      : [`${out} has the model${generator === undefined ? '' : `, ${join(out, GENERATOR)} its generator`}`];
  const said = scores === undefined ? [] : [metricsText(scores as Readonly<Record<string, number>>)];
  output.result(
    { event: 'done', steps: step, scores, ...(out === undefined ? {} : { out }) },
    [`${step} steps`, ...said, ...where].join('\n'),
  );
}
