import type { T5Scorer, TargetScore } from '@tesserae/t5-model';
import { perplexityOf } from '@tesserae/t5-model';
import { OptionError, checkOptions, hostTensor } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';

/** An input and the texts that are scored given it. */
export interface ScoredInput {
  readonly input: string;
  readonly targets: readonly string[];
}

/** Score of one target; logarithms are natural. */
export interface TextScore extends TargetScore {
  /** The target's tokens, the end token included. */
  readonly tokens: readonly string[];
  /** e to the mean negative log-probability of a token. */
  readonly perplexity: number;
}

/** How texts are scored. */
export interface ScoreTextsOptions {
  /** Inputs encoded in one run; default 16. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** log P(target | input) of every target of every input, in their order. */
export async function scoreTexts(
  { scorer, tokenizer }: { readonly scorer: T5Scorer; readonly tokenizer: Tokenizer },
  inputs: readonly ScoredInput[],
  options: ScoreTextsOptions = {},
): Promise<TextScore[][]> {
  checkOptions('score', options, ['batchSize', 'signal', 'onProgress']);
  const { batchSize = 16, signal, onProgress } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new OptionError({
      op: 'score',
      problem: `batchSize is ${batchSize}, needed a positive whole number`,
      page: 'option-value',
      got: batchSize,
    });
  }
  const results: TextScore[][] = [];
  for (let start = 0; start < inputs.length; start += batchSize) {
    signal?.throwIfAborted();
    const part = inputs.slice(start, start + batchSize);
    const ids = part.map(({ targets }) => targets.map((target) => tokenizer.encode(target).ids));
    const scores = await scorer.score(sourceOf(part, tokenizer), ids, { signal });
    scores.forEach((row, at) =>
      results.push(row.map((score, index) => textScore(score, { ids: ids[at]![index]!, tokenizer }))),
    );
    onProgress?.(results.length, inputs.length);
  }
  return results;
}

function sourceOf(
  inputs: readonly ScoredInput[],
  tokenizer: Tokenizer,
): { readonly inputIds: HostTensor; readonly attentionMask: HostTensor } {
  const texts = inputs.map(({ input }) => input);
  const { inputIds, attentionMask, batch, seqLen } = tokenizer.encodeBatch(texts, { padding: 'longest' });
  const tensor = (ids: Int32Array): HostTensor =>
    hostTensor('i32', [batch, seqLen], ids as Int32Array<ArrayBuffer>);
  return { inputIds: tensor(inputIds), attentionMask: tensor(attentionMask) };
}

function textScore(
  score: TargetScore,
  { ids, tokenizer }: { readonly ids: Int32Array; readonly tokenizer: Tokenizer },
): TextScore {
  const tokens = Array.from(ids, (id) => tokenizer.idToToken(id) ?? '');
  return { ...score, tokens, perplexity: perplexityOf([score]) };
}
