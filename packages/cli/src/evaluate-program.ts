import { type Command, Option } from 'commander';
import { TASK_NAMES } from 'tesserae';
import { collect, jsonOption, wholeNumber } from './command-options.js';
import { runMemorization } from './commands/memorization.js';
import { runEvaluate } from './commands/evaluate.js';
import { createOutput } from './output.js';
import { CONFIG_SCHEMAS } from './training/config-schema.js';
import { parseSetting, readConfig } from './training/read-config.js';

interface EvaluateFlags {
  readonly config?: string;
  readonly task?: string;
  readonly dataDir?: string;
  readonly data?: readonly string[];
  readonly metrics?: readonly string[];
  readonly batchSize?: number;
  readonly predictions?: string;
  readonly backend?: string;
  readonly threads?: number;
  readonly set: readonly string[];
  readonly overwrite: boolean;
  readonly json: boolean;
}

/** Adds `evaluate` and `memorization`. */
export function addEvaluationCommands(program: Command, signal: AbortSignal): void {
  addEvaluate(program, signal);
  addMemorization(program, signal);
}

function addEvaluate(program: Command, signal: AbortSignal): void {
  program
    .command('evaluate')
    .argument('[model]', 'folder or hub id; or model of the config')
    .description('score a model on labelled data: loss and metrics')
    .option('--config <file>', 'JSON or YAML; docs/schemas/evaluate.json says what it may hold')
    .addOption(new Option('--task <name>', "default: the one of the model's class").choices([...TASK_NAMES]))
    .option('--data <file...>', 'labelled data')
    .option('--data-dir <dir>', 'folder that paths of data are relative to')
    .option('--metrics <name...>', "default: the task's")
    .option('--batch-size <count>', 'examples in one run', wholeNumber)
    .option('--predictions <file>', 'also write what was predicted of each row, as JSON lines')
    .option('--set <key=value>', 'any other key of the config: --set generation.numBeams=4', collect, [])
    .option('--overwrite', 'replace a file of predictions that is there', false)
    .addOption(new Option('--backend <name>', 'what runs the model').choices(['auto', 'onnx', 'cpu']))
    .option('--threads <count>', 'threads of ONNX Runtime', wholeNumber)
    .addOption(jsonOption())
    .action(async (model: string | undefined, flags: EvaluateFlags) => {
      const overrides = overridesOf(model, flags);
      const config = await readConfig({ file: flags.config, overrides }, CONFIG_SCHEMAS.evaluate);
      await runEvaluate(
        { config, overwrite: flags.overwrite },
        { output: createOutput({ isJson: flags.json }), signal },
      );
    });
}

function overridesOf(
  model: string | undefined,
  flags: EvaluateFlags,
): readonly (readonly [string, unknown])[] {
  return [
    ['model', model],
    ['task', flags.task],
    ['data.dir', flags.dataDir],
    ['data.test', flags.data],
    ['metrics', flags.metrics],
    ['batchSize', flags.batchSize],
    ['predictions', flags.predictions],
    ['backend', flags.backend],
    ['threads', flags.threads],
    ...flags.set.map(parseSetting),
  ];
}

interface MemorizationFlags {
  readonly train: readonly string[];
  readonly outputs: string;
  readonly trainField: string;
  readonly field: string;
  readonly verbatimWords: number;
  readonly nearSimilarity: number;
  readonly model?: string;
  readonly canaries?: string;
  readonly backend: string;
  readonly threads?: number;
  readonly json: boolean;
}

function addMemorization(program: Command, signal: AbortSignal): void {
  program
    .command('memorization')
    .description('what of the training text a model wrote again, and how exposed canaries are')
    .requiredOption('--train <file...>', 'training texts: lines, or records of jsonl, csv, tsv, parquet')
    .requiredOption('--outputs <file>', 'what the model wrote: lines, or records')
    .option('--train-field <name>', 'field of a training record', 'text')
    .option('--field <name>', 'field of an output record', 'prediction')
    .option('--verbatim-words <count>', 'words in a row that make an output verbatim', wholeNumber, 8)
    .option('--near-similarity <share>', 'share of words in order that makes it near-verbatim', Number, 0.8)
    .option('--model <name>', 'folder or hub id of the T5 that scores canaries')
    .option('--canaries <file>', 'JSON lines {input, canary, candidates}')
    .addOption(
      new Option('--backend <name>', 'what runs the model').choices(['auto', 'onnx', 'cpu']).default('auto'),
    )
    .option('--threads <count>', 'threads of ONNX Runtime', wholeNumber)
    .addOption(jsonOption())
    .action(({ json, ...options }: MemorizationFlags) =>
      runMemorization(options, { output: createOutput({ isJson: json }), signal }),
    );
}
