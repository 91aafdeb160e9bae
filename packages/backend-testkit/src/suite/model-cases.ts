import type { Dim, Graph, HostTensor, Rng, Tensor } from '@tesserae/tensor';
import {
  attention,
  cast,
  concat,
  crossEntropy,
  dropout,
  embedding,
  foldIn,
  gelu,
  iota,
  layerNorm,
  matmul,
  maskedMean,
  isCounted,
  mul,
  pad,
  reshape,
  rngFrom,
  rngKey,
  sliceAxis,
  spec,
  sub,
  symbol,
  trace,
  transpose,
  valueAndGrad,
} from '@tesserae/tensor';
import { MismatchError } from '../mismatch-error.js';
import { callExecutable, compileGraph } from '../run-graph.js';
import { randomTensor } from '../sample-inputs.js';
import type { Suite } from './suite.js';
import { compareBackends, requireAllClose } from './suite.js';

/** A small transformer layer with a loss and its gradients, traced with symbols and run at several sizes. */
const SIZES = [
  { batch: 2, seqLen: 5 },
  { batch: 1, seqLen: 1 },
  { batch: 3, seqLen: 2 },
  { batch: 1, seqLen: 7 },
  { batch: 2, seqLen: 5 },
] as const;

const VOCAB_SIZE = 11;
const NUM_HEADS = 2;
const HEAD_DIM = 3;
const D_MODEL = NUM_HEADS * HEAD_DIM;

interface Params {
  readonly table: Tensor;
  readonly scale: Tensor;
  readonly bias: Tensor;
  readonly inner: Tensor;
}

interface ModelArgs {
  readonly params: Params;
  readonly inputIds: Tensor;
  readonly attentionMask: Tensor;
  readonly labels: Tensor;
  readonly key: Tensor;
}

/** Adds the cases of one executable under several sizes, and of a whole model with fixed sizes. */
export function addModelCases(suite: Suite): void {
  suite.add(['models', 'fixed sizes', 'loss, hidden states and gradients agree with the reference'], () =>
    compareBackends(suite, modelGraph(SIZES[0]), { inputs: modelInputs(SIZES[0]) }),
  );
  suite.add(['models', 'fixed sizes', 'without native composites'], () =>
    compareBackends(suite, modelGraph(SIZES[0]), { inputs: modelInputs(SIZES[0]), decomposed: true }),
  );
  if (!suite.backend.capabilities.symbolicDims) return;
  suite.add(['models', 'symbolic sizes', 'one executable serves every batch and length'], async () => {
    const graph = modelGraph({ batch: symbol('batch'), seqLen: symbol('seqLen') });
    const executable = await compileGraph(suite.backend, graph);
    const reference = await compileGraph(suite.reference, graph);
    for (const sizes of SIZES) {
      const inputs = modelInputs(sizes);
      const needed = await callExecutable(suite.reference, reference, inputs);
      const got = await callExecutable(suite.backend, executable, inputs);
      requireAllClose(got, needed, {
        op: `batch ${sizes.batch}, seqLen ${sizes.seqLen}`,
        tolerances: suite.tolerances,
      });
    }
    executable.release();
    reference.release();
  });
  suite.add(['models', 'symbolic sizes', 'sizes that contradict each other are refused'], async () => {
    const graph = modelGraph({ batch: symbol('batch'), seqLen: symbol('seqLen') });
    const executable = await compileGraph(suite.backend, graph);
    const inputs = modelInputs(SIZES[0]).map((input, index) =>
      index === 5 ? modelInputs(SIZES[2])[index]! : input,
    );
    const failed = await callExecutable(suite.backend, executable, inputs).then(
      () => false,
      () => true,
    );
    executable.release();
    if (!failed)
      throw new MismatchError({ op: 'run', problem: 'an attentionMask of another batch was accepted' });
  });
}

type Sizes = Readonly<Record<'batch' | 'seqLen', Dim>>;

