import { questionAnsweringLoss } from '@tesserae/task-heads';
import type { Tensor } from '@tesserae/tensor';
import { withLoss } from './architecture.js';

/** What the classes for questions give: logits of starts and ends, and the loss where both positions are given. */
export function answerOutputs(
  logits: { readonly startLogits: Tensor; readonly endLogits: Tensor },
  inputs: Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Tensor>> {
  const { start_positions: startPositions, end_positions: endPositions } = inputs;
  const isLabelled = startPositions !== undefined && endPositions !== undefined;
  return withLoss(
    { start_logits: logits.startLogits, end_logits: logits.endLogits },
    isLabelled ? questionAnsweringLoss(logits, { startPositions, endPositions }) : undefined,
  );
}
