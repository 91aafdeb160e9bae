import type { Backend, CompiledFunction, DeviceTensor, HostTensor, Tensor } from '@tesserae/tensor';
import { compile, hostTensor, spec, symbol } from '@tesserae/tensor';
import type { Encoding } from '@tesserae/tokenizer';
import type { PretrainedModel } from './pretrained.js';

/** How rows are run. */
export interface RunRowsOptions {
  /** Rows per run; default 32. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a model says of one row, by the names of its outputs: values of its own tokens, without padding. */
export type RowOutputs = Readonly<Record<string, Float32Array>>;

/** Inputs of one row, as the tokenizer gives them, and others by the names that the runner was made with. */
type EncoderRow = Pick<Encoding, 'ids' | 'typeIds'> & {
  readonly more?: Readonly<Record<string, ArrayLike<number>>>;
};

type Inputs<Leaf> = Readonly<Record<string, Leaf>>;

interface RunArgs {
  readonly params: object;
  readonly inputs: Inputs<Tensor>;
}

/** What of the forward pass is wanted, as tensors of [batch, …]. */
export type SelectOutputs = (outputs: Inputs<Tensor>, inputs: Inputs<Tensor>) => Inputs<Tensor>;

/** Runs rows of any length through a model: sorted by length, so that little is padded, in one graph for all sizes. */
export class EncoderRunner {
  private compiled: Promise<CompiledFunction<RunArgs, Inputs<Tensor>>> | undefined;
  private readonly hasSegments: boolean;

  constructor(
    private readonly model: PretrainedModel,
    private readonly options: {
      readonly backend: Backend;
      readonly select: SelectOutputs;
      /** Id that fills rows up. */
      readonly padId: number;
      /** Further inputs of each row, i32[batch, count]; rows with fewer are filled up with 0. Default none. */
      readonly more?: readonly string[];
    },
  ) {
    this.hasSegments = Object.hasOwn(model.architecture.inputs, 'token_type_ids');
  }

  /** Outputs of each row, in the order of the rows. */
  async run(rows: readonly EncoderRow[], options: RunRowsOptions = {}): Promise<RowOutputs[]> {
    const { batchSize = 32, signal, onProgress } = options;
    const order = [...rows.keys()].sort((a, b) => rows[a]!.ids.length - rows[b]!.ids.length);
    const results: RowOutputs[] = [];
    for (let start = 0; start < order.length; start += batchSize) {
      signal?.throwIfAborted();
      const part = order.slice(start, start + batchSize);
      const outputs = await this.runBatch(part.map((index) => rows[index]!));
      part.forEach((index, row) => (results[index] = outputs[row]!));
      onProgress?.(Math.min(start + batchSize, order.length), order.length);
    }
    return results;
  }

  private async runBatch(rows: readonly EncoderRow[]): Promise<readonly RowOutputs[]> {
    const seqLen = Math.max(1, ...rows.map(({ ids }) => ids.length));
    const inputs = this.inputsOf(rows, seqLen);
    this.model.architecture.checkValues?.(inputs, this.model.config as never);
    this.compiled ??= this.compile();
    const run = await this.compiled;
    const outputs = (await run({ inputs } as never)) as unknown as Inputs<DeviceTensor>;
    const entries = await Promise.all(
      Object.entries(outputs).map(async ([name, tensor]): Promise<[string, HostTensor]> => {
        const value = await this.options.backend.download(tensor);
        tensor.release();
        return [name, value];
      }),
    );
    return rows.map(({ ids }, row) =>
      Object.fromEntries(
        entries.map(([name, value]) => [name, rowOf(value, { row, length: ids.length, seqLen })]),
      ),
    );
  }

  private inputsOf(rows: readonly EncoderRow[], seqLen: number): Inputs<HostTensor> {
    const padded = (
      values: (row: EncoderRow) => ArrayLike<number>,
      filler: number,
      length = seqLen,
    ): HostTensor => {
      const data = new Int32Array(rows.length * length).fill(filler);
      rows.forEach((row, index) => data.set(values(row), index * length));
      return hostTensor('i32', [rows.length, length], data);
    };
    const more = (this.options.more ?? []).map((name): [string, HostTensor] => {
      const valuesOf = (row: EncoderRow): ArrayLike<number> => row.more![name]!;
      return [name, padded(valuesOf, 0, Math.max(...rows.map((row) => valuesOf(row).length)))];
    });
    return {
      ...Object.fromEntries(more),
      input_ids: padded(({ ids }) => ids, this.options.padId),
      attention_mask: padded(({ ids }) => new Int32Array(ids.length).fill(1), 0),
      ...(this.hasSegments ? { token_type_ids: padded(({ typeIds }) => typeIds, 0) } : {}),
    };
  }

  private compile(): Promise<CompiledFunction<RunArgs, Inputs<Tensor>>> {
    const { architecture, config, params } = this.model;
    const ids = spec('i32', [symbol('batch'), symbol('seqLen')]);
    const names = ['input_ids', 'attention_mask', ...(this.hasSegments ? ['token_type_ids'] : [])];
    const few = spec('i32', [symbol('batch'), symbol('count')]);
    const specs = [
      ...names.map((name) => [name, ids]),
      ...(this.options.more ?? []).map((name) => [name, few]),
    ];
    return compile(
      ({ params: tree, inputs }: RunArgs) =>
        this.options.select(architecture.forward(tree, inputs, { config, rng: undefined }), inputs) as never,
      this.options.backend,
      {
        name: `${architecture.name}.predict`,
        constants: { params } as never,
        specs: { inputs: Object.fromEntries(specs) } as never,
      },
    ) as Promise<CompiledFunction<RunArgs, Inputs<Tensor>>>;
  }

  /** Frees the graph. */
  async release(): Promise<void> {
    (await this.compiled)?.release();
    this.compiled = undefined;
  }
}

/** The values of one row; where the second axis is the tokens', only those of its own. */
function rowOf(
  { data, shape }: HostTensor,
  { row, length, seqLen }: { readonly row: number; readonly length: number; readonly seqLen: number },
): Float32Array {
  const perRow = data.length / (shape[0] as number);
  const isPerToken = shape.length > 1 && shape[1] === seqLen && perRow % seqLen === 0;
  const kept = isPerToken ? (perRow / seqLen) * length : perRow;
  return Float32Array.from(data.subarray(row * perRow, row * perRow + kept));
}
