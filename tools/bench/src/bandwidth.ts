import { Worker } from 'node:worker_threads';

/**
 * Plain JavaScript for a thread of its own: comparing two buffers of 256 MiB, which no cache holds, reads both of them at
 * the speed of memory. Sends bytes a second, the best of six passes.
 */
const READER = `
const { parentPort } = require('node:worker_threads');
const size = 256 * 2 ** 20;
const [a, b] = [Buffer.alloc(size, 1), Buffer.alloc(size, 1)];
let best = Infinity;
for (let pass = 0; pass < 6; pass++) {
  const started = performance.now();
  if (a.compare(b) !== 0) throw new Error('equal buffers differ');
  best = Math.min(best, performance.now() - started);
}
parentPort.postMessage((2 * size * 1000) / best);
`;

/** Bytes a second that so many threads read from memory together: what no decoder step can go below. */
export async function readBandwidth(threads: number): Promise<number> {
  const rates = Array.from({ length: threads }, () => {
    const worker = new Worker(READER, { eval: true });
    return new Promise<number>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  });
  return (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0);
}
