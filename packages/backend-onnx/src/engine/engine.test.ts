import { hostTensor } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import type { OrtLike, OrtTensorLike } from '../ort-like.js';
import { Engine } from './engine.js';
import type { ProgramSource } from './host.js';

type Values = Record<string, OrtTensorLike>;

/** An ONNX Runtime whose every model negates its one input; it keeps what was handed to `run`. */
function fakeRuntime({ fillsFetches }: { readonly fillsFetches: boolean }) {
  const fetched: (Float32Array | null)[] = [];
  class Tensor implements OrtTensorLike {
    constructor(
      readonly type: string,
      readonly data: Float32Array,
      readonly dims: readonly number[],
    ) {}
  }
  const run = (feeds: Values, fetches: Record<string, OrtTensorLike | null>): Promise<Values> => {
    const [input] = Object.values(feeds);
    const [[name, target]] = Object.entries(fetches) as [[string, OrtTensorLike | null]];
    const data = (input!.data as Float32Array).map((value) => -value);
    fetched.push((target?.data as Float32Array | undefined) ?? null);
    if (fillsFetches) (target?.data as Float32Array | undefined)?.set(data);
    return Promise.resolve({ [name]: new Tensor('float32', data, input!.dims) });
  };
  const session = { run, release: () => Promise.resolve() };
  const ort = { Tensor, InferenceSession: { create: () => Promise.resolve(session) } } as unknown as OrtLike;
  return { ort, fetched };
}

const program: ProgramSource = {
  id: 0,
  name: 'negate',
  model: new Uint8Array(),
  operators: 1,
  inputs: ['x'],
  results: [{ name: 'y', dtype: 'f32' }],
  computed: [0],
  writes: [],
  aliases: [{ output: 0, input: 0 }],
  residents: [],
  randomInputs: [],
};
const settings = { executionProviders: ['cpu'], threads: 1, sessionOptions: {} };

async function threeDonatedRuns(ort: OrtLike, uploaded = Float32Array.of(1, 2)): Promise<readonly number[]> {
  const engine = new Engine(ort, settings);
  await engine.load(program);
  engine.upload(0, hostTensor('f32', [2], uploaded));
  for (const step of [0, 1, 2]) {
    await engine.run({
      program: 0,
      inputs: [step],
      outputs: [step + 1],
      shapes: { outputs: [[2]], random: [] },
    });
  }
  return [...(await engine.download(3)).data];
}

describe('Engine', () => {
  it('writes an output into the memory that was donated one run earlier', async () => {
    const { ort, fetched } = fakeRuntime({ fillsFetches: true });
    const uploaded = Float32Array.of(1, 2);
    expect(await threeDonatedRuns(ort, uploaded)).toEqual([-1, -2]);
    const [, first, second, third] = fetched; // the first of all is the probe
    expect(first).toBeNull(); // nothing was donated yet
    expect(second).toBe(uploaded);
    expect(third).toBeInstanceOf(Float32Array);
    expect(third).not.toBe(uploaded); // it holds the input of this run
  });

  it('gives no memory to a runtime that does not write into it', async () => {
    const { ort, fetched } = fakeRuntime({ fillsFetches: false });
    expect(await threeDonatedRuns(ort)).toEqual([-1, -2]);
    expect(fetched.slice(1)).toEqual([null, null, null]);
  });
});
