import { indexEvaluation } from '@tesserae/data';
import type { CleaningOptions, ContaminationIndex, DataFile } from '@tesserae/data';
import { findFiles, prepareShards } from '@tesserae/data/node';
import type { PrepareProgress } from '@tesserae/data/node';
import type { CommandContext } from '../command-context.js';
import { countedFile, readEvaluation, readInput } from '../data-input.js';
import type { InputFormat } from '../data-input.js';
import { formatCleaningReport } from '../cleaning-report.js';
import { createProgress } from '../progress.js';
import { loadTokenizer } from '../tokenizer-file.js';

/** Options of the command. */
interface PrepareCommandOptions {
  readonly inputs: readonly string[];
  readonly tokenizer: string;
  readonly out: string;
  readonly format: InputFormat;
  readonly field: string;
  readonly task?: string;
  readonly shardTokens?: number;
  readonly workers?: number;
  readonly eos: boolean;
  readonly dedupe?: 'exact' | 'near';
  readonly threshold: number;
  readonly decontaminate?: readonly string[];
  readonly ngram: number;
  readonly contaminated: 'drop' | 'cut';
  readonly c4: boolean;
  readonly resume: boolean;
  readonly overwrite: boolean;
}

/** Text or task files to a folder of tokenised shards. */
export async function runPrepare(
  options: PrepareCommandOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const { format, field, task, out, shardTokens, workers, resume, overwrite } = options;
  const tokenizer = await loadTokenizer(options.tokenizer);
  const files = await findFiles(options.inputs);
  const evaluation = await evaluationIndex(options, signal);
  const sizes = await Promise.all(files.map(sizeOf));
  const totalBytes = sizes.includes(null) ? 0 : sizes.reduce<number>((sum, size) => sum + size!, 0);
  const progress = createProgress('preparing', totalBytes, { isQuiet: output.isJson });
  let readBytes = 0;
  const counted = files.map((file) => countedFile(file, (count) => (readBytes += count)));
  const onProgress = ({ documents, tokens, shards }: PrepareProgress): void =>
    progress.update(
      Math.min(readBytes, totalBytes),
      `${documents} documents, ${tokens} tokens, ${shards} shards`,
    );
  const startedAt = performance.now();
  try {
    const input = { format, field, ...(task === undefined ? {} : { task }) };
    const result = await prepareShards((after) => readInput(counted, { ...input, after, signal }), {
      ...{ tokenizer, out, signal, resume, overwrite, onProgress },
      ...(options.eos ? {} : { addEos: false }),
      ...(task === undefined ? {} : { features: ['inputs', 'targets'] }),
      ...(shardTokens === undefined ? {} : { shardTokens }),
      ...(workers === undefined ? {} : { workers }),
      cleaning: cleaningOptions(options, evaluation),
      source: { files: files.map(({ name }, at) => ({ name, sizeBytes: sizes[at]! })), ...input },
    });
    progress.stop();
    const seconds = (performance.now() - startedAt) / 1000;
    output.result({ out, ...result, seconds }, summary(result, { out, seconds }));
    if (!output.isJson) output.note(formatCleaningReport(result.report));
  } finally {
    progress.stop();
  }
}

function cleaningOptions(
  { dedupe, threshold, contaminated, c4 }: PrepareCommandOptions,
  evaluation: ContaminationIndex | undefined,
): CleaningOptions {
  return {
    ...(dedupe === undefined ? {} : { duplicates: dedupe, threshold }),
    ...(evaluation === undefined ? {} : { evaluation, contaminated }),
    ...(c4 ? { lineRules: 'c4' } : {}),
  };
}

async function evaluationIndex(
  { decontaminate, ngram }: PrepareCommandOptions,
  signal: AbortSignal,
): Promise<ContaminationIndex | undefined> {
  if (decontaminate === undefined) return undefined;
  const files = await findFiles(decontaminate);
  const sets = files.map((file) => ({ name: file.name, texts: readEvaluation(file, { signal }) }));
  return indexEvaluation(sets, { ngram, signal });
}

/** Bytes of a file; null when it does not say, as standard input. */
async function sizeOf({ ranges }: DataFile): Promise<number | null> {
  return (await ranges?.sizeBytes().catch(() => null)) ?? null;
}

function summary(
  result: Awaited<ReturnType<typeof prepareShards>>,
  { out, seconds }: { readonly out: string; readonly seconds: number },
): string {
  const { numDocuments, numTokens, numShards, resumedDocuments } = result;
  const count = (value: number): string => value.toLocaleString('en');
  const resumed = resumedDocuments === 0 ? '' : ` (${count(resumedDocuments)} documents were done before)`;
  return `${count(numDocuments)} documents, ${count(numTokens)} tokens in ${numShards} shards in ${out}, ${seconds.toFixed(1)} s${resumed}`;
}
