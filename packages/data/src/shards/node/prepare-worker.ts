import { parentPort, workerData } from 'node:worker_threads';
import { tokenizerFromFiles } from '@tesserae/tokenizer';
import { moreStages } from '@tesserae/tokenizer/stages';
import { createChunkTokenizer, type DocumentChunk } from './tokenize-chunk.js';
import type { WorkerReply, WorkerSettings } from './worker-pool.js';

/** Entry of a worker thread: tokenises chunks in the order they come until it is terminated. */
const port = parentPort!;
const { files, settings } = workerData as WorkerSettings;
const tokenize = createChunkTokenizer(tokenizerFromFiles(files, { stages: moreStages }), settings);

port.on('message', (documents: DocumentChunk) => {
  try {
    const chunk = tokenize(documents);
    const reply: WorkerReply = { chunk };
    port.postMessage(reply, [chunk.ids.buffer as ArrayBuffer, chunk.ends.buffer as ArrayBuffer]);
  } catch (error) {
    const { name, message } = error as Error;
    const reply: WorkerReply = { error: { name, message } };
    port.postMessage(reply);
  }
});
