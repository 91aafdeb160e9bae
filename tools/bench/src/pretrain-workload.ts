import { readFile } from 'node:fs/promises';
import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import type { PretrainingBatch } from '@tesserae/electra-model';
import { electraConfigFromHuggingFace, electraPretraining } from '@tesserae/electra-model';
import type { HostTensor } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';
import { loadParams, openWeights } from '@tesserae/weights';
import { openFolder } from '@tesserae/weights/node';
import { idTensor } from './batch-tensors.js';
import { BERT_IDS } from './bench-inputs.js';
import { newStep, stepWorkload } from './train-workload.js';
import type { OptionReader, Workload } from './workload.js';

/** ELECTRA's pre-training step: generator and discriminator, masks given, Gumbel noise drawn in the graph or given. */
export async function pretrainWorkload(options: OptionReader): Promise<Workload> {
  const dropout = options.number('dropout', 0.1);
  const folder = await openFolder(options.text('model'));
  const read = electraConfigFromHuggingFace(JSON.parse(await folder.readText('config.json')));
  const config = { ...read, hiddenDropout: dropout, attentionDropout: dropout };
  const pretraining = electraPretraining({ config, ids: BERT_IDS });
  const { params } = await loadParams(pretraining.specs, await openWeights(folder));
  const batch = await batchOf(options, config.vocabSize);
  const backend = await createOnnxNodeBackend({ threads: options.number('threads', 2) });
  const lossFn = dropout > 0 ? pretraining.lossFn : pretraining.evaluate;
  const step = await newStep(backend, lossFn, 'electra-pretraining');
  return stepWorkload({ backend, params, step }, batch, { class: 'electraPretraining', dropout });
}

async function batchOf(options: OptionReader, vocabSize: number): Promise<PretrainingBatch<HostTensor>> {
  const positions = idTensor(options.rows('positions'));
  const [batch, predictions] = positions.shape as readonly [number, number];
  const file = options.text('gumbelFile', '');
  const ids = idTensor(options.rows('inputIds'));
  return {
    inputIds: ids,
    attentionMask: hostTensor('i32', ids.shape, new Int32Array(ids.data.length).fill(1)),
    maskedInputIds: idTensor(options.rows('maskedIds')),
    maskedPositions: positions,
    maskedWeights: hostTensor('f32', positions.shape, new Float32Array(positions.data.length).fill(1)),
    ...(file === '' ? {} : { gumbel: await noiseOf(file, [batch, predictions, vocabSize]) }),
  };
}

async function noiseOf(file: string, shape: readonly number[]): Promise<HostTensor> {
  const bytes = await readFile(file);
  return hostTensor('f32', shape, new Float32Array(Uint8Array.from(bytes).buffer));
}
