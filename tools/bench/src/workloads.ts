import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import { ELECTRA_SIZES, electraParamSpec, encode as encodeElectra } from '@tesserae/electra-model';
import type { ElectraConfig } from '@tesserae/electra-model';
import { T5_SIZES, encode as encodeT5, t5EncoderParamSpec } from '@tesserae/t5-model';
import type { Backend, DeviceTensor, HostTensor, Log, Tensor } from '@tesserae/tensor';
import { compile, flattenTree, hostRandom, hostTensor, sizeOf } from '@tesserae/tensor';
import { adamW, createTrainStep } from '@tesserae/training';
import { initParams } from '@tesserae/weights';
import { createModel, electraForSequenceClassification } from 'tesserae';

/** What a workload is asked for. */
export interface WorkloadOptions {
  readonly threads: number;
  readonly batch: number;
  readonly seqLen: number;
  readonly dropout: boolean;
  /** False runs ONNX Runtime in the measuring thread. */
  readonly worker: boolean;
  /** A model's folder, for workloads that open one. */
  readonly folder: string;
  readonly newTokens: number;
  readonly numBeams: number;
  readonly targetLen: number;
}

/** A prepared piece of work: one call is one iteration and gives a value that must be finite. */
export interface Workload {
  readonly facts: Readonly<Record<string, unknown>>;
  iterate(): Promise<number>;
  close(): Promise<void>;
}

type Setup = (options: WorkloadOptions) => Promise<Workload>;

/** The workloads, by the names the peers use. */
export const WORKLOADS: Readonly<Record<string, Setup>> = {
  'electra-small-train': electraTrain,
  'electra-small-encode': (options) => encodeWorkload(options, electraEncoder()),
  't5-small-encode': (options) => encodeWorkload(options, t5Encoder()),
};

function countValues(specs: object): number {
  return flattenTree<{ readonly shape: readonly number[] }>(specs).reduce(
    (sum, { leaf }) => sum + sizeOf(leaf.shape),
    0,
  );
}

function randomIds(shape: readonly number[], below: number): HostTensor {
  const random = hostRandom(7);
  return hostTensor(
    'i32',
    shape,
    Int32Array.from({ length: sizeOf(shape) }, () => random.below(below)),
  );
}

const ones = (shape: readonly number[]): HostTensor =>
  hostTensor('i32', shape, new Int32Array(sizeOf(shape)).fill(1));

/** A backend, and how long ONNX Runtime took to create the sessions made on it so far. */
interface TimedBackend {
  readonly backend: Backend;
  readonly log: Log;
  /** @throws Error when the backend reported no session */
  sessionMs(): number;
}

async function timedBackend({ threads, worker }: WorkloadOptions): Promise<TimedBackend> {
  const times: number[] = [];
  return {
    backend: await createOnnxNodeBackend({ threads, worker }),
    log: (line) =>
      times.push(...Array.from(line.matchAll(/session opened in (\d+) ms/g), ([, ms]) => Number(ms))),
    sessionMs: () => {
      if (times.length === 0) throw new Error('the backend reported no session; has its log changed?');
      return times.reduce((sum, ms) => sum + ms, 0);
    },
  };
}

/** ElectraForSequenceClassification of ELECTRA-small: forward, backward, clipping and AdamW in one graph. */
async function electraTrain(options: WorkloadOptions): Promise<Workload> {
  const { batch, seqLen, dropout } = options;
  const rate = dropout ? 0.1 : 0;
  const config: ElectraConfig = {
    ...ELECTRA_SIZES['electra-small']!,
    hiddenDropout: rate,
    attentionDropout: rate,
    labels: ['no', 'yes'],
  };
  const { backend, log, sessionMs } = await timedBackend(options);
  const model = await createModel(electraForSequenceClassification, config, { seed: 1 });
  const step = await createTrainStep({
    backend,
    lossFn: (params: never, inputs: Readonly<Record<string, Tensor>>, rng) => ({
      loss: electraForSequenceClassification.forward(params, inputs, {
        config,
        rng: dropout ? rng : undefined,
      })['loss']!,
    }),
    optimizer: adamW({ weightDecay: 0.01 }),
    seed: 1,
    name: 'electra-small-train',
    debug: 1,
    log,
  });
  let state = step.init(model.params);
  const inputs = {
    input_ids: randomIds([batch, seqLen], config.vocabSize),
    attention_mask: ones([batch, seqLen]),
    labels: randomIds([batch], 2),
  };
  const started = performance.now();
  const iterate = async (): Promise<number> => {
    const result = await step.run(state, inputs, { learningRate: 1e-4 });
    state = result.state;
    return result.metrics.loss;
  };
  await iterate();
  return {
    facts: {
      parameters: countValues(model.specs),
      sessionMs: sessionMs(),
      firstStepMs: performance.now() - started,
    },
    iterate,
    close: () => backend.close(),
  };
}

interface Encoder {
  readonly specs: object;
  readonly vocabSize: number;
  readonly run: (params: never, inputIds: Tensor, attentionMask: Tensor) => Tensor;
}

function electraEncoder(): Encoder {
  const config = ELECTRA_SIZES['electra-small']!;
  return {
    specs: electraParamSpec(config, { prefix: '' }),
    vocabSize: config.vocabSize,
    run: (params, inputIds, attentionMask) =>
      encodeElectra(params, { inputIds, attentionMask }, { config, rng: undefined }),
  };
}

function t5Encoder(): Encoder {
  const config = T5_SIZES['t5-small']!;
  return {
    specs: t5EncoderParamSpec(config),
    vocabSize: config.vocabSize,
    run: (params, inputIds, attentionMask) =>
      encodeT5(params, inputIds, { config, rng: undefined, attentionMask }),
  };
}

async function encodeWorkload(options: WorkloadOptions, encoder: Encoder): Promise<Workload> {
  const { batch, seqLen } = options;
  const { backend, log, sessionMs } = await timedBackend(options);
  const ids = { dtype: 'i32', shape: [batch, seqLen] } as const;
  const started = performance.now();
  const encode = await compile(
    (args: { params: object; inputIds: Tensor; attentionMask: Tensor }) => ({
      hidden: encoder.run(args.params as never, args.inputIds, args.attentionMask),
    }),
    backend,
    {
      name: 'encode',
      debug: 1,
      log,
      constants: { params: initParams(encoder.specs, { seed: 1 }) } as never,
      specs: { inputIds: ids, attentionMask: ids } as never,
    },
  );
  const compileMs = performance.now() - started;
  const inputs = {
    inputIds: randomIds([batch, seqLen], encoder.vocabSize),
    attentionMask: ones([batch, seqLen]),
  };
  const iterate = async (): Promise<number> => {
    const { hidden } = (await encode(inputs as never)) as unknown as { readonly hidden: DeviceTensor };
    const value = await backend.download(hidden);
    hidden.release();
    return value.data[0]!;
  };
  await iterate();
  return {
    facts: { parameters: countValues(encoder.specs), sessionMs: sessionMs(), compileMs },
    iterate,
    close: () => backend.close(),
  };
}
