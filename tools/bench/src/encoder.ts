import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import type { DeviceTensor, HostTensor, Tensor } from '@tesserae/tensor';
import { compile, spec, symbol } from '@tesserae/tensor';
import { openFolder } from '@tesserae/weights/node';
import { loadPretrained } from 'tesserae';
import { fullMask, idTensor } from './batch-tensors.js';
import { sampled } from './workload.js';
import type { OptionReader, Workload } from './workload.js';

/** An encoder of a folder, compiled once for all batch sizes and lengths. */
interface Encoder {
  /** Last hidden states, f32[batch, seqLen, hiddenSize], in host memory. */
  encode(inputIds: HostTensor, attentionMask: HostTensor): Promise<HostTensor>;
  close(): Promise<void>;
}

interface EncoderInputs {
  readonly params: unknown;
  readonly inputIds: Tensor;
  readonly attentionMask: Tensor;
}

/** Opens a folder as `ElectraModel` or `T5EncoderModel`. */
export async function openEncoder(
  path: string,
  { className, threads }: { readonly className: string; readonly threads: number },
): Promise<Encoder> {
  const backend = await createOnnxNodeBackend({ threads });
  const { architecture, config, params } = await loadPretrained(await openFolder(path), { className });
  const ids = spec('i32', [symbol('batch'), symbol('seqLen')]);
  const run = await compile(
    ({ params: weights, inputIds, attentionMask }: EncoderInputs) =>
      architecture.forward(
        weights,
        { input_ids: inputIds, attention_mask: attentionMask },
        { config, rng: undefined },
      ),
    backend,
    {
      name: className,
      constants: { params } as never,
      specs: { inputIds: ids, attentionMask: ids } as never,
    },
  );
  return {
    async encode(inputIds, attentionMask) {
      const outputs = await run({ inputIds, attentionMask } as never);
      const hidden = (outputs as unknown as Readonly<Record<string, DeviceTensor>>)['last_hidden_state']!;
      const value = await backend.download(hidden);
      hidden.release();
      return value;
    },
    async close() {
      run.release();
      await backend.close();
    },
  };
}

/** One forward pass of a batch without padding to the last hidden states. */
export async function encodeWorkload(options: OptionReader, className: string): Promise<Workload> {
  const encoder = await openEncoder(options.text('model'), {
    className,
    threads: options.number('threads', 2),
  });
  const rows = options.rows('inputIds');
  const run = (): Promise<HostTensor> => encoder.encode(idTensor(rows), fullMask(rows));
  return {
    facts: { class: className, inputShape: [rows.length, rows[0]!.length] },
    iterate: async () => (await run()).data[0]!,
    check: async () => sampled((await run()).data),
    close: () => encoder.close(),
  };
}