function modelGraph({ batch, seqLen }: Sizes): Graph {
  const ids = spec('i32', [batch, seqLen]);
  const fn = ({ params, inputIds, attentionMask, labels, key }: ModelArgs) => {
    const { value, grads, result } = valueAndGrad((own: Params) =>
      lossOf(own, { inputIds, attentionMask, labels, rng: rngFrom(key) }),
    )(params);
    return { loss: value, grads, hiddenStates: result.hiddenStates, shifted: shiftRight(inputIds) };
  };
  const params = {
    table: spec('f32', [VOCAB_SIZE, D_MODEL]),
    scale: spec('f32', [D_MODEL]),
    bias: spec('f32', [D_MODEL]),
    inner: spec('f32', [D_MODEL, D_MODEL]),
  };
  const specs = { params, inputIds: ids, attentionMask: ids, labels: ids, key: spec('i32', [2]) };
  return trace(fn, specs as never, { name: 'model' }).graph;
}

interface Batch {
  readonly inputIds: Tensor;
  readonly attentionMask: Tensor;
  readonly labels: Tensor;
  readonly rng: Rng;
}

function lossOf(params: Params, { inputIds, attentionMask, labels, rng }: Batch) {
  const [batch, seqLen] = inputIds.spec.shape as [number, number];
  const embedded = embedding(params.table, inputIds); // [batch, seqLen, dModel]
  const normed = layerNorm(embedded, { scale: params.scale, bias: params.bias, epsilon: 1e-6 });
  const heads = reshape(normed, [batch, seqLen, NUM_HEADS, HEAD_DIM]);
  const mask = mul(sub(1, cast(attentionMask, 'f32')), -1e9);
  const bias = reshape(mask, [batch, 1, 1, seqLen]);
  const attended = attention(heads, {
    key: heads,
    value: heads,
    bias,
    scale: HEAD_DIM ** -0.5,
    dropout: { rate: 0.2, rng: foldIn(rng, 'weights') },
  });
  const mixed = gelu(matmul(reshape(attended, [batch, seqLen, D_MODEL]), params.inner));
  const hiddenStates = dropout(mixed, { rate: 0.1, rng: foldIn(rng, 'hidden') });
  const positions = cast(reshape(iota('i32', [seqLen], { axis: 0 }), [seqLen, 1]), 'f32');
  const logits = matmul(mul(hiddenStates, positions), params.table, { transposeB: true }); // [batch, seqLen, vocabSize]
  return { loss: maskedMean(crossEntropy(logits, labels), isCounted(labels)), hiddenStates };
}

/** Ids moved one place to the right, by padding and cutting and by joining: both in one result. */
function shiftRight(inputIds: Tensor): Tensor {
  const [, seqLen] = inputIds.spec.shape as [number, number];
  const padded = pad(inputIds, { before: [0, 1], after: [0, 0], value: 0 });
  const cut = sliceAxis(padded, { axis: 1, start: 0, limit: seqLen });
  return transpose(concat([cut, inputIds], { axis: 1 }), [1, 0]);
}

function modelInputs({
  batch,
  seqLen,
}: {
  readonly batch: number;
  readonly seqLen: number;
}): readonly HostTensor[] {
  const shape = [batch, seqLen];
  const float = (own: readonly number[], stream: number) =>
    randomTensor({ dtype: 'f32', shape: own }, { seed: 21, stream, range: [-1, 1] });
  const ids = (stream: number) =>
    randomTensor({ dtype: 'i32', shape }, { seed: 21, stream, range: [0, VOCAB_SIZE] });
  const attentionMask = randomTensor({ dtype: 'i32', shape }, { seed: 21, stream: 5, range: [0, 2] });
  attentionMask.data.fill(1, 0, 1);
  const labels = ids(6);
  if (labels.data.length > 1) labels.data[1] = -100;
  return [
    float([VOCAB_SIZE, D_MODEL], 0),
    float([D_MODEL], 1),
    float([D_MODEL], 2),
    float([D_MODEL, D_MODEL], 3),
    ids(4),
    attentionMask,
    labels,
    rngKey(77),
  ];
}
