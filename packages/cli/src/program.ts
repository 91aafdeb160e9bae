import { AGGREGATION_STRATEGIES } from 'tesserae';
import { WEIGHTS_FORMATS } from '@tesserae/weights';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { BACKEND_NAMES } from './backend-choice.js';
import { CONVERTED_DTYPES, runConvert } from './commands/convert.js';
import { runDoctor } from './commands/doctor.js';
import { runForwardCommand } from './commands/forward.js';
import { runGenerate } from './commands/generate.js';
import { runInspect } from './commands/inspect.js';
import { runQuickstart } from './commands/quickstart.js';
import { PREDICT_TASKS, runPredict } from './commands/predict.js';
import { runTokenize } from './commands/tokenize.js';
import { runScore } from './commands/score.js';
import { METRIC_NAMES, runScorePredictions } from './commands/score-predictions.js';
import { runTrainTokenizer, TRAINED_MODELS } from './commands/train-tokenizer.js';
import type { CommandContext } from './command-context.js';
import { countNumber, jsonOption, wholeNumber } from './command-options.js';
import { addDataCommands } from './data-program.js';
import { EXIT, createOutput, describeError } from './output.js';
import { addTrainingCommands } from './training-program.js';
import { PREDICTION_FORMATS } from './scoring/prediction-files.js';

interface WithJson {
  readonly json: boolean;
}

interface WithModel {
  readonly model: string;
}

type Action<Options> = (options: Options, context: CommandContext) => Promise<void>;

function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('needed: a number');
  return value;
}

type ConvertFlags = Omit<Parameters<typeof runConvert>[0], 'input' | 'output'> & WithJson;
type TrainTokenizerFlags = Omit<Parameters<typeof runTrainTokenizer>[0], 'files'> & WithJson;

const backendOption = (): Option =>
  new Option('--backend <name>', 'what runs the model').choices([...BACKEND_NAMES]).default('auto');
const threadsOption = (): Option =>
  new Option('--threads <count>', 'threads of ONNX Runtime').argParser(wholeNumber);
const formatOption = (): Option =>
  new Option('--format <name>', 'weights to read where a folder has several').choices([...WEIGHTS_FORMATS]);
const classOption = (): Option =>
  new Option('--class <name>', 'model class, instead of the one config.json names');

