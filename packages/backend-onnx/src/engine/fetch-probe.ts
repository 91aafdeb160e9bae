import { encodeModel } from '../model/encode.js';
import type { OrtLike } from '../ort-like.js';
import { ortTensor } from '../ort-like.js';
import type { EngineSettings } from './host.js';
import { sessionOptions } from './session-options.js';

/**
 * True when ONNX Runtime writes an output into the memory of a tensor given in `fetches`, as onnxruntime-node does.
 * Found out by running -x once: packages and versions differ.
 */
export async function fillsFetches(ort: OrtLike, settings: EngineSettings): Promise<boolean> {
  const value = { type: 'f32', shape: [1] } as const;
  const model = encodeModel({
    name: 'probe',
    opset: 20,
    nodes: [{ op: 'Neg', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
    initializers: [],
    inputs: [{ name: 'x', ...value }],
    outputs: [{ name: 'y', ...value }],
  });
  const options = { ...sessionOptions(settings, 1), enableProfiling: false, intraOpNumThreads: 1 };
  const session = await ort.InferenceSession.create(model as never, options as never);
  const target = new Float32Array(1);
  const feeds = { x: ortTensor(ort, 'f32', Float32Array.of(-1), [1]) };
  await session.run(feeds as never, { y: ortTensor(ort, 'f32', target, [1]) } as never);
  await session.release();
  return target[0] === 1;
}
