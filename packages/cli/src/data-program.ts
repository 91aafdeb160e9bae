import { type Command, Option } from 'commander';
import { countNumber, jsonOption, shareNumber, wholeNumber } from './command-options.js';
import { runDataShow } from './commands/data-show.js';
import { runPrepare } from './commands/prepare.js';
import { INPUT_FORMATS } from './data-input.js';
import { createOutput } from './output.js';

/** Adds `prepare` and `data show`. */
export function addDataCommands(program: Command, signal: AbortSignal): void {
  addPrepare(program, signal);
  const data = program.command('data').description('looks at training data');
  addShow(data, signal);
}

const tokenizerFlag = '--tokenizer <path>';
const tokenizerHelp = 'a model folder, or a tokenizer.json, spiece.model or vocab.txt';
const inputHelp = 'files, folders, patterns or addresses; - is standard input';

const formatOption = (): Option =>
  new Option('--format <name>', 'of the input; auto goes by the endings of names')
    .choices([...INPUT_FORMATS])
    .default('auto');

function addPrepare(program: Command, signal: AbortSignal): void {
  program
    .command('prepare')
    .argument('<input...>', inputHelp)
    .description('text or task files to a folder of tokenised shards')
    .requiredOption(tokenizerFlag, tokenizerHelp)
    .requiredOption('--out <dir>', 'the folder to write')
    .addOption(formatOption())
    .option('--field <name>', 'field of a record that is the text', 'text')
    .option('--task <name>', 'a task of T5, such as glue_cola_v002: inputs and targets of each record')
    .option('--shard-tokens <count>', 'tokens in a shard; default: 2^26', wholeNumber)
    .option(
      '--workers <count>',
      'threads; 0 is none beside the main one; default: cores less one',
      countNumber,
    )
    .option('--no-eos', 'put no end token behind documents')
    .addOption(new Option('--dedupe <kind>', 'remove duplicates').choices(['exact', 'near']))
    .option(
      '--threshold <share>',
      'Jaccard similarity from which texts are near duplicates',
      shareNumber,
      0.8,
    )
    .option('--decontaminate <file...>', 'evaluation files whose runs of words must not be in the shards')
    .option('--ngram <words>', 'length of these runs', wholeNumber, 13)
    .addOption(
      new Option('--contaminated <what>', 'drop a document that repeats one, or cut the part out')
        .choices(['drop', 'cut'])
        .default('drop'),
    )
    .option('--c4', 'apply the line and page rules of C4', false)
    .option('--resume', 'go on where the same command was stopped', false)
    .option('--overwrite', 'replace shards that are there', false)
    .addOption(jsonOption())
    .action((inputs: readonly string[], options: PrepareFlags) =>
      runPrepare({ ...options, inputs }, { output: createOutput({ isJson: options.json }), signal }),
    );
}

function addShow(data: Command, signal: AbortSignal): void {
  data
    .command('show')
    .argument('<input...>', `a folder of shards; or ${inputHelp}`)
    .description('a few examples as the model will see them')
    .requiredOption(tokenizerFlag, tokenizerHelp)
    .option('--task <name>', 'a task of T5, such as glue_cola_v002')
    .option('--objective <name>', 'span-corruption, another objective of T5, ul2, or electra')
    .option('--inputs-length <count>', 'longest inputs in tokens; default: 512, for electra 128', wholeNumber)
    .option('--count <count>', 'how many', wholeNumber, 5)
    .option('--seed <number>', 'seed of everything random', countNumber, 1)
    .addOption(formatOption())
    .option('--field <name>', 'field of a record that is the text', 'text')
    .addOption(jsonOption())
    .action((inputs: readonly string[], options: ShowFlags) =>
      runDataShow({ ...options, inputs }, { output: createOutput({ isJson: options.json }), signal }),
    );
}

type PrepareFlags = Omit<Parameters<typeof runPrepare>[0], 'inputs'> & { readonly json: boolean };
type ShowFlags = Omit<Parameters<typeof runDataShow>[0], 'inputs'> & { readonly json: boolean };
