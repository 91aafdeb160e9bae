import { OptionError } from '@tesserae/tensor';
import { requireCounts } from './checks.js';
import { largestIndices, softmaxOf } from './token-spans.js';

/** A piece for a mask. */
export interface FilledToken {
  readonly id: number;
  readonly score: number;
}

/**
 * The best pieces for a masked position.
 * @param logits  [vocabSize]
 * @param options.targets  ids that are compared with each other alone, their scores still those among all pieces; default all
 * @throws OptionError for a `topK` or targets that are impossible
 */
export function decodeMask(
  logits: ArrayLike<number>,
  { topK = 5, targets }: { readonly topK?: number; readonly targets?: readonly number[] } = {},
): FilledToken[] {
  requireCounts('fillMask', { topK });
  const wrong = targets?.find((id) => !(Number.isSafeInteger(id) && id >= 0 && id < logits.length));
  if (wrong !== undefined || targets?.length === 0) {
    throw new OptionError({
      op: 'fillMask',
      problem:
        targets?.length === 0 ? 'there are no targets' : `target ${wrong} is no id below ${logits.length}`,
      page: 'option-value',
      got: targets,
    });
  }
  const scores = softmaxOf(logits);
  const ids = targets === undefined ? largestIndices(scores, topK) : bestOf(targets, scores, topK);
  return ids.map((id) => ({ id, score: scores[id]! }));
}

function bestOf(ids: readonly number[], scores: ArrayLike<number>, topK: number): readonly number[] {
  const order = largestIndices(
    ids.map((id) => scores[id]!),
    topK,
  );
  return order.map((index) => ids[index]!);
}
