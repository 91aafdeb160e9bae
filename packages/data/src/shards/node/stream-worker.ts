import { parentPort, workerData } from 'node:worker_threads';
import { DataError } from '../../errors.js';
import type { StreamOpener, StreamReply, StreamStart } from './worker-stream.js';

/** Entry of a worker thread: gives the items of a module's stream as they are asked for. */
const port = parentPort!;
const { module, index, count, data } = workerData as StreamStart;
const turn = createTurns();

/** Waits until the main thread asks for one item more. */
function createTurns(): () => Promise<void> {
  let asked = 0;
  let wake = (): void => undefined;
  port.on('message', () => {
    asked++;
    wake();
  });
  return async () => {
    while (asked === 0) await new Promise<void>((resolve) => (wake = resolve));
    asked--;
  };
}

/** Buffers that belong to the item alone: they are moved, not copied. */
function ownBuffers(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteLength } = value;
    if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) found.add(buffer);
  } else if (value !== null && typeof value === 'object') {
    for (const member of Object.values(value)) ownBuffers(member, found);
  }
  return found;
}

function failure(error: unknown): StreamReply {
  if (error instanceof DataError) return { facts: { ...error.facts, cause: undefined } };
  const { name, message } = error as Error;
  return { error: { name, message } };
}

const send = (reply: StreamReply, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(reply, [...transfer]);

try {
  const { open } = (await import(module)) as { readonly open: StreamOpener<unknown> };
  for await (const item of open({ worker: { index, count }, data })) {
    await turn();
    send({ item }, [...ownBuffers(item)]);
  }
  await turn();
  send({ isDone: true });
} catch (error) {
  send(failure(error));
}
