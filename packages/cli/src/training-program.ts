import { Argument, type Command, Option } from 'commander';
import { TASK_NAMES } from 'tesserae';
import { countNumber, jsonOption, wholeNumber } from './command-options.js';
import { runFinetune } from './commands/finetune.js';
import { CONFIG_COMMANDS, runSchema } from './commands/schema.js';
import type { RunFlags } from './config-options.js';
import { addRunOptions, configOverrides } from './config-options.js';
import { addEvaluationCommands } from './evaluate-program.js';
import { createOutput } from './output.js';
import { addPretrain } from './pretrain-program.js';
import { CONFIG_SCHEMAS } from './training/config-schema.js';
import { readConfig } from './training/read-config.js';

/** Adds `pretrain`, `finetune`, `evaluate` and `schema`. */
export function addTrainingCommands(program: Command, signal: AbortSignal): void {
  addPretrain(program, signal);
  addFinetune(program, signal);
  addEvaluationCommands(program, signal);
  addSchema(program, signal);
}

function addSchema(program: Command, signal: AbortSignal): void {
  program
    .command('schema')
    .addArgument(new Argument('<command>', 'whose configs').choices([...CONFIG_COMMANDS]))
    .description('the JSON schema of configs, for editors and checks')
    .addOption(jsonOption())
    .action((command: (typeof CONFIG_COMMANDS)[number], flags: { readonly json: boolean }) =>
      runSchema({ command }, { output: createOutput({ isJson: flags.json }), signal }),
    );
}

interface FinetuneFlags extends RunFlags {
  readonly task?: string;
  readonly model?: string;
  readonly train?: readonly string[];
  readonly dev?: readonly string[];
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly seed?: readonly number[];
}

const seeds = (text: string, before: readonly number[] = []): readonly number[] => [
  ...before,
  countNumber(text),
];

function addFinetune(program: Command, signal: AbortSignal): void {
  addRunOptions(program.command('finetune'), 'finetune')
    .description('train a model on a task, from a folder or from scratch; from a config file, flags, or both')
    .addOption(new Option('--task <name>', 'what is learned').choices([...TASK_NAMES]))
    .option('--model <name>', 'folder or hub id to start from')
    .option('--train <file...>', 'training data')
    .option('--dev <file...>', 'held-out data')
    .option('--epochs <count>', 'passes over the data', Number)
    .option('--batch-size <count>', 'examples a step', wholeNumber)
    .option('--learning-rate <rate>', 'highest learning rate', Number)
    .option('--seed <number...>', 'seeds, each a run of its own', seeds)
    .action(async (flags: FinetuneFlags) => {
      const overrides = finetuneOverrides(flags);
      const config = await readConfig({ file: flags.config, overrides }, CONFIG_SCHEMAS.finetune);
      await runFinetune(
        { config, overwrite: flags.overwrite, resumes: flags.resume },
        { output: createOutput({ isJson: flags.json }), signal },
      );
    });
}

const finetuneOverrides = (flags: FinetuneFlags): ReturnType<typeof configOverrides> =>
  configOverrides(flags, [
    ['task', flags.task],
    ['model', flags.model],
    ['data.train', flags.train],
    ['data.dev', flags.dev],
    ['out', flags.out],
    ['training.epochs', flags.epochs],
    ['training.batchSize', flags.batchSize],
    ['training.learningRate', flags.learningRate],
    ['seeds', flags.seed],
  ]);
