import { parentPort } from 'node:worker_threads';
import { Engine } from '../engine/engine.js';
import type { EngineSettings } from '../engine/host.js';
import { loadOnnxRuntimeNode } from './load-node.js';
import type { WorkerRequest } from './channel.js';
import type { WorkerGreeting } from './node-channel.js';
import { toPortable } from './portable-error.js';
import { serve } from './serve.js';

/** Entry of the worker thread: greets, takes its settings, then serves requests until it is terminated. */
const port = parentPort!;
const greet = (greeting: WorkerGreeting): void => port.postMessage(greeting);

try {
  const ort = await loadOnnxRuntimeNode();
  let engine: Engine | undefined;
  port.on('message', (message: EngineSettings | WorkerRequest) => {
    if (engine === undefined) engine = new Engine(ort, message as EngineSettings);
    else void serve(engine, message as WorkerRequest, (reply, transfer) => port.postMessage(reply, transfer));
  });
  greet({ ready: true });
} catch (error) {
  greet({ ready: false, error: toPortable(error) });
}
