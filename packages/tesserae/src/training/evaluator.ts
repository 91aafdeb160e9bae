import { createRandom } from '@tesserae/data';
import type { GenerateOptions } from '@tesserae/t5-model';
import type { Backend, CompiledFunction, DeviceTensor, HostTensor, Tensor } from '@tesserae/tensor';
import { compile, flattenTree, mapTree, releaseTree, spec, symbol } from '@tesserae/tensor';
import type { MetricValues } from '@tesserae/training';
import { readTree } from '@tesserae/training';
import { computeMetrics } from './metric-choice.js';
import type { BatchInputs, Features, RowFeatures, TrainingTask } from './task.js';

/** How held-out data is scored. */
interface EvaluatorOptions {
  readonly backend: Backend;
  readonly batchSize: number;
  /** Names of metrics beside the loss. */
  readonly metrics: readonly string[];
  /** How texts are written, for tasks that write. */
  readonly generation?: GenerateOptions;
}

/** Scores of held-out data, and what was predicted. */
export interface Evaluation {
  readonly metrics: MetricValues;
  /** Settings of metrics, by name, where a reference tool prints them. */
  readonly signatures: Readonly<Record<string, string>>;
  /** One a row, as a person reads it. */
  readonly predictions: readonly unknown[];
}

/** Scores one set of held-out data, again and again. */
export interface Evaluator {
  /** @param params  tree of tensors, on the backend or on the host */
  evaluate(params: unknown, options?: { readonly signal?: AbortSignal }): Promise<Evaluation>;
  release(): void;
}

interface Args<Leaf = Tensor> {
  readonly params: unknown;
  readonly batch: BatchInputs<Leaf>;
}

interface Outputs<Leaf = Tensor> {
  readonly loss: Leaf;
  readonly read: BatchInputs<Leaf>;
}

/** Loss without dropout, and the metrics of a task, over held-out features. */
export function createEvaluator(
  task: TrainingTask,
  examples: readonly RowFeatures[],
  options: EvaluatorOptions,
): Evaluator {
  const { backend, metrics } = options;
  let graph: Promise<CompiledFunction<Args, Outputs>> | undefined;
  return {
    async evaluate(params, { signal } = {}) {
      const forward = async (batch: BatchInputs): Promise<Outputs<HostTensor>> => {
        graph ??= compileForward(task, { backend, params, batch });
        const result = await (await graph)({ params, batch } as never);
        const host = (await readTree(backend, result)) as Outputs<HostTensor>;
        releaseTree(result);
        return host;
      };
      const { loss, found } = await runForward(task, examples, { ...options, forward, signal });
      const read =
        task.generate === undefined ? found : await generated(task, examples, { ...options, params, signal });
      const judged = task.judge(examples, read);
      const { values, signatures } = computeMetrics(metrics, judged);
      return { metrics: { loss, ...values }, signatures, predictions: judged.shown };
    },
    release() {
      graph?.then(
        (compiled) => compiled.release(),
        () => undefined,
      );
    },
  };
}

/** Loss and outputs as one graph for all batch sizes and lengths, where the backend can. */
function compileForward(
  task: TrainingTask,
  {
    backend,
    params,
    batch,
  }: { readonly backend: Backend; readonly params: unknown; readonly batch: BatchInputs },
): Promise<CompiledFunction<Args, Outputs>> {
  const run = (args: Args): Outputs => ({
    loss: task.loss(args.params, args.batch, { labelSmoothing: 0, zLoss: 0 }).loss,
    read: task.outputs?.(args.params, args.batch) ?? {},
  });
  const specs = {
    params: mapTree(params, (leaf: HostTensor | DeviceTensor) =>
      'spec' in leaf ? leaf.spec : spec(leaf.dtype, leaf.shape),
    ),
    batch: Object.fromEntries(
      Object.entries(batch).map(([name, tensor]) => [name, symbolicSpec(tensor, task.axes[name]!)]),
    ),
  };
  return compile(run, backend, { name: `evaluate ${task.name}`, specs: specs as never, maxGraphs: 64 });
}

/** The spec of an input, with symbols for the sizes that differ from batch to batch. */
function symbolicSpec({ dtype, shape }: HostTensor, axes: readonly (string | undefined)[]) {
  return spec(
    dtype,
    shape.map((size, axis) => (axes[axis] === undefined ? size : symbol(axes[axis]))),
  );
}

interface ForwardOptions extends EvaluatorOptions {
  readonly signal: AbortSignal | undefined;
  readonly forward: (batch: BatchInputs) => Promise<Outputs<HostTensor>>;
}

/** Mean loss of all labels, and what was read of each example, in their order. */
async function runForward(
  task: TrainingTask,
  examples: readonly RowFeatures[],
  { batchSize, forward, signal }: ForwardOptions,
): Promise<{ readonly loss: number; readonly found: readonly unknown[] }> {
  const order = [...examples.keys()].sort((a, b) => sizeOf(examples[a]!) - sizeOf(examples[b]!));
  const found = new Array<unknown>(examples.length);
  let [total, numLabels] = [0, 0];
  for (let start = 0; start < order.length; start += batchSize) {
    signal?.throwIfAborted();
    const rows = order.slice(start, start + batchSize);
    const batch = rows.map((row) => examples[row]!.features);
    const { loss, read } = await forward(
      task.batch(batch, { lengths: longest(batch), random: createRandom(0, ['evaluation', start]) }),
    );
    const labels = batch.reduce((sum, example) => sum + example.numLabels, 0);
    total += loss.data[0]! * labels;
    numLabels += labels;
    rows.forEach((row, at) => {
      found[row] = task.read?.(read, at, batch[at]!);
    });
  }
  return { loss: total / Math.max(1, numLabels), found };
}

const sizeOf = ({ features }: RowFeatures): number =>
  features.lengths.reduce((sum, length) => sum + length, 0);

const longest = (batch: readonly Features[]): readonly number[] =>
  batch[0]!.lengths.map((_, axis) => Math.max(...batch.map(({ lengths }) => lengths[axis]!)));

async function generated(
  task: TrainingTask,
  examples: readonly RowFeatures[],
  {
    backend,
    batchSize,
    generation = {},
    signal,
    params,
  }: EvaluatorOptions & { readonly params: unknown; readonly signal: AbortSignal | undefined },
): Promise<readonly unknown[]> {
  const isOnHost = flattenTree<HostTensor | DeviceTensor>(params).every(({ leaf }) => 'data' in leaf);
  return task.generate!(
    examples.map(({ features }) => features),
    {
      params: isOnHost ? params : await readTree(backend, params),
      backend,
      options: generation,
      batchSize,
      signal,
    },
  );
}
