import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import { ELECTRA_SIZES, electraPretraining } from '@tesserae/electra-model';
import { T5_SIZES } from '@tesserae/t5-model';
import type { Backend, DeviceTensor, HostTensor, Rng, Tensor } from '@tesserae/tensor';
import { compile, flattenTree, hostTensor, sizeOf, spec, symbol } from '@tesserae/tensor';
import type { LossFunction } from '@tesserae/training';
import { adamW, createTrainStep } from '@tesserae/training';
import { initParams } from '@tesserae/weights';
import { openFolder } from '@tesserae/weights/node';
import type { PretrainedModel } from 'tesserae';
import {
  T5ForConditionalGeneration,
  createModel,
  loadPretrained,
  t5ForConditionalGeneration,
} from 'tesserae';
import { checksumOf, fixedIds, meanMagnitude } from './fixed-ids.js';
import type { Workload, WorkloadOptions } from './workloads.js';

/** Workloads on folders of peers/export_models.py, and training steps, by the names the peers use. */
export const MODEL_WORKLOADS: Readonly<Record<string, (options: WorkloadOptions) => Promise<Workload>>> = {
  generate,
  encode,
  't5-small-train': t5Train,
  'electra-small-pretrain': electraPretrain,
};

const backendOf = ({ threads }: WorkloadOptions): Promise<Backend> => createOnnxNodeBackend({ threads });

const allOnes = ({ shape, data }: HostTensor): HostTensor =>
  hostTensor('i32', shape, new Int32Array(data.length).fill(1));

/** A whole call of generate, the encoder included; every row gets the same number of new tokens. */
async function generate(options: WorkloadOptions): Promise<Workload> {
  const { batch, seqLen, newTokens, numBeams, folder } = options;
  const backend = await backendOf(options);
  const model = await T5ForConditionalGeneration.fromPretrained(folder, { backend });
  const inputIds = fixedIds(batch, seqLen);
  const source = { inputIds, attentionMask: allOnes(inputIds) };
  const settings = { minNewTokens: newTokens, maxNewTokens: newTokens, numBeams, outputScores: false };
  return {
    facts: { weightBytesPerToken: weightBytesPerToken(model.model) },
    iterate: async () => checksumOf((await model.generateIds(source, settings)).sequences),
    close: async () => {
      await model.close();
      await backend.close();
    },
  };
}

/** Bytes of f32 weights that a decoder step has to read: all of the decoder but the cross-attention's keys and values, and the head. */
function weightBytesPerToken({ params }: Pick<PretrainedModel, 'params'>): number {
  const isRead = (path: string): boolean =>
    path === 'shared' ||
    path === 'lmHead' ||
    (path.startsWith('decoder.') && !/crossAttention\.(key|value)$/.test(path));
  const leaves = flattenTree<HostTensor>(params).filter(({ path }) => isRead(path));
  return leaves.reduce((sum, { leaf }) => sum + leaf.data.byteLength, 0);
}

/** One pass of an encoder; the value is the mean magnitude of its last hidden states. */
async function encode(options: WorkloadOptions): Promise<Workload> {
  const { batch, seqLen, folder } = options;
  const backend = await backendOf(options);
  const className = folder.includes('t5-') ? 'T5EncoderModel' : 'ElectraModel';
  const { architecture, config, params } = await loadPretrained(await openFolder(folder), { className });
  const ids = spec('i32', [symbol('batch'), symbol('seqLen')]);
  const run = await compile(
    (args: { params: unknown; inputs: Readonly<Record<string, Tensor>> }) => ({
      hidden: architecture.forward(args.params, args.inputs, { config, rng: undefined })[
        'last_hidden_state'
      ]!,
    }),
    backend,
    {
      name: 'encode',
      constants: { params } as never,
      specs: { inputs: { input_ids: ids, attention_mask: ids } } as never,
    },
  );
  const inputIds = fixedIds(batch, seqLen);
  const inputs = { input_ids: inputIds, attention_mask: allOnes(inputIds) };
  return {
    facts: {},
    iterate: async () => {
      const { hidden } = (await run({ inputs } as never)) as unknown as { readonly hidden: DeviceTensor };
      const { data } = await backend.download(hidden);
      hidden.release();
      return meanMagnitude(data);
    },
    close: () => backend.close(),
  };
}

/** Forward, backward, clipping and AdamW in one graph, over and over on the same batch. */
async function trainingWorkload<Params, Batch>(
  options: WorkloadOptions,
  {
    lossFn,
    params,
    batch,
  }: { readonly lossFn: LossFunction<Params, Batch>; readonly params: unknown; readonly batch: unknown },
): Promise<Workload> {
  const backend = await backendOf(options);
  const step = await createTrainStep({ backend, lossFn, optimizer: adamW({ weightDecay: 0.01 }), seed: 1 });
  let state = step.init(params);
  const parameters = flattenTree<HostTensor>(params).reduce((sum, { leaf }) => sum + sizeOf(leaf.shape), 0);
  return {
    facts: { parameters },
    iterate: async () => {
      const result = await step.run(state, batch, { learningRate: 1e-4 });
      state = result.state;
      return result.metrics.loss;
    },
    close: () => backend.close(),
  };
}

async function t5Train(options: WorkloadOptions): Promise<Workload> {
  const { batch, seqLen, targetLen } = options;
  const config = T5_SIZES['t5-small']!;
  const { params } = await createModel(t5ForConditionalGeneration, config, { seed: 1 });
  const inputIds = fixedIds(batch, seqLen);
  const lossFn = (tree: never, inputs: Readonly<Record<string, Tensor>>, rng: Rng) => ({
    loss: t5ForConditionalGeneration.forward(tree, inputs, { config, rng })['loss']!,
  });
  return trainingWorkload(options, {
    lossFn,
    params,
    batch: { input_ids: inputIds, attention_mask: allOnes(inputIds), labels: fixedIds(batch, targetLen) },
  });
}

/** ELECTRA-small as Google pre-trains it: a generator a quarter as wide, tied embeddings, dropout. */
async function electraPretrain(options: WorkloadOptions): Promise<Workload> {
  const { batch, seqLen } = options;
  const config = ELECTRA_SIZES['electra-small']!;
  const ids = { cls: 101, sep: 102, mask: 103 };
  const pretraining = electraPretraining({ config, ids, options: { generatorHiddenSize: 0.25 } });
  const inputIds = fixedIds(batch, seqLen);
  return trainingWorkload(options, {
    lossFn: pretraining.lossFn,
    params: initParams(pretraining.specs, { seed: 1 }),
    batch: {
      inputIds,
      attentionMask: allOnes(inputIds),
      tokenTypeIds: hostTensor('i32', [batch, seqLen], new Int32Array(batch * seqLen)),
    },
  });
}
