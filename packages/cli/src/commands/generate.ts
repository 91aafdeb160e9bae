import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { GenerateResult, SourceBatch } from '@tesserae/t5-model';
import { FormatError, OptionError, hostTensor } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import type { WeightsFormat } from '@tesserae/weights';
import { T5ForConditionalGeneration } from 'tesserae';
import type { T5GenerateOptions } from 'tesserae';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../command-context.js';
import { createProgress } from '../progress.js';

interface GenerateCommandOptions {
  readonly model: string;
  readonly text?: readonly string[];
  readonly ids?: string;
  /** JSON of GenerationConfig's names. */
  readonly options?: string;
  readonly task?: string;
  readonly maxNewTokens?: number;
  readonly format?: WeightsFormat;
  readonly backend: string;
  readonly threads?: number;
}

/** Prints one line per returned sequence, in the order of the inputs. */
export async function runGenerate(
  options: GenerateCommandOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const given = parseOptions(options);
  if (options.ids !== undefined && options.task !== undefined) throw taskWithIds(options.task);
  const backend = await openBackend({ name: options.backend, threads: options.threads });
  try {
    const model = await T5ForConditionalGeneration.fromPretrained(options.model, {
      backend,
      format: options.format,
      signal,
    });
    const progress = createProgress('generating', given.maxNewTokens ?? 0, { isQuiet: output.isJson });
    const result = await generate(model, options, {
      ...given,
      signal,
      onStep: (steps) => progress.update(steps),
    });
    progress.stop();
    result.sequences.forEach((ids, at) => {
      const text = model.model.tokenizer?.decode(ids, { skipSpecialTokens: true });
      const tokenScores = result.tokenLogProbs?.[at];
      output.result(
        {
          row: result.rows[at],
          ids: [...ids],
          ...(text === undefined ? {} : { text }),
          score: result.scores?.[at],
          ...(tokenScores === undefined ? {} : { tokenScores: Array.from(tokenScores) }),
          finishReason: result.finishReasons[at],
        },
        text ?? ids.join(' '),
      );
    });
    await model.close();
  } finally {
    await backend.close();
  }
}

async function generate(
  model: T5ForConditionalGeneration,
  command: GenerateCommandOptions,
  options: T5GenerateOptions,
): Promise<GenerateResult> {
  if (command.ids !== undefined) return model.generateIds(await readIds(command.ids), options);
  const { task } = command;
  return model.generateDetailed(await inputTexts(command), {
    ...options,
    ...(task === undefined ? {} : { task }),
  });
}

/** --options as an object, with --max-new-tokens put in. @throws OptionError when it is no JSON object */
function parseOptions({ options: text = '{}', maxNewTokens }: GenerateCommandOptions): T5GenerateOptions {
  const options = jsonOf(text);
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) {
    return { ...options, ...(maxNewTokens === undefined ? {} : { maxNewTokens }) };
  }
  throw new OptionError({
    op: 'generate',
    problem: `--options is ${JSON.stringify(text)}, needed a JSON object`,
    likely: 'Quote it for the shell: --options \'{"numBeams": 4}\'.',
    page: 'option-value',
    got: text,
  });
}

function taskWithIds(task: string): OptionError {
  return new OptionError({
    op: 'generate',
    problem: `--task ${task} puts a prefix before texts, and --ids gives no texts`,
    likely: 'Give texts, or put the ids of the prefix into the file and its settings into --options.',
    page: 'option-conflict',
    got: task,
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function inputTexts({ text }: GenerateCommandOptions): Promise<readonly string[]> {
  if (text !== undefined) return text;
  return (await readAll(process.stdin)).split('\n').filter((line) => line !== '');
}

/** Reads {"input_ids": [[…]], "attention_mask": [[…]]}; a missing mask means that nothing is padding. */
async function readIds(path: string): Promise<SourceBatch> {
  const json = parse(path, await readFile(path, 'utf8'));
  const inputIds = matrix(path, 'input_ids', json['input_ids']);
  const mask = json['attention_mask'];
  const ones = hostTensor('i32', inputIds.shape, new Int32Array(inputIds.data.length).fill(1));
  return { inputIds, attentionMask: mask === undefined ? ones : matrix(path, 'attention_mask', mask) };
}

function parse(path: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new FormatError({
      op: 'generate',
      problem: 'the ids are not JSON',
      page: 'ids-file',
      file: path,
      cause,
    });
  }
}

function matrix(path: string, key: string, value: unknown): HostTensor {
  const rows = Array.isArray(value) ? (value as unknown[]) : [];
  const width = Array.isArray(rows[0]) ? rows[0].length : 0;
  const isMatrix =
    width > 0 &&
    rows.every(
      (row) => Array.isArray(row) && row.length === width && row.every((id) => Number.isInteger(id)),
    );
  if (!isMatrix) {
    throw new FormatError({
      op: 'generate',
      problem: `'${key}' is no matrix of whole numbers`,
      likely: 'Give rows of equal length; pad short ones and set their attention_mask to 0.',
      page: 'ids-file',
      file: path,
      got: value,
    });
  }
  return hostTensor('i32', [rows.length, width], rows.flat() as number[]);
}
