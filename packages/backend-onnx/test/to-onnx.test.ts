import { toOnnx } from '@tesserae/backend-onnx';
import {
  OptionError,
  dropout,
  gelu,
  hostTensor,
  layerNorm,
  matmul,
  randomBits,
  randomBitsInto,
  randomMaskInto,
  reshape,
  rmsNorm,
  rngFrom,
  spec,
  symbol,
  trace,
} from '@tesserae/tensor';
import type { Tensor } from '@tesserae/tensor';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';

const open = (bytes: Uint8Array): Promise<ort.InferenceSession> => ort.InferenceSession.create(bytes);
const f32 = (values: readonly number[], dims: readonly number[]): ort.Tensor =>
  new ort.Tensor('float32', Float32Array.from(values), dims);

describe('toOnnx', () => {
  it('names dynamic axes after the symbols and computes sizes from the inputs', async () => {
    const [batch, seqLen] = [symbol('batch'), symbol('seqLen')];
    const { graph } = trace(({ x }: { x: Tensor }) => ({ flat: reshape(x, [-1, 2]) }), {
      x: spec('f32', [batch, seqLen, 2]),
    });
    const session = await open(toOnnx(graph));
    expect(session.inputMetadata[0]).toMatchObject({ name: 'x', shape: ['batch', 'seqLen', 2] });
    expect(session.outputMetadata[0]).toMatchObject({ name: 'flat', shape: ['batch*seqLen', 2] });
    const { flat } = await session.run({ x: f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3, 2, 2]) });
    expect(flat!.dims).toEqual([6, 2]);
  });

  it('holds constants inside, and names an output apart from an input of the same name', async () => {
    const { graph } = trace(({ w, x }: { w: Tensor; x: Tensor }) => ({ x: matmul(x, w) }), {
      w: spec('f32', [2, 2]),
      x: spec('f32', [1, 2]),
    });
    const session = await open(toOnnx(graph, { constants: { w: hostTensor('f32', [2, 2], [1, 2, 3, 4]) } }));
    expect(session.inputNames).toEqual(['x']);
    expect(session.outputNames).toEqual(['x:out']);
    expect([...((await session.run({ x: f32([1, 1], [1, 2]) }))['x:out']!.data as Float32Array)]).toEqual([
      4, 6,
    ]);
  });

  it('keeps to standard operators unless an execution provider is named', () => {
    const { graph } = trace(
      ({ x, scale }: { x: Tensor; scale: Tensor }) => rmsNorm(gelu(x), { scale, epsilon: 1e-6 }),
      { x: spec('f32', [2, 4]), scale: spec('f32', [4]) },
    );
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
    expect(text(toOnnx(graph))).not.toMatch(/com\.microsoft|SimplifiedLayerNormalization/);
    expect(text(toOnnx(graph, { executionProvider: 'cpu' }))).toMatch(/SimplifiedLayerNormalization/);
  });

  it('draws the random numbers of core inside the graph', async () => {
    const { graph } = trace(
      ({ x, key }: { x: Tensor; key: Tensor }) => ({
        dropped: dropout(x, { rate: 0.25, rng: { key, stream: 9 } }),
        bits: randomBits(rngFrom(key), { shape: [7], bitWidth: 32 }),
      }),
      { x: spec('f32', [101]), key: spec('i32', [2]) },
    );
    const session = await open(toOnnx(graph));
    const key = [123, -456] as const;
    const feeds = {
      x: f32(new Array<number>(101).fill(3), [101]),
      key: new ort.Tensor('int32', Int32Array.from(key)),
    };
    const { dropped, bits } = await session.run(feeds);
    const mask = new Uint8Array(101);
    randomMaskInto(mask, key, { stream: 9, threshold: 49152 });
    expect([...(dropped!.data as Float32Array)]).toEqual([...mask].map((kept) => (kept === 1 ? 4 : 0)));
    const words = new Int32Array(7);
    randomBitsInto(words, key, { stream: 0, bitWidth: 32 });
    expect([...(bits!.data as Int32Array)]).toEqual([...words]);
  });

  it('writes both operator sets it knows, and refuses others', async () => {
    const { graph } = trace(
      ({ x, scale, bias }: { x: Tensor; scale: Tensor; bias: Tensor }) =>
        layerNorm(x, { scale, bias, epsilon: 1e-5 }),
      { x: spec('f32', [2, 4]), scale: spec('f32', [4]), bias: spec('f32', [4]) },
    );
    for (const opset of [20, 21]) expect((await open(toOnnx(graph, { opset }))).outputNames).toHaveLength(1);
    expect(() => toOnnx(graph, { opset: 12 })).toThrow(OptionError);
    expect(() => toOnnx(graph, { constants: { y: hostTensor('f32', [1], [1]) } })).toThrow(/is no input/);
    expect(() => toOnnx(graph, { opsets: 21 } as never)).toThrow(/unknown option/);
  });
});
