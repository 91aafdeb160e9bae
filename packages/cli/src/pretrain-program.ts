import { type Command } from 'commander';
import { countNumber, wholeNumber } from './command-options.js';
import { runPretrain } from './commands/pretrain.js';
import type { RunFlags } from './config-options.js';
import { addRunOptions, configOverrides } from './config-options.js';
import { createOutput } from './output.js';
import { CONFIG_SCHEMAS } from './training/config-schema.js';
import { readConfig } from './training/read-config.js';

interface PretrainFlags extends RunFlags {
  readonly model?: string;
  readonly generator?: string;
  readonly tokenizer?: string;
  readonly train?: readonly string[];
  readonly heldOut?: readonly string[];
  readonly steps?: number;
  readonly seqLen?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly seed?: number;
}

/** Adds `pretrain`. */
export function addPretrain(program: Command, signal: AbortSignal): void {
  addRunOptions(program.command('pretrain'), 'pretrain')
    .description('learn from running text: ELECTRA and its generator, or T5 by span corruption')
    .option(
      '--model <name>',
      'folder or hub id to go on from; new models: model.architecture in a config or --set',
    )
    .option('--generator <name>', "folder of ELECTRA's generator to go on from")
    .option(
      '--tokenizer <path>',
      'folder or file of the tokenizer of a new model; default: learned from the texts',
    )
    .option('--train <file...>', 'texts to learn from')
    .option('--held-out <file...>', 'texts that are scored on the way')
    .option('--steps <count>', 'batches in all', wholeNumber)
    .option('--seq-len <count>', 'tokens of an input', wholeNumber)
    .option('--batch-size <count>', 'inputs a step', wholeNumber)
    .option('--learning-rate <rate>', 'highest learning rate', Number)
    .option('--seed <number>', 'of first weights, order, masks and dropout', countNumber)
    .action(async (flags: PretrainFlags) => {
      const overrides = pretrainOverrides(flags);
      const config = await readConfig({ file: flags.config, overrides }, CONFIG_SCHEMAS.pretrain);
      await runPretrain(
        { config, overwrite: flags.overwrite, resumes: flags.resume },
        { output: createOutput({ isJson: flags.json }), signal },
      );
    });
}

const pretrainOverrides = (flags: PretrainFlags): ReturnType<typeof configOverrides> =>
  configOverrides(flags, [
    ['model', flags.model],
    ['generator', flags.generator],
    ['tokenizer', flags.tokenizer],
    ['data.train', flags.train],
    ['data.heldOut', flags.heldOut],
    ['out', flags.out],
    ['training.steps', flags.steps],
    ['training.seqLen', flags.seqLen],
    ['training.batchSize', flags.batchSize],
    ['training.learningRate', flags.learningRate],
    ['seed', flags.seed],
  ]);
