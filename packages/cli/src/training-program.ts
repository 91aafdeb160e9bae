import { Argument, type Command, Option } from 'commander';
import { TASK_NAMES } from 'tesserae';
import { collect, jsonOption, wholeNumber, countNumber } from './command-options.js';
import { runFinetune } from './commands/finetune.js';
import { CONFIG_COMMANDS, runSchema } from './commands/schema.js';
import { addEvaluationCommands } from './evaluate-program.js';
import { createOutput } from './output.js';
import { addPretrain } from './pretrain-program.js';
import { CONFIG_SCHEMAS } from './training/config-schema.js';
import { parseSetting, readConfig } from './training/read-config.js';

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

interface FinetuneFlags {
  readonly config?: string;
  readonly task?: string;
  readonly model?: string;
  readonly dataDir?: string;
  readonly train?: readonly string[];
  readonly dev?: readonly string[];
  readonly out?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly seed?: readonly number[];
  readonly backend?: string;
  readonly threads?: number;
  readonly set: readonly string[];
  readonly overwrite: boolean;
  readonly resume: boolean;
  readonly json: boolean;
}

const seeds = (text: string, before: readonly number[] = []): readonly number[] => [
  ...before,
  countNumber(text),
];

function addFinetune(program: Command, signal: AbortSignal): void {
  program
    .command('finetune')
    .description('train a model on a task, from a folder or from scratch; from a config file, flags, or both')
    .option('--config <file>', 'JSON or YAML; docs/schemas/finetune.json says what it may hold')
    .addOption(new Option('--task <name>', 'what is learned').choices([...TASK_NAMES]))
    .option('--model <name>', 'folder or hub id to start from')
    .option('--data-dir <dir>', 'folder that paths of data are relative to')
    .option('--train <file...>', 'training data')
    .option('--dev <file...>', 'held-out data')
    .option('--out <dir>', 'folder of the trained model')
    .option('--epochs <count>', 'passes over the data', Number)
    .option('--batch-size <count>', 'examples a step', wholeNumber)
    .option('--learning-rate <rate>', 'highest learning rate', Number)
    .option('--seed <number...>', 'seeds, each a run of its own', seeds)
    .option('--set <key=value>', 'any other key of the config: --set training.dropout=0.2', collect, [])
    .option('--overwrite', 'replace a model that is there', false)
    .option('--resume', 'go on with runs of the folder that have checkpoints, and save such', false)
    .addOption(new Option('--backend <name>', 'what runs the model').choices(['auto', 'onnx', 'cpu']))
    .option('--threads <count>', 'threads of ONNX Runtime', wholeNumber)
    .addOption(jsonOption())
    .action(async (flags: FinetuneFlags) => {
      const config = await readConfig(
        { file: flags.config, overrides: overridesOf(flags) },
        CONFIG_SCHEMAS.finetune,
      );
      await runFinetune(
        { config, overwrite: flags.overwrite, resumes: flags.resume },
        { output: createOutput({ isJson: flags.json }), signal },
      );
    });
}

function overridesOf(flags: FinetuneFlags): readonly (readonly [string, unknown])[] {
  return [
    ['task', flags.task],
    ['model', flags.model],
    ['data.dir', flags.dataDir],
    ['data.train', flags.train],
    ['data.dev', flags.dev],
    ['out', flags.out],
    ['training.epochs', flags.epochs],
    ['training.batchSize', flags.batchSize],
    ['training.learningRate', flags.learningRate],
    ['seeds', flags.seed],
    ['backend', flags.backend],
    ['threads', flags.threads],
    ...flags.set.map(parseSetting),
  ];
}
