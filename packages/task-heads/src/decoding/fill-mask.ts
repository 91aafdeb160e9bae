import { OptionError } from '@tesserae/tensor';
import { softmaxOf } from './token-spans.js';

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
  if (!(Number.isSafeInteger(topK) && topK > 0)) {
    throw new OptionError({
      op: 'fillMask',
      problem: `topK is ${topK}, needed a whole number from 1`,
      page: 'option-value',
      got: topK,
    });
  }
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
  const ids = targets ?? scores.keys();
  const best: FilledToken[] = [];
  for (const id of ids) {
    const score = scores[id]!;
    if (best.length === topK && score <= best.at(-1)!.score) continue;
    const place = best.findIndex((other) => other.score < score);
    best.splice(place < 0 ? best.length : place, 0, { id, score });
    best.length = Math.min(best.length, topK);
  }
  return best;
}
