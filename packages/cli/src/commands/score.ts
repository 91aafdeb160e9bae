import { createReadStream } from 'node:fs';
import { rankTargets } from '@tesserae/t5-model';
import { FormatError } from '@tesserae/tensor';
import { T5ForConditionalGeneration } from 'tesserae';
import type { ScoredInput, TextScore } from 'tesserae';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../command-context.js';
import { textLines } from '../text-lines.js';

interface ScoreOptions {
  readonly model: string;
  readonly input?: string;
  readonly batchSize: number;
  readonly normalizeByLength: boolean;
  readonly backend: string;
  readonly threads?: number;
}

interface Line extends ScoredInput {
  /** True for a line with `targets`: its options are ranked. */
  readonly isRanked: boolean;
}

/** Prints log P(target | input) of each JSON line, as lines come. */
export async function runScore(options: ScoreOptions, { output, signal }: CommandContext): Promise<void> {
  const backend = await openBackend({ name: options.backend, threads: options.threads });
  try {
    const model = await T5ForConditionalGeneration.fromPretrained(options.model, { backend, signal });
    const stream = options.input === undefined ? process.stdin : createReadStream(options.input);
    const name = options.input ?? 'standard input';
    let row = 0;
    let waiting: Line[] = [];
    const flush = async (): Promise<void> => {
      const scores = await model.score(waiting, { batchSize: options.batchSize, signal });
      for (const [at, line] of waiting.entries()) {
        for (const result of resultsOf(line, scores[at]!, options)) {
          await output.drain(JSON.stringify({ row, ...result }));
        }
        row++;
      }
      waiting = [];
    };
    let number = 0;
    for await (const text of textLines(stream, { signal })) {
      number++;
      if (text.trim() === '') continue;
      waiting.push(parseLine(text, { file: name, line: number }));
      if (waiting.length === options.batchSize) await flush();
    }
    if (waiting.length > 0) await flush();
    await model.close();
  } finally {
    await backend.close();
  }
}

/** One result for a target; for several, one with all of them and which is likeliest. */
function resultsOf(
  { isRanked }: Line,
  scores: readonly TextScore[],
  { normalizeByLength }: ScoreOptions,
): readonly object[] {
  const plain = scores.map(({ logProb, tokenLogProbs, tokens, perplexity }) => ({
    ...{ logProb, perplexity, tokens },
    tokenLogProbs: Array.from(tokenLogProbs),
  }));
  if (!isRanked) return plain;
  const { best } = rankTargets(scores, { normalizesByLength: normalizeByLength });
  return [{ best, targets: plain }];
}

function parseLine(text: string, place: { readonly file: string; readonly line: number }): Line {
  const value = jsonObject(text);
  const { input, target, targets } = value ?? {};
  const list = targets ?? [target];
  const isTexts = Array.isArray(list) && list.length > 0 && list.every((one) => typeof one === 'string');
  if (typeof input === 'string' && isTexts && (target === undefined || targets === undefined)) {
    return { input, targets: list as string[], isRanked: targets !== undefined };
  }
  throw new FormatError({
    op: 'score',
    problem: `line ${place.line} is ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`,
    likely: 'Each line is {"input": "…", "target": "…"}, or {"input": "…", "targets": ["…", …]} to rank.',
    page: 'score-line',
    file: place.file,
    got: value,
  });
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
