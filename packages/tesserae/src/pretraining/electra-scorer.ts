import type {
  ElectraPretraining,
  PretrainingBatch,
  PretrainingParams,
  PretrainingResult,
  PretrainingScores,
} from '@tesserae/electra-model';
import { pretrainingMeter } from '@tesserae/electra-model';
import type { Backend, HostTensor, Tensor } from '@tesserae/tensor';
import { compile, releaseTree, rngFrom, rngKeyAt } from '@tesserae/tensor';
import type { MetricValues } from '@tesserae/training';
import { readTree } from '@tesserae/training';
import type { ExampleBatch } from './example-set.js';

interface Args {
  readonly params: PretrainingParams;
  readonly batch: PretrainingBatch;
  readonly key: Tensor;
}

/** Scores held-out batches, each with masks and samples of its own that are the same at every call. */
interface ElectraScorer {
  /** @param params  tree of tensors on the backend */
  metrics(params: unknown, signal: AbortSignal | undefined): Promise<MetricValues>;
  /** What was scored last. */
  readonly last: PretrainingScores | undefined;
  release(): void;
}

/** A scorer of a pre-training's own metrics. */
export async function createElectraScorer(
  pretraining: ElectraPretraining,
  batches: readonly ExampleBatch[],
  { backend, seed }: { readonly backend: Backend; readonly seed: number },
): Promise<ElectraScorer> {
  const evaluate = await compile(
    ({ params, batch, key }: Args) => pretraining.evaluate(params, batch, rngFrom(key)),
    backend,
    { name: 'score electra pre-training' },
  );
  let last: PretrainingScores | undefined;
  return {
    async metrics(params, signal) {
      const meter = pretrainingMeter();
      let loss = 0;
      for (const [index, { inputs }] of batches.entries()) {
        signal?.throwIfAborted();
        const result = await evaluate({ params, batch: inputs, key: rngKeyAt(seed, index) } as never);
        const host = (await readTree(backend, result)) as PretrainingResult<HostTensor>;
        releaseTree(result);
        loss += host.loss.data[0]! / batches.length;
        meter.add(host);
      }
      last = meter.scores();
      return { loss, ...definedOnly(last) };
    },
    get last() {
      return last;
    },
    release: () => evaluate.release(),
  };
}

const definedOnly = (scores: PretrainingScores): MetricValues =>
  Object.fromEntries(Object.entries(scores).filter(([, value]) => value !== undefined));
