import { IGNORE_INDEX, distillationLoss } from '@tesserae/nn';
import type { HostTensor, Tensor } from '@tesserae/tensor';
import {
  OptionError,
  add,
  checkOptions,
  constant,
  equal,
  equalShapes,
  formatSpec,
  mapTree,
  mul,
  not,
  stopGradient,
} from '@tesserae/tensor';
import type { PretrainedModel } from '../pretrained.js';
import type { BatchInputs, TrainingTask } from './task.js';
import type { TaskContext, TrainableConfig, TrainableModel } from './tasks/task-context.js';

/** What a model learns from another one beside the labels. */
export interface DistillationSettings {
  /** A trained model of the same task, with the same labels and vocabulary. */
  readonly teacher: TrainableModel;
  /** Softens both distributions; default 2. */
  readonly temperature?: number;
  /** Share of the teacher's loss in the whole; default 0.5. */
  readonly weight?: number;
}

/**
 * A task whose loss is (1 - weight) of its own and `weight` of the divergence from a teacher, which runs in the same graph without
 * dropout or gradient.
 * @throws OptionError when teacher and student do not fit, or the task's loss is no cross-entropy of logits
 * @see Hinton et al. 2015
 */
export function distilledTask(
  task: TrainingTask,
  context: TaskContext,
  settings: DistillationSettings,
): TrainingTask {
  checkOptions('distillation', settings, ['teacher', 'temperature', 'weight']);
  const { temperature = 2, weight = 0.5 } = settings;
  const teacher = settings.teacher as PretrainedModel<TrainableConfig>;
  if (!(weight >= 0 && weight <= 1)) refuse(`weight is ${weight}`, 'a share from 0 to 1');
  requireSameVocabulary(teacher, context);
  return {
    ...task,
    loss(params, batch, options) {
      const own = task.loss(params, batch, options);
      if (options.rng === undefined) return own; // evaluation: the loss of the labels
      const { logits } = own;
      const { labels, ...inputs } = batch;
      if (logits === undefined || labels === undefined)
        return refuse(`the loss of ${task.name} has no classes`, 'a cross-entropy of labels');
      const known = teacherLogits(teacher, inputs);
      if (!equalShapes(known.spec.shape, logits.spec.shape))
        refuse(
          `the teacher's logits are ${formatSpec(known.spec)}`,
          `the student's ${formatSpec(logits.spec)}`,
        );
      const counted = not(equal(labels, IGNORE_INDEX));
      const soft = distillationLoss(logits, known, { temperature, counted });
      return { ...own, loss: add(mul(own.loss, 1 - weight), mul(soft.loss, weight)) };
    },
  };
}

function teacherLogits(
  { architecture, config, params }: PretrainedModel<TrainableConfig>,
  inputs: BatchInputs<Tensor>,
): Tensor {
  const known = mapTree(params, (leaf: HostTensor) => constant(leaf));
  return stopGradient(architecture.forward(known, inputs, { config, rng: undefined })['logits']!);
}

function requireSameVocabulary(
  teacher: PretrainedModel<TrainableConfig>,
  { config, model }: TaskContext,
): void {
  if (teacher.config.vocabSize !== config.vocabSize)
    refuse(`the teacher has ${teacher.config.vocabSize} tokens`, `the student's ${config.vocabSize}`);
  const names = (labels: readonly string[] | undefined): string => (labels ?? []).join(', ');
  const { labels } = teacher.config;
  if (names(labels) !== names(model.config.labels))
    refuse(`the teacher's labels are ${names(labels)}`, `the student's: ${names(model.config.labels)}`);
}

function refuse(got: string, needed: string): never {
  throw new OptionError({
    op: 'distillation',
    problem: `${got}, needed ${needed}`,
    likely: 'Teacher and student learn one task: the same labels in the same order, one tokenizer.',
    page: 'distillation',
    got,
    needed,
  });
}
