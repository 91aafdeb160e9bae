import { createCpuBackend } from '@tesserae/backend-cpu';
import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import type { Backend, Tensor } from '@tesserae/tensor';
import { compile, hostTensor, matmul } from '@tesserae/tensor';
import type { CommandContext } from '../command-context.js';

interface Diagnosis {
  readonly backend: string;
  readonly isUsable: boolean;
  /** What it can do, or why it cannot run. */
  readonly details: string;
  /** Speed of a 512³ f32 matrix product, GFLOP/s. */
  readonly gflops?: number;
}

/** Tries every backend with a small product whose result is known. */
export async function runDoctor(_: { readonly json: boolean }, { output }: CommandContext): Promise<void> {
  const candidates: readonly (readonly [string, () => Backend | Promise<Backend>])[] = [
    ['onnx', () => createOnnxNodeBackend()],
    ['cpu', () => createCpuBackend()],
  ];
  output.note(`Node ${process.version} on ${process.platform} ${process.arch}`);
  for (const [name, create] of candidates) {
    const diagnosis = await diagnose(name, create);
    const speed = diagnosis.gflops === undefined ? '' : `, ${diagnosis.gflops.toFixed(1)} GFLOP/s in f32`;
    output.result(
      diagnosis,
      `${diagnosis.isUsable ? 'ok  ' : 'no  '}${name.padEnd(8)}${diagnosis.details}${speed}`,
    );
  }
}

async function diagnose(name: string, create: () => Backend | Promise<Backend>): Promise<Diagnosis> {
  try {
    const backend = await create();
    try {
      const gflops = await measureMatmul(backend, name === 'cpu' ? 64 : 512);
      return { backend: name, isUsable: true, details: backend.capabilities.dtypes.join(' '), gflops };
    } finally {
      await backend.close();
    }
  } catch (error) {
    return {
      backend: name,
      isUsable: false,
      details: error instanceof Error ? error.message : String(error),
    };
  }
}

/** GFLOP/s of an n³ product of ones; the result must be n. */
async function measureMatmul(backend: Backend, n: number): Promise<number> {
  const ones = hostTensor('f32', [n, n], new Float32Array(n * n).fill(1));
  const product = await compile(({ x }: { x: Tensor }) => ({ y: matmul(x, x) }), backend, { name: 'doctor' });
  let elapsedMs = Infinity;
  for (let round = 0; round < 4; round++) {
    const x = backend.upload(ones);
    const started = performance.now();
    const { y } = await product({ x });
    elapsedMs = Math.min(elapsedMs, performance.now() - started);
    const { data } = await backend.download(y);
    x.release();
    y.release();
    if (data[0] !== n) throw new Error(`a product of ones gave ${data[0]}, needed ${n}`);
  }
  product.release();
  return (2 * n ** 3) / elapsedMs / 1e6;
}
