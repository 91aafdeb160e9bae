import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import type { Backend, HostTensor, LossResult, Rng, Tensor } from '@tesserae/tensor';
import { adamW, createTrainStep } from '@tesserae/training';
import type { TrainStep } from '@tesserae/training';
import { openFolder } from '@tesserae/weights/node';
import { loadPretrained } from 'tesserae';
import { fullMask, idTensor } from './batch-tensors.js';
import { firstLosses } from './workload.js';
import type { OptionReader, Workload } from './workload.js';

/** What a class needs to be fine-tuned here. */
export interface TrainedClass {
  readonly className: string;
  readonly labelsOf: (options: OptionReader) => HostTensor;
  readonly withDropout: (config: object, dropout: number) => object;
}

type Batch = Readonly<Record<string, HostTensor>>;

/** A fine-tuning that is ready to step. */
interface FineTuning {
  readonly backend: Backend;
  readonly params: unknown;
  readonly step: TrainStep;
}

const LEARNING_RATE = 1e-4;

/** PyTorch's AdamW as its users call it: every parameter decays. */
const optimizer = adamW({ weightDecay: 0.01, decays: () => true });

/** A folder's model with its training step; dropout 0 has no random numbers in the graph. */
export async function openFineTuning(
  path: string,
  options: {
    readonly trained: Omit<TrainedClass, 'labelsOf'>;
    readonly threads: number;
    readonly dropout: number;
  },
): Promise<FineTuning> {
  const { trained, threads, dropout } = options;
  const backend = await createOnnxNodeBackend({ threads });
  const model = await loadPretrained(await openFolder(path), { className: trained.className });
  const config = trained.withDropout(model.config as object, dropout);
  const lossFn = (params: unknown, batch: Readonly<Record<string, Tensor>>, rng: Rng): LossResult => ({
    loss: model.architecture.forward(params, batch, { config, rng: dropout > 0 ? rng : undefined })['loss']!,
  });
  return { backend, params: model.params, step: await newStep(backend, lossFn, trained.className) };
}

/** Forward, backward, clipping to a norm of 1 and AdamW as one graph. */
export function newStep<Params, Batch>(
  backend: Backend,
  lossFn: (params: Params, batch: Batch, rng: Rng) => LossResult,
  name: string,
): Promise<TrainStep> {
  return createTrainStep({ backend, lossFn, optimizer, seed: 1, name });
}

/** Steps on one batch, over and over. */
export function stepWorkload(
  { backend, params, step }: FineTuning,
  batch: unknown,
  facts: Workload['facts'],
): Workload {
  let state = step.init(params);
  const iterate = async (): Promise<number> => {
    const result = await step.run(state, batch, { learningRate: LEARNING_RATE });
    state = result.state;
    return result.metrics.loss;
  };
  return {
    facts,
    iterate,
    check: () => firstLosses(iterate),
    close: async () => {
      step.dispose(state);
      step.release();
      await backend.close();
    },
  };
}

/** A fine-tuning step of a class. The check is the losses of the first steps; it comes before `iterate`. */
export async function trainWorkload(options: OptionReader, trained: TrainedClass): Promise<Workload> {
  const dropout = options.number('dropout', 0.1);
  const rows = options.rows('inputIds');
  const batch: Batch = {
    input_ids: idTensor(rows),
    attention_mask: fullMask(rows),
    labels: trained.labelsOf(options),
  };
  const tuning = await openFineTuning(options.text('model'), {
    trained,
    threads: options.number('threads', 2),
    dropout,
  });
  return stepWorkload(tuning, batch, { class: trained.className, dropout });
}
