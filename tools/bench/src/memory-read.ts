import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { OptionReader, Workload } from './workload.js';

// How fast this machine reads so many bytes of memory: the floor of decoding, which reads every weight for every token.
// The loop is WebAssembly, as plain JavaScript is too slow for it.

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...leb(value >>> 7)];
}

const list = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];
const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body];
const text = (value: string): number[] => list([...Buffer.from(value)].map((byte) => [byte]));

const [I32, V128] = [0x7f, 0x7b];
const [GET, SET, TEE] = [0x20, 0x21, 0x22];
const ADD_I32X4 = [0xfd, 0xae, 0x01];
/** Vectors that a turn of the loop reads. */
const UNROLLED = 8;
const BYTES_PER_TURN = 16 * UNROLLED;

/**
 * `sum(end)`: the sum of all 32-bit numbers below address `end`, which keeps the reads from being left out. Local 0 is the
 * end, 1 the address, 2… the partial sums.
 */
function readerModule(pages: number): WebAssembly.Module {
  const lanes = Array.from({ length: UNROLLED }, (_, lane) => 2 + lane);
  const load = (lane: number): number[] => [GET, 1, 0xfd, 0x00, 4, ...leb(16 * (lane - 2))];
  const turn = lanes.flatMap((lane) => [GET, lane, ...load(lane), ...ADD_I32X4, SET, lane]);
  const advance = [GET, 1, 0x41, ...leb(BYTES_PER_TURN), 0x6a, TEE, 1, GET, 0, 0x49, 0x0d, 0];
  const total = lanes.slice(1).flatMap((lane) => [GET, lane, ...ADD_I32X4]);
  const locals = list([
    [1, I32],
    [UNROLLED, V128],
  ]);
  const body = [...locals, 0x03, 0x40, ...turn, ...advance, 0x0b, GET, 2, ...total, 0xfd, 0x1b, 0, 0x0b];
  const bytes = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[0x60, 1, I32, 1, I32]])),
    ...section(3, list([[0]])),
    ...section(5, list([[0, ...leb(pages)]])),
    ...section(
      7,
      list([
        [...text('sum'), 0, 0],
        [...text('memory'), 2, 0],
      ]),
    ),
    ...section(10, list([[...leb(body.length), ...body]])),
  ];
  return new WebAssembly.Module(Uint8Array.from(bytes));
}

/** What each thread runs: fills its memory once, then reads all of it at every message. */
const READER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { sum, memory } = new WebAssembly.Instance(workerData.module).exports;
  new Uint32Array(memory.buffer).fill(1);
  parentPort.on('message', () => parentPort.postMessage(sum(workerData.size)));
  parentPort.postMessage('ready');
`;

const PAGE_BYTES = 65536;

/** One iteration reads `bytes` once, a share in each thread. */
export async function readMemory(options: OptionReader): Promise<Workload> {
  const [bytes, threads] = [options.number('bytes'), options.number('threads', 2)];
  const size = Math.ceil(bytes / threads / BYTES_PER_TURN) * BYTES_PER_TURN;
  const module = readerModule(Math.ceil(size / PAGE_BYTES));
  const workers = Array.from(
    { length: threads },
    () => new Worker(READER, { eval: true, workerData: { module, size } }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const iterate = async (): Promise<number> => {
    const sums = workers.map(async (worker) => {
      const answer = once(worker, 'message');
      worker.postMessage('read');
      return ((await answer) as [number])[0];
    });
    return (await Promise.all(sums)).reduce((sum, part) => sum + part, 0);
  };
  return {
    facts: { bytes: size * threads },
    iterate,
    check: async () => ({ values: [(4 * (await iterate())) / (size * threads)] }),
    close: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
}
