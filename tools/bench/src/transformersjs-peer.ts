import type { Tensor as TensorClass } from '@huggingface/transformers';
import { servePeer } from './serve-peer.js';
import type { Workload } from './workloads.js';
import { checksumOf, fixedIds, meanMagnitude } from './fixed-ids.js';

/** transformers.js with onnxruntime-node on the CPU, f32, as a side of a benchmark; the protocol of peers/README.md. */

const { AutoModel, T5ForConditionalGeneration, Tensor, env } = await import('@huggingface/transformers');
env.allowRemoteModels = false;
env.localModelPath = '/';

interface Options {
  readonly folder: string;
  readonly threads: number;
  readonly batch: number;
  readonly seqLen: number;
  readonly newTokens: number;
  readonly numBeams: number;
}

const loading = ({ threads }: Options): object => ({
  dtype: 'fp32',
  device: 'cpu',
  local_files_only: true,
  session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
});

function inputsOf({ batch, seqLen }: Options): {
  readonly input_ids: TensorClass;
  readonly attention_mask: TensorClass;
} {
  const { data } = fixedIds(batch, seqLen);
  const tensor = (ids: Iterable<number>): TensorClass =>
    new Tensor(
      'int64',
      BigInt64Array.from(ids, (id) => BigInt(id)),
      [batch, seqLen],
    );
  return {
    input_ids: tensor(data as Int32Array),
    attention_mask: tensor(new Int32Array(data.length).fill(1)),
  };
}

async function generate(options: Options): Promise<Workload> {
  const { folder, newTokens } = options;
  const model = await T5ForConditionalGeneration.from_pretrained(folder, loading(options));
  const inputs = inputsOf(options);
  const iterate = async (): Promise<number> => {
    const settings = { min_new_tokens: newTokens, max_new_tokens: newTokens, do_sample: false };
    const ids = (await model.generate({ ...inputs, ...settings } as never)) as TensorClass;
    return checksumOf((ids.tolist() as bigint[][]).map((row) => row.slice(1)));
  };
  return { facts: {}, iterate, close: async () => void (await model.dispose()) };
}

async function encode(options: Options): Promise<Workload> {
  const isT5 = options.folder.includes('t5-');
  const file = isT5 ? { model_file_name: 'encoder_model' } : {};
  const model = await AutoModel.from_pretrained(options.folder, { ...loading(options), ...file });
  const { sessions } = model as unknown as {
    readonly sessions: Readonly<
      Record<
        string,
        { run(feeds: object): Promise<Readonly<Record<string, { readonly data: Float32Array }>>> }
      >
    >;
  };
  const session = sessions['model'] ?? Object.values(sessions)[0]!;
  const { input_ids: ids, attention_mask: mask } = inputsOf(options);
  const feeds = {
    input_ids: (ids as unknown as { ort_tensor: unknown }).ort_tensor,
    attention_mask: (mask as unknown as { ort_tensor: unknown }).ort_tensor,
  };
  const iterate = async (): Promise<number> => {
    if (isT5) return meanMagnitude(Object.values(await session.run(feeds))[0]!.data);
    const { last_hidden_state: hidden } = (await model({ input_ids: ids, attention_mask: mask })) as {
      last_hidden_state: TensorClass;
    };
    return meanMagnitude(hidden.data as Float32Array);
  };
  return { facts: {}, iterate, close: async () => void (await model.dispose()) };
}

await servePeer('transformers.js', { generate, encode } as never);
