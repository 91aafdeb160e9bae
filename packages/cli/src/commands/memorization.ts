import type { MemorizedText } from '@tesserae/data';
import { canaryExposure, indexTrainingTexts, readJsonLines, readText } from '@tesserae/data';
import { findFiles } from '@tesserae/data/node';
import { OptionError } from '@tesserae/tensor';
import { T5ForConditionalGeneration } from 'tesserae';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../command-context.js';
import { readInput } from '../data-input.js';

/** Options of the command. */
export interface MemorizationOptions {
  readonly train: readonly string[];
  readonly outputs: string;
  readonly trainField: string;
  readonly field: string;
  readonly verbatimWords: number;
  readonly nearSimilarity: number;
  readonly model?: string;
  readonly canaries?: string;
  readonly backend: string;
  readonly threads?: number;
}

/** Compares what a model wrote with what it was trained on; with canaries, says how exposed they are. */
export async function runMemorization(options: MemorizationOptions, context: CommandContext): Promise<void> {
  const { output, signal } = context;
  const { verbatimWords, nearSimilarity } = options;
  if ((options.model === undefined) !== (options.canaries === undefined)) throw halfGiven();
  const index = await indexTrainingTexts(textsOf(options.train, options.trainField, signal), {
    ...{ verbatimWords, nearSimilarity, signal },
  });
  const counts = { verbatim: 0, 'near-verbatim': 0, new: 0 };
  let row = 0;
  for await (const text of textsOf([options.outputs], options.field, signal)) {
    const found = index.compare(text);
    counts[found.kind]++;
    if (output.isJson || found.kind !== 'new') output.result({ row, ...found }, shown(row, text, found));
    row++;
  }
  const exposures = options.canaries === undefined ? undefined : await exposed(options, context);
  output.result(
    { outputs: row, trainingTexts: index.numExamples, ...counts, ...(exposures && { canaries: exposures }) },
    summary(row, counts, exposures),
  );
}

/** Texts of lines, or of a field of records. */
async function* textsOf(
  paths: readonly string[],
  field: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const files = await findFiles(paths);
  const isText = files.every(({ name }) => /\.txt(\.gz)?$/.test(name));
  const records = isText
    ? readText(files, { blankLines: 'skip', signal })
    : readInput(files, { format: 'auto', field, signal });
  for await (const record of records) {
    const { text } = record as { readonly text: unknown };
    yield typeof text === 'string' ? text : noText(text, field);
  }
}

function noText(got: unknown, field: string): never {
  throw new OptionError({
    op: 'memorization',
    problem: `field '${field}' of a record is ${JSON.stringify(got)}, needed a text`,
    likely: 'Name another field by --train-field or --field.',
    page: 'input-format',
    got,
  });
}

function shown(
  row: number,
  text: string,
  { kind, example, runWords, run, similarity }: MemorizedText,
): string {
  const part = run === undefined ? '' : text.slice(run.output.start, run.output.end);
  return `${row}: ${kind} of training text ${example} (${runWords} words in a row, similarity ${similarity.toFixed(2)}): ${part}`;
}

interface CanaryResult {
  readonly canary: string;
  readonly rank: number;
  readonly numCandidates: number;
  readonly exposure: number;
}

/** Scores each canary beside its candidates: `{"input": "…", "canary": "…", "candidates": ["…", …]}`. */
async function exposed(
  { model: path, canaries, backend: name, threads }: MemorizationOptions,
  { signal }: CommandContext,
): Promise<readonly CanaryResult[]> {
  const backend = await openBackend({ name, threads });
  try {
    const model = await T5ForConditionalGeneration.fromPretrained(path!, { backend, signal });
    const results: CanaryResult[] = [];
    for await (const record of readJsonLines(await findFiles([canaries!]), { signal })) {
      const { input, canary, candidates } = canaryOf(record);
      const [scores] = await model.score([{ input, targets: [canary, ...candidates] }], { signal });
      const [own, ...others] = scores!.map(({ logProb }) => -logProb);
      results.push({ canary, ...canaryExposure(own!, others) });
    }
    await model.close();
    return results;
  } finally {
    await backend.close();
  }
}

interface Canary {
  readonly input: string;
  readonly canary: string;
  readonly candidates: readonly string[];
}

function canaryOf(record: Readonly<Record<string, unknown>>): Canary {
  const { input, canary, candidates } = record;
  const areTexts = Array.isArray(candidates) && candidates.every((one) => typeof one === 'string');
  if (typeof input === 'string' && typeof canary === 'string' && areTexts)
    return { input, canary, candidates: candidates as string[] };
  throw new OptionError({
    op: 'memorization',
    problem: `a canary is ${JSON.stringify(record).slice(0, 80)}`,
    likely: 'Each line is {"input": "…", "canary": "…", "candidates": ["…", …]}.',
    page: 'canary-line',
    got: record,
  });
}

function halfGiven(): OptionError {
  return new OptionError({
    op: 'memorization',
    problem: 'one of --model and --canaries is missing',
    likely: 'The model scores the canaries: give both, or neither.',
    page: 'canary-line',
  });
}

function summary(
  total: number,
  counts: Readonly<Record<MemorizedText['kind'], number>>,
  canaries: readonly CanaryResult[] = [],
): string {
  const share = (count: number): string => `${((100 * count) / Math.max(1, total)).toFixed(1)} %`;
  return [
    `${total} outputs: ${counts.verbatim} verbatim (${share(counts.verbatim)}), ${counts['near-verbatim']} nearly (${share(counts['near-verbatim'])}), ${counts.new} new`,
    ...canaries.map(
      ({ canary, rank, numCandidates, exposure }) =>
        `canary '${canary}': rank ${rank} of ${numCandidates + 1}, exposure ${exposure.toFixed(2)} bits`,
    ),
  ].join('\n');
}
