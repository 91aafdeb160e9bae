import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { FormatError, hostTensor } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import { T5ForConditionalGeneration } from 'tesserae';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../command-context.js';
import { createProgress } from '../progress.js';

interface GenerateOptions {
  readonly model: string;
  readonly text?: readonly string[];
  readonly ids?: string;
  readonly maxNewTokens: number;
  readonly backend: string;
  readonly threads?: number;
}

/** Prints one line per input, in their order. */
export async function runGenerate(
  options: GenerateOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const backend = await openBackend({ name: options.backend, threads: options.threads });
  try {
    const model = await T5ForConditionalGeneration.fromPretrained(options.model, { backend, signal });
    const batch =
      options.ids === undefined ? encodeTexts(model, await inputTexts(options)) : await readIds(options.ids);
    const progress = createProgress('generating', options.maxNewTokens, { isQuiet: output.isJson });
    const rows = await model.generateIds(batch, {
      maxNewTokens: options.maxNewTokens,
      signal,
      onStep: (_, step) => progress.update(step + 1),
    });
    progress.stop();
    rows.forEach((ids, row) => {
      const text = model.model.tokenizer?.decode(ids, { skipSpecialTokens: true });
      output.result({ row, ids: [...ids], ...(text === undefined ? {} : { text }) }, text ?? ids.join(' '));
    });
    await model.close();
  } finally {
    await backend.close();
  }
}

async function inputTexts({ text }: GenerateOptions): Promise<readonly string[]> {
  if (text !== undefined) return text;
  return (await readAll(process.stdin)).split('\n').filter((line) => line !== '');
}

interface SourceBatch {
  readonly inputIds: HostTensor;
  readonly attentionMask: HostTensor;
}

function encodeTexts(model: T5ForConditionalGeneration, texts: readonly string[]): SourceBatch {
  const { inputIds, attentionMask, batch, seqLen } = model.tokenizer.encodeBatch(texts, {
    padding: 'longest',
  });
  return {
    inputIds: hostTensor('i32', [batch, seqLen], inputIds as Int32Array<ArrayBuffer>),
    attentionMask: hostTensor('i32', [batch, seqLen], attentionMask as Int32Array<ArrayBuffer>),
  };
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
