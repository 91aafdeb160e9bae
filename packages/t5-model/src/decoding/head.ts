import type {
  Backend,
  CompiledFunction,
  DeviceTensor,
  HostTensor,
  Tensor,
  TensorSpec,
} from '@tesserae/tensor';
import { argMax, castHost, compile, logSoftmax, spec, symbol, topK } from '@tesserae/tensor';
import { project } from '@tesserae/nn';
import { Lazy } from './lazy.js';
import type { StepRequest, StepScores } from './session.js';

interface HiddenArgs {
  readonly head: Tensor;
  readonly hidden: Tensor;
}

interface LogitsArgs {
  readonly logits: Tensor;
}

type LogitsGraph = CompiledFunction<HiddenArgs, LogitsArgs>;
type ArgMaxGraph = CompiledFunction<LogitsArgs, { readonly ids: Tensor }>;
type TopKGraph = CompiledFunction<LogitsArgs, { readonly ids: Tensor; readonly logProbs: Tensor }>;

/**
 * The language model's head: hidden states to what a step was asked for. The weights are in one graph; the others,
 * made when first asked for, choose among the logits it leaves on the device.
 */
export class DecoderHead {
  private readonly logits: Lazy<LogitsGraph>;
  private readonly best: Lazy<ArgMaxGraph>;
  private readonly topK = new Map<number, Lazy<TopKGraph>>();

  /** @param weight  float[vocabSize, dModel], taking hidden states that are scaled already */
  constructor(
    weight: HostTensor,
    private readonly backend: Backend,
  ) {
    const { dtype, shape } = weight;
    const hidden = spec(dtype, [symbol('numTokens'), shape[1]!]);
    this.logitsSpec = spec(dtype, [symbol('numTokens'), shape[0]!]);
    this.logits = new Lazy(() =>
      compile(({ head, hidden: x }: HiddenArgs) => ({ logits: project(x, head) }), backend, {
        name: 't5.logits',
        constants: { head: weight },
        specs: { hidden },
      }),
    );
    this.best = new Lazy(() =>
      compile(({ logits }: LogitsArgs) => ({ ids: argMax(logits, { axis: -1 }) }), backend, {
        name: 't5.argMax',
        specs: { logits: this.logitsSpec },
      }),
    );
  }

  private readonly logitsSpec: TensorSpec;

  /** Scores of float[numTokens, dModel], in its order; `hidden` stays the caller's. */
  async scores(hidden: DeviceTensor, request: StepRequest): Promise<StepScores> {
    const { logits } = await (await this.logits.get())({ hidden });
    try {
      if (request.kind === 'logits') return { logits: await this.floats(logits) };
      if (request.kind === 'topK') return await this.likeliest(logits, request.k);
      const { ids } = await (await this.best.get())({ logits });
      return { ids: await this.whole(ids) };
    } finally {
      logits.release();
    }
  }

  release(): void {
    this.logits.release();
    this.best.release();
    for (const graph of this.topK.values()) graph.release();
  }

  private async likeliest(logits: DeviceTensor, k: number): Promise<StepScores> {
    const graph = this.topK.get(k) ?? new Lazy(() => this.compileTopK(k));
    this.topK.set(k, graph);
    const result = await (await graph.get())({ logits });
    const ids = await this.whole(result.ids);
    return { ids, logProbs: await this.floats(result.logProbs) };
  }

  private compileTopK(k: number): Promise<TopKGraph> {
    return compile(
      ({ logits }: LogitsArgs) => {
        const { values, indices } = topK(logSoftmax(logits), { k });
        return { ids: indices, logProbs: values };
      },
      this.backend,
      { name: `t5.top${k}`, specs: { logits: this.logitsSpec } },
    );
  }

  private async whole(tensor: DeviceTensor): Promise<Int32Array> {
    const { data } = await this.backend.download(tensor);
    tensor.release();
    return data as Int32Array;
  }

  private async floats(tensor: DeviceTensor): Promise<Float32Array> {
    const value = await this.backend.download(tensor);
    return (value.dtype === 'f32' ? value : castHost(value, 'f32')).data as Float32Array;
  }
}
