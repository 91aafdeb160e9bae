import { basename, dirname } from 'node:path';
import { servePeer } from './serve-peer.js';
import { sampled } from './workload.js';
import type { OptionReader, Setup, Workload } from './workload.js';

/** transformers.js on onnxruntime-node as a process: f32 from the folder's ONNX files, nothing from a hub. */

/** What is used of transformers.js, whose own types leave out sessions and what a model answers. */
interface TransformersJs {
  readonly env: { allowRemoteModels: boolean; localModelPath: string; readonly version: string };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => JsTensor;
  readonly AutoModelForSeq2SeqLM: Loader;
  readonly AutoModel: Loader;
}

interface JsTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
  readonly ort_tensor: unknown;
}

interface Loader {
  from_pretrained(name: string, options: object): Promise<JsModel>;
}

interface JsModel {
  readonly sessions: Readonly<Record<string, OrtSession>>;
  (inputs: Readonly<Record<string, JsTensor>>): Promise<Readonly<Record<string, JsTensor>>>;
  generate(options: object): Promise<JsTensor>;
  dispose(): Promise<unknown>;
}

interface OrtSession {
  run(feeds: object): Promise<Readonly<Record<string, { readonly data: Float32Array }>>>;
}

const library = (await import('@huggingface/transformers')) as unknown as TransformersJs;

async function load(options: OptionReader, loader: 'AutoModelForSeq2SeqLM' | 'AutoModel'): Promise<JsModel> {
  const folder = options.text('model');
  library.env.allowRemoteModels = false;
  library.env.localModelPath = `${dirname(folder)}/`;
  const session_options = { intraOpNumThreads: options.number('threads', 2), interOpNumThreads: 1 };
  return library[loader].from_pretrained(basename(folder), { dtype: 'fp32', device: 'cpu', session_options });
}

interface Batch {
  readonly shape: readonly [number, number];
  readonly inputIds: JsTensor;
  readonly zeros: JsTensor;
  readonly ones: JsTensor;
}

function readBatch(options: OptionReader): Batch {
  const rows = options.rows('inputIds');
  const shape = [rows.length, rows[0]!.length] as const;
  const ids = BigInt64Array.from(rows.flat(), BigInt);
  const tensor = (data: BigInt64Array): JsTensor => new library.Tensor('int64', data, shape);
  return { shape, inputIds: tensor(ids), zeros: tensor(ids.map(() => 0n)), ones: tensor(ids.map(() => 1n)) };
}

/** Greedy generation of exactly `newTokens` tokens. */
async function generate(options: OptionReader): Promise<Workload> {
  const model = await load(options, 'AutoModelForSeq2SeqLM');
  const { inputIds, ones, shape } = readBatch(options);
  const newTokens = options.number('newTokens', 64);
  const run = async (): Promise<number[][]> => {
    const { data, dims } = await model.generate({
      inputs: inputIds,
      attention_mask: ones,
      max_new_tokens: newTokens,
      min_new_tokens: newTokens,
      do_sample: false,
    });
    const width = dims[1]!;
    return Array.from({ length: shape[0] }, (_, row) =>
      Array.from(data.slice(row * width + 1, (row + 1) * width), Number),
    );
  };
  return {
    facts: { newTokens },
    iterate: async () => (await run())[0]!.at(-1)!,
    check: async () => ({ ids: await run() }),
    close: async () => void (await model.dispose()),
  };
}

/** An encoder: T5's is a session of the whole model, which has no function that runs it alone. */
async function encode(options: OptionReader, family: 't5' | 'electra'): Promise<Workload> {
  const model = await load(options, family === 't5' ? 'AutoModelForSeq2SeqLM' : 'AutoModel');
  const { inputIds, ones, zeros } = readBatch(options);
  const run = async (): Promise<Float32Array> => {
    if (family === 'electra') {
      const outputs = await model({ input_ids: inputIds, attention_mask: ones, token_type_ids: zeros });
      return outputs['last_hidden_state']!.data as Float32Array;
    }
    const feeds = { input_ids: inputIds.ort_tensor, attention_mask: ones.ort_tensor };
    return (await model.sessions['model']!.run(feeds))['last_hidden_state']!.data;
  };
  return {
    facts: {},
    iterate: async () => (await run())[0]!,
    check: async () => sampled(await run()),
    close: async () => void (await model.dispose()),
  };
}

const WORKLOADS: Readonly<Record<string, Setup>> = {
  't5-generate': generate,
  't5-encode': (options) => encode(options, 't5'),
  'electra-encode': (options) => encode(options, 'electra'),
};

await servePeer({ hello: 'transformers.js', version: library.env.version }, WORKLOADS);