/**
 * Runs the command line.
 * @param args  without the program's name
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const controller = new AbortController();
  const onInterrupt = (): void => controller.abort(new DOMException('interrupted', 'AbortError'));
  process.once('SIGINT', onInterrupt);
  try {
    await createProgram(controller.signal).parseAsync([...args], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    process.stderr.write(`${describeError(error, { isJson: args.includes('--json') })}\n`);
    return controller.signal.aborted ? EXIT.interrupted : EXIT.failed;
  } finally {
    process.removeListener('SIGINT', onInterrupt);
  }
}

function createProgram(signal: AbortSignal): Command {
  const program = new Command('tesserae')
    .description('T5 and ELECTRA: train, run and inspect models.')
    .exitOverride()
    .showHelpAfterError('(tesserae --help lists the commands)');
  for (const addCommand of [
    addQuickstart,
    addForward,
    addGenerate,
    addPredict,
    addScore,
    addTokenize,
    addDataCommands,
    addTrainingCommands,
    addTrainTokenizer,
    addScorePredictions,
    addInspect,
    addConvert,
    addDoctor,
  ])
    addCommand(program, signal);
  return program;
}

const run =
  <Options>(action: Action<Options>, signal: AbortSignal) =>
  (options: Options & WithJson): Promise<void> =>
    action(options, { output: createOutput({ isJson: options.json }), signal });

const runOn =
  <Options extends WithModel>(action: Action<Options>, signal: AbortSignal) =>
  (model: string, options: Options & WithJson): Promise<void> =>
    action({ ...options, model }, { output: createOutput({ isJson: options.json }), signal });

function addQuickstart(program: Command, signal: AbortSignal): void {
  program
    .command('quickstart')
    .description(
      'train a spam filter (ELECTRA) and a pronouncer (T5) from scratch, save, reload and use them',
    )
    .option('--out <dir>', 'where the two model folders go; default: a temporary folder')
    .option('--seed <number>', 'seed of everything random', wholeNumber, 1)
    .option('--seconds <count>', 'time for training, both models together', wholeNumber, 165)
    .option('--overwrite', 'replace model folders of an earlier run', false)
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(run(runQuickstart, signal));
}

function addForward(program: Command, signal: AbortSignal): void {
  program
    .command('forward')
    .argument('<model>', 'a Hugging Face folder')
    .description('one forward pass, to check against another implementation')
    .requiredOption('--inputs <file>', 'safetensors named as the forward arguments (input_ids, labels, …)')
    .requiredOption('--out <file>', 'safetensors to write: logits, loss, …, and grad.<name> with --grads')
    .option('--grads', 'also the gradient of the loss for every parameter', false)
    .option('--overwrite', 'replace the output file', false)
    .addOption(classOption())
    .addOption(formatOption())
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(runOn(runForwardCommand, signal));
}

function addGenerate(program: Command, signal: AbortSignal): void {
  program
    .command('generate')
    .argument('<model>', 'a folder or hub id of a T5')
    .description('text from a T5: greedy, beams, sampling, with constraints')
    .option('--text <text...>', 'inputs; default: the lines of standard input')
    .option('--ids <file>', 'JSON {"input_ids": [[…]], "attention_mask": [[…]]} instead of text')
    .option('--options <json>', 'options of generation, named as in Hugging Face, e.g. \'{"num_beams": 4}\'')
    .option('--task <name>', "a task of the model's config: its prefix and its options")
    .option('--max-new-tokens <count>', 'longest answer; default: what the options say, else 20', wholeNumber)
    .addOption(formatOption())
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(runOn(runGenerate, signal));
}

function addPredict(program: Command, signal: AbortSignal): void {
  program
    .command('predict')
    .argument('<model>', 'a folder or hub id')
    .description(
      'what a model says of lines of text, or of JSON lines, one JSON line each; positions are UTF-16 code units',
    )
    .addOption(new Option('--task <name>', "default: that of the model's class").choices([...PREDICT_TASKS]))
    .option(
      '--input <file>',
      'texts, or JSON lines {"text", "pair"?}, {"question", "context"}; default: standard input',
    )
    .option('--batch-size <count>', 'texts in one run', wholeNumber, 32)
    .option('--max-length <count>', 'longest input in tokens', wholeNumber)
    .option('--truncation', 'cut texts that are longer; else they are an error', false)
    .option(
      '--stride <count>',
      'tokens that the windows of long texts share (entities, answers)',
      countNumber,
    )
    .option('--top-k <count>', 'answers, or pieces for a mask', wholeNumber)
    .addOption(
      new Option('--aggregation <name>', 'how tokens become entities').choices([...AGGREGATION_STRATEGIES]),
    )
    .option('--handle-impossible-answer', 'lets no answer compete', false)
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(runOn(runPredict, signal));
}

function addScore(program: Command, signal: AbortSignal): void {
  program
    .command('score')
    .argument('<model>', 'a folder or hub id of a T5')
    .description('log P(target | input), whole and by token, of JSON lines {"input", "target"}')
    .option('--input <file>', 'JSON lines; default: standard input; "targets": [...] ranks several')
    .option('--batch-size <count>', 'inputs in one run', wholeNumber, 16)
    .option('--normalize-by-length', 'rank by the mean log-probability of a token', false)
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(runOn(runScore, signal));
}

function addTokenize(program: Command, signal: AbortSignal): void {
  program
    .command('tokenize')
    .argument('<path>', 'a model folder, or a tokenizer.json, spiece.model or vocab.txt')
    .description('lines of standard input as {ids, tokens, offsets, typeIds, wordIds}, a JSON line each')
    .option('--pair', 'lines are "text<TAB>pair"', false)
    .option('--no-special-tokens', 'leave out the special tokens that the model expects around a text')
    .option('--split-special-tokens', 'read special tokens in the text as text', false)
    .option('--json-input', 'lines are JSON: a string, an array of words, or {text, pair}', false)
    .option('--max-length <count>', 'cut to so many tokens', wholeNumber)
    .addOption(jsonOption())
    .action(runOn(runTokenize, signal));
}

function addTrainTokenizer(program: Command, signal: AbortSignal): void {
  program
    .command('train-tokenizer')
    .argument('<files...>', 'text files, one text a line; names in .gz are unpacked')
    .description('learn a T5 (Unigram) or ELECTRA (WordPiece) tokenizer and write its folder')
    .requiredOption('--out <dir>', 'where tokenizer.json, spiece.model or vocab.txt, and the configs go')
    .addOption(new Option('--model <kind>', 'which kind').choices([...TRAINED_MODELS]).default('unigram'))
    .option('--vocab-size <count>', 'tokens in all', wholeNumber, 32_000)
    .option('--limit-alphabet <count>', 'the most different characters kept', wholeNumber)
    .option(
      '--character-coverage <share>',
      'unigram: share of the characters kept; default 0.9995',
      anyNumber,
    )
    .option('--byte-fallback', 'unigram: unknown characters become bytes', false)
    .option('--extra-ids <count>', 'unigram: number of sentinels; default 100', countNumber)
    .option('--sample-size <count>', 'unigram: learn from so many texts, drawn at random', wholeNumber)
    .option('--seed <number>', 'seed of the drawing', wholeNumber, 1)
    .option('--cased', 'wordpiece: keep upper case and accents', false)
    .option('--min-frequency <count>', 'wordpiece: least count of a merged pair; default 2', wholeNumber)
    .option('--overwrite', 'replace files of an earlier run', false)
    .addOption(jsonOption())
    .action((files: readonly string[], options: TrainTokenizerFlags) =>
      runTrainTokenizer({ ...options, files }, { output: createOutput({ isJson: options.json }), signal }),
    );
}

function addScorePredictions(program: Command, signal: AbortSignal): void {
  program
    .command('score-predictions')
    .description('metrics of predictions in a file against targets in another')
    .requiredOption('--predictions <file>', 'lines, JSON lines, CoNLL columns, or {id: answer} for SQuAD')
    .requiredOption('--targets <file>', 'lines, JSON lines, CoNLL columns, or a SQuAD file')
    .addOption(
      new Option('--metric <name...>', 'which; default: every one that fits').choices([...METRIC_NAMES]),
    )
    .addOption(
      new Option('--format <name>', 'how both files are read; default: as they look').choices([
        ...PREDICTION_FORMATS,
      ]),
    )
    .addOption(
      new Option('--tag-scheme <name>', 'count only well-formed spans').choices([
        'IOB1',
        'IOB2',
        'IOBES',
        'BILOU',
      ]),
    )
    .option('--unanswerable-scores <file>', 'JSON {id: score} for SQuAD 2.0: high where there is no answer')
    .option(
      '--unanswerable-threshold <number>',
      'above it nothing is taken as answered; default 1',
      anyNumber,
    )
    .option('--bootstrap <samples>', 'adds a 95 % interval from so many resamples', wholeNumber)
    .option('--seed <number>', 'seed of the resampling; default 1', wholeNumber)
    .addOption(jsonOption())
    .action(run(runScorePredictions, signal));
}

function addInspect(program: Command, signal: AbortSignal): void {
  const parts = ['config', 'params', 'graph', 'dot', 'plan', 'all'];
  program
    .command('inspect')
    .argument('<model>', 'a Hugging Face folder')
    .description('config, parameters, graph and memory plan of a model')
    .addOption(new Option('--what <part>', 'which part').choices(parts).default('all'))
    .option('--batch <count>', 'batch size of the plan', wholeNumber, 1)
    .option('--length <count>', 'tokens per input in the plan', wholeNumber, 128)
    .addOption(classOption())
    .addOption(formatOption())
    .addOption(jsonOption())
    .action(runOn(runInspect, signal));
}

function addConvert(program: Command, signal: AbortSignal): void {
  program
    .command('convert')
    .argument('<input>', 'a folder with weights as safetensors, PyTorch, TensorFlow checkpoint or T5X')
    .argument('<output>', 'the Hugging Face folder to write')
    .description('a model in any form that is read, as a Hugging Face folder with safetensors')
    .addOption(classOption())
    .addOption(formatOption())
    .addOption(new Option('--dtype <name>', 'of the weights').choices([...CONVERTED_DTYPES]).default('f32'))
    .option('--overwrite', 'replace files of the same names', false)
    .addOption(jsonOption())
    .action((input: string, out: string, options: ConvertFlags) =>
      runConvert(
        { ...options, input, output: out },
        { output: createOutput({ isJson: options.json }), signal },
      ),
    );
}

function addDoctor(program: Command, signal: AbortSignal): void {
  program
    .command('doctor')
    .description('which backends can run here, and why the others cannot')
    .addOption(jsonOption())
    .action(run(runDoctor, signal));
}
