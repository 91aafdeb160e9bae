import { type Command, Option } from 'commander';
import { collect, countNumber, jsonOption, wholeNumber } from './command-options.js';
import { runPretrain } from './commands/pretrain.js';
import { createOutput } from './output.js';
import { CONFIG_SCHEMAS } from './training/config-schema.js';
import { parseSetting, readConfig } from './training/read-config.js';

interface PretrainFlags {
  readonly config?: string;
  readonly model?: string;
  readonly generator?: string;
  readonly tokenizer?: string;
  readonly dataDir?: string;
  readonly train?: readonly string[];
  readonly heldOut?: readonly string[];
  readonly out?: string;
  readonly steps?: number;
  readonly seqLen?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  readonly backend?: string;
  readonly threads?: number;
  readonly set: readonly string[];
  readonly overwrite: boolean;
  readonly resume: boolean;
  readonly json: boolean;
}

/** Adds `pretrain`. */
export function addPretrain(program: Command, signal: AbortSignal): void {
  program
    .command('pretrain')
    .description('learn from running text: ELECTRA and its generator, or T5 by span corruption')
    .option('--config <file>', 'JSON or YAML; docs/schemas/pretrain.json says what it may hold')
    .option(
      '--model <name>',
      'folder or hub id to go on from; new models: model.architecture in a config or --set',
    )
    .option('--generator <name>', "folder of ELECTRA's generator to go on from")
    .option(
      '--tokenizer <path>',
      'folder or file of the tokenizer of a new model; default: learned from the texts',
    )
    .option('--data-dir <dir>', 'folder that paths of data are relative to')
    .option('--train <file...>', 'texts to learn from')
    .option('--held-out <file...>', 'texts that are scored on the way')
    .option('--out <dir>', 'folder of the model')
    .option('--steps <count>', 'batches in all', wholeNumber)
    .option('--seq-len <count>', 'tokens of an input', wholeNumber)
    .option('--batch-size <count>', 'inputs a step', wholeNumber)
    .option('--learning-rate <rate>', 'highest learning rate', Number)
    .option('--seed <number>', 'of first weights, order, masks and dropout', countNumber)
    .option('--set <key=value>', 'any other key of the config: --set model.numLayers=4', collect, [])
    .option('--overwrite', 'replace a model that is there', false)
    .option('--resume', 'go on with a run of the folder that has checkpoints, and save such', false)
    .addOption(new Option('--backend <name>', 'what runs the model').choices(['auto', 'onnx', 'cpu']))
    .option('--threads <count>', 'threads of ONNX Runtime', wholeNumber)
    .addOption(jsonOption())
    .action(async (flags: PretrainFlags) => {
      const overrides = pretrainOverrides(flags);
      const config = await readConfig({ file: flags.config, overrides }, CONFIG_SCHEMAS.pretrain);
      await runPretrain(
        { config, overwrite: flags.overwrite, resumes: flags.resume },
        { output: createOutput({ isJson: flags.json }), signal },
      );
    });
}

function pretrainOverrides(flags: PretrainFlags): readonly (readonly [string, unknown])[] {
  return [
    ['model', flags.model],
    ['generator', flags.generator],
    ['tokenizer', flags.tokenizer],
    ['data.dir', flags.dataDir],
    ['data.train', flags.train],
    ['data.heldOut', flags.heldOut],
    ['out', flags.out],
    ['training.steps', flags.steps],
    ['training.seqLen', flags.seqLen],
    ['training.batchSize', flags.batchSize],
    ['training.learningRate', flags.learningRate],
    ['seed', flags.seed],
    ['backend', flags.backend],
    ['threads', flags.threads],
    ...flags.set.map(parseSetting),
  ];
}
