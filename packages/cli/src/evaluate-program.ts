import { type Command, Option } from 'commander';
import { TASK_NAMES } from 'tesserae';
import { collect, jsonOption, wholeNumber } from './command-options.js';
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

/** Adds `evaluate`. */
export function addEvaluate(program: Command, signal: AbortSignal): void {
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
