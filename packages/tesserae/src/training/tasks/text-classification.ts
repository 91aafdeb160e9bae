import type { ProblemType } from '@tesserae/nn';
import { argMaxOf } from '@tesserae/task-heads';
import { sequenceClassificationLoss } from '@tesserae/task-heads';
import { tokenCrossEntropy } from '@tesserae/nn';
import type { HostTensor } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';
import { classOf } from '../class-labels.js';
import type { EncoderRow } from '../padded-batch.js';
import { ENCODER_AXES, encoderInputs, integers, rowOf } from '../padded-batch.js';
import type { NamedRow } from '../row-fields.js';
import { numberOf, optionalText, textOf, wrongField } from '../row-fields.js';
import type { Features, Judged, RowFeatures, TrainingTask } from '../task.js';
import { requirePlainLoss } from '../task.js';
import type { TaskContext } from './task-context.js';

/** A text or pair, and its class, classes or score. */
interface ClassifiedText extends Features, EncoderRow {
  /** A class, a score, or 0 and 1 for every class. */
  readonly label: number | readonly number[];
}

type Read = ArrayLike<number>;

/** Rows are `{ text, pair?, label }`; `label` is a name, a number, or a list of names when several may hold. */
export function textClassification(context: TaskContext): TrainingTask<ClassifiedText, Read> {
  const { tokenizer, config, forward, padId, maxLength, hasSegments } = context;
  const { labels } = config;
  const problemType: ProblemType =
    config.problemType ?? (labels.length === 1 ? 'regression' : 'single_label_classification');
  return {
    name: 'text-classification',
    metrics: METRICS_OF[problemType],
    axes: { ...ENCODER_AXES, labels: ['batch', undefined] },
    features(row, place) {
      const from = { row, place };
      const label = LABEL_READERS[problemType](from, labels);
      const { ids, typeIds } = tokenizer.encode(textOf(from, 'text'), {
        pair: optionalText(from, 'pair'),
        maxLength,
      });
      const text = { inputIds: ids, ...(hasSegments ? { typeIds } : {}) };
      return [{ ...text, label, lengths: [ids.length], numTokens: ids.length, numLabels: 1 }];
    },
    batch: (examples, { lengths: [length] }) => ({
      ...encoderInputs(examples, { length: length!, padId }),
      labels: labelTensor(
        examples.map(({ label }) => label),
        problemType,
      ),
    }),
    loss(params, { labels: targets, ...inputs }, { labelSmoothing, zLoss, rng }) {
      const logits = forward(params, inputs, rng)['logits']!;
      if (problemType === 'single_label_classification')
        return { ...tokenCrossEntropy(logits, targets!, { labelSmoothing, zLoss }), logits };
      requirePlainLoss({ labelSmoothing, zLoss }, problemType);
      return { loss: sequenceClassificationLoss(logits, targets!, { problemType }) };
    },
    outputs: (params, { labels: _, ...inputs }) => ({ logits: forward(params, inputs)['logits']! }),
    read: ({ logits }, at) => rowOf(logits!, at),
    judge: (examples, found) => JUDGES[problemType](examples, found, labels),
  };
}

const METRICS_OF: Readonly<Record<ProblemType, readonly string[]>> = {
  single_label_classification: ['accuracy'],
  multi_label_classification: ['binary-f1', 'sequence-accuracy'],
  regression: ['pearson', 'spearman', 'mean-squared-error'],
};

type LabelReader = (from: NamedRow, labels: readonly string[]) => number | readonly number[];

const LABEL_READERS: Readonly<Record<ProblemType, LabelReader>> = {
  regression: (from) => numberOf(from, 'label'),
  single_label_classification(from, labels) {
    const { label } = from.row;
    const isScalar = ['string', 'number', 'boolean'].includes(typeof label);
    return isScalar
      ? classOf(label, labels, from)
      : wrongField(from, 'label', 'the name or number of a class');
  },
  multi_label_classification(from, labels) {
    const { label } = from.row;
    if (!Array.isArray(label)) return wrongField(from, 'label', 'a list of classes');
    const chosen = new Set((label as unknown[]).map((one) => classOf(one, labels, from)));
    return labels.map((_, index) => (chosen.has(index) ? 1 : 0));
  },
};

function labelTensor(labels: readonly (number | readonly number[])[], type: ProblemType): HostTensor {
  if (type === 'single_label_classification') return integers(labels as readonly number[]);
  const width = Array.isArray(labels[0]) ? [(labels[0] as readonly number[]).length] : [];
  return hostTensor('f32', [labels.length, ...width], labels.flat());
}

type Judge = (
  examples: readonly RowFeatures<ClassifiedText>[],
  found: readonly Read[],
  labels: readonly string[],
) => Judged;

const JUDGES: Readonly<Record<ProblemType, Judge>> = {
  single_label_classification(examples, found, labels) {
    const predictions = found.map(argMaxOf);
    const targets = examples.map(({ features }) => features.label);
    return { views: { label: { targets, predictions } }, shown: predictions.map((index) => labels[index]) };
  },
  regression(examples, found) {
    const predictions = found.map((logits) => logits[0]!);
    const targets = examples.map(({ features }) => features.label);
    return { views: { number: { targets, predictions } }, shown: predictions };
  },
  multi_label_classification(examples, found, labels) {
    const chosen = found.map((logits) => Array.from(logits, (logit) => (logit > 0 ? 1 : 0)));
    const wanted = examples.map(({ features }) => features.label as readonly number[]);
    const names = (flags: readonly number[]): readonly string[] =>
      labels.filter((_, index) => flags[index] === 1);
    const text = (flags: readonly number[]): string => names(flags).join(', ');
    return {
      views: {
        label: { targets: wanted.flat(), predictions: chosen.flat() }, // one decision a class: micro averages
        text: { targets: wanted.map(text), predictions: chosen.map(text) }, // all classes of a text right
      },
      shown: chosen.map(names),
    };
  },
};
