import { type Command, Option } from 'commander';
import { TASK_NAMES } from 'tesserae';
import { jsonOption, wholeNumber } from './command-options.js';
import type { MemorizationOptions } from './commands/memorization.js';
import { runMemorization } from './commands/memorization.js';
import { runEvaluate } from './commands/evaluate.js';
import type { ConfigFlags } from './config-options.js';
import { addConfigOptions, configOverrides } from './config-options.js';
import { createOutput } from './output.js';
import { CONFIG_SCHEMAS } from './training/config-schema.js';
import { readConfig } from './training/read-config.js';

interface EvaluateFlags extends ConfigFlags {
  readonly task?: string;
  readonly data?: readonly string[];
  readonly metrics?: readonly string[];
  readonly batchSize?: number;
  readonly predictions?: string;
}

/** Adds `evaluate` and `memorization`. */
export function addEvaluationCommands(program: Command, signal: AbortSignal): void {
  addEvaluate(program, signal);
  addMemorization(program, signal);
}

function addEvaluate(program: Command, signal: AbortSignal): void {
  addConfigOptions(program.command('evaluate'), { schema: 'evaluate', replaces: 'a file of predictions' })
    .argument('[model]', 'folder or hub id; or model of the config')
    .description('score a model on labelled data: loss and metrics')
    .addOption(new Option('--task <name>', "default: the one of the model's class").choices([...TASK_NAMES]))
    .option('--data <file...>', 'labelled data')
    .option('--metrics <name...>', "default: the task's")
    .option('--batch-size <count>', 'examples in one run', wholeNumber)
    .option('--predictions <file>', 'also write what was predicted of each row, as JSON lines')
    .action(async (model: string | undefined, flags: EvaluateFlags) => {
      const overrides = configOverrides(flags, [
        ['model', model],
        ['task', flags.task],
        ['data.test', flags.data],
        ['metrics', flags.metrics],
        ['batchSize', flags.batchSize],
        ['predictions', flags.predictions],
      ]);
      const config = await readConfig({ file: flags.config, overrides }, CONFIG_SCHEMAS.evaluate);
      await runEvaluate(
        { config, overwrite: flags.overwrite },
        { output: createOutput({ isJson: flags.json }), signal },
      );
    });
}

interface MemorizationFlags extends MemorizationOptions {
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
