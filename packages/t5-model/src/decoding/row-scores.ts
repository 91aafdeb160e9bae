import { argMaxOf, logSumExp, topIndices } from '../generation/numerics.js';
import type { StepRequest, StepScores } from './session.js';

/** What was asked of raw scores f32[n, vocabSize], chosen on the host. */
export function answerRequest(
  logits: Float32Array,
  request: StepRequest,
  { vocabSize }: { readonly vocabSize: number },
): StepScores {
  if (request.kind === 'logits') return { logits };
  const count = logits.length / vocabSize;
  const rowAt = (index: number): Float32Array => logits.subarray(index * vocabSize, (index + 1) * vocabSize);
  if (request.kind === 'argMax') return { ids: Int32Array.from({ length: count }, (_, at) => argMaxOf(rowAt(at))) };
  const { k } = request;
  const ids = new Int32Array(count * k);
  const logProbs = new Float32Array(count * k);
  for (let index = 0; index < count; index++) {
    const row = rowAt(index);
    const total = logSumExp(row);
    topIndices(row, k).forEach((id, rank) => {
      ids[index * k + rank] = id;
      logProbs[index * k + rank] = row[id]! - total;
    });
  }
  return { ids, logProbs };
}
