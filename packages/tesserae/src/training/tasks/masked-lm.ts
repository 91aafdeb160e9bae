import type { EncoderIds, Random } from '@tesserae/data';
import { encoderIds, joinSegments, maskTokens, plainEncoder, roundHalfEven } from '@tesserae/data';
import { IGNORE_INDEX, tokenCrossEntropy } from '@tesserae/nn';
import { add, argMax } from '@tesserae/tensor';
import type { EncoderRow } from '../padded-batch.js';
import { ENCODER_AXES, encoderInputs, rowOf, tokenLabels } from '../padded-batch.js';
import { textOf } from '../row-fields.js';
import type { BatchInputs, Features, Judged, TrainingTask } from '../task.js';
import type { TaskContext } from './task-context.js';

/** Part of a text, whole: what is hidden is drawn for each batch. */
interface TextWindow extends Features, EncoderRow {
  readonly inputIds: Int32Array;
}

/** Original and guessed ids at the hidden positions. */
type Read = readonly (readonly [original: number, guessed: number])[];

/** Share of the tokens that is hidden. @see Devlin et al. 2019; Clark et al. 2020 */
const MASK_PROBABILITY = 0.15;

/** Rows are `{ text }`; long ones are parted into windows. As in ELECTRA 15 % is chosen, of which 85 % become [MASK]. */
export function maskedLm(context: TaskContext): TrainingTask<TextWindow, Read> {
  const { tokenizer, forward, padId, maxLength, hasSegments } = context;
  const ids = encoderIds(tokenizer);
  const encode = plainEncoder(tokenizer);
  return {
    name: 'masked-lm',
    metrics: ['accuracy'],
    axes: { ...ENCODER_AXES, labels: ['batch', 'seqLen'] },
    features(row, place) {
      const tokens = encode(textOf({ row, place }, 'text'));
      const room = maxLength - 2;
      return Array.from({ length: Math.ceil(tokens.length / room) }, (_, at) => {
        const part = tokens.subarray(at * room, (at + 1) * room);
        const { inputIds, typeIds } = joinSegments([part], ids);
        const size = inputIds.length;
        const numLabels = Math.max(1, roundHalfEven(size * MASK_PROBABILITY));
        const row = { inputIds, ...(hasSegments ? { typeIds } : {}) };
        return { ...row, lengths: [size], numTokens: size, numLabels };
      });
    },
    batch: (examples, { lengths: [length], random }) =>
      maskedBatch(examples, { length: length!, padId, ids, random }),
    loss(params, { labels, ...inputs }, { labelSmoothing, zLoss, rng }) {
      const logits = forward(params, inputs, rng)['logits']!;
      return { ...tokenCrossEntropy(logits, labels!, { labelSmoothing, zLoss }), logits };
    },
    outputs: (params, { labels, ...inputs }) => ({
      classes: argMax(forward(params, inputs)['logits']!, { axis: -1 }), // i32[batch, seqLen]
      labels: add(labels!, 0),
    }),
    read({ classes, labels }, at) {
      const guessed = rowOf(classes!, at);
      return [...rowOf(labels!, at)].flatMap((original, position) =>
        original === IGNORE_INDEX ? [] : [[original, guessed[position]!] as const],
      );
    },
    judge: (_, found) => judge(found),
  };
}

function maskedBatch(
  examples: readonly TextWindow[],
  options: {
    readonly length: number;
    readonly padId: number;
    readonly ids: EncoderIds;
    readonly random: Random;
  },
): BatchInputs {
  const { length, ids, random } = options;
  const masked = examples.map(({ inputIds, ...row }) => ({
    ...row,
    ...maskTokens(inputIds, { ids, random, maskProbability: MASK_PROBABILITY }),
  }));
  return {
    ...encoderInputs(masked, options),
    labels: tokenLabels(
      masked.map(({ labels }) => labels),
      length,
    ),
  };
}

function judge(found: readonly Read[]): Judged {
  const all = found.flat();
  const shares = found.map(
    (pairs) => pairs.filter(([original, guessed]) => original === guessed).length / Math.max(1, pairs.length),
  );
  return {
    views: {
      label: {
        targets: all.map(([original]) => original),
        predictions: all.map(([, guessed]) => guessed),
      },
    },
    shown: shares,
  };
}
