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
import type { ScreenedArgMax } from './screened-arg-max.js';
import { canScreen, createScreenedArgMax } from './screened-arg-max.js';
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

/** Steps without a proof that are borne before it is asked whether screening pays. */
const MOST_FAILURES = 16;

/**
 * The language model's head: hidden states to what a step was asked for. The weights are in one graph; the others,
 * made when first asked for, choose among the logits it leaves on the device.
 */
export class DecoderHead {
  private readonly backend: Backend;
  private readonly logitsSpec: TensorSpec;
  private readonly logits: Lazy<LogitsGraph>;
  private readonly best: Lazy<ArgMaxGraph>;
  private readonly topK = new Map<number, Lazy<TopKGraph>>();
  private readonly screen: Lazy<ScreenedArgMax> | undefined;
  /** Steps that were screened, and those that proved nothing. */
  private readonly screened = { steps: 0, failures: 0 };

  /**
   * @param weight  float[vocabSize, dModel], taking hidden states that are scaled already
   * @param options.rows  the same on the device, if it is there anyway; it stays the caller's
   */
  constructor(
    weight: HostTensor,
    { backend, rows }: { readonly backend: Backend; readonly rows: DeviceTensor | undefined },
  ) {
    this.backend = backend;
    const { dtype, shape } = weight;
    this.screen = canScreen(weight, backend)
      ? new Lazy(() => createScreen(weight, { backend, rows }))
      : undefined;
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

  /** Scores of float[numTokens, dModel], in its order; `hidden` stays the caller's. */
  async scores(hidden: DeviceTensor, request: StepRequest): Promise<StepScores> {
    const proven = request.kind === 'argMax' ? await this.screenedIds(hidden) : undefined;
    if (proven !== undefined) return { ids: proven };
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
    this.screen?.release();
    this.logits.release();
    this.best.release();
    for (const graph of this.topK.values()) graph.release();
  }

  /** The best ids where screening proves them; it is given up when it seldom does. */
  private async screenedIds(hidden: DeviceTensor): Promise<Int32Array | undefined> {
    const { steps, failures } = this.screened;
    if (this.screen === undefined || (failures >= MOST_FAILURES && failures > steps / 8)) return undefined;
    const ids = await (await this.screen.get()).ids(hidden);
    this.screened.steps++;
    if (ids === undefined) this.screened.failures++;
    return ids;
  }

  private async likeliest(logits: DeviceTensor, k: number): Promise<StepScores> {
    const graph = this.topK.get(k) ?? new Lazy(() => this.compileTopK(k));
    this.topK.set(k, graph);
    const { ids, logProbs } = await (await graph.get())({ logits });
    try {
      return { ids: await this.whole(ids), logProbs: await this.floats(logProbs) };
    } finally {
      logProbs.release();
    }
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

  /** Of a tensor that stays the caller's. */
  private async floats(tensor: DeviceTensor): Promise<Float32Array> {
    const value = await this.backend.download(tensor);
    return (value.dtype === 'f32' ? value : castHost(value, 'f32')).data as Float32Array;
  }
}

/** A screened arg-max that owns the rows it reads, unless they were there. */
async function createScreen(
  weight: HostTensor,
  { backend, rows }: { readonly backend: Backend; readonly rows: DeviceTensor | undefined },
): Promise<ScreenedArgMax> {
  const own = rows === undefined ? backend.upload(weight) : undefined;
  const screen = await createScreenedArgMax(weight, { backend, rows: rows ?? own! });
  const release = (): void => {
    screen.release();
    own?.release();
  };
  return { ids: (hidden) => screen.ids(hidden), release };
}
