import { describeBackend } from '@tesserae/backend-testkit';
import { createCpuBackend } from '@tesserae/backend-cpu';
import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import { afterAll, describe, it } from 'vitest';
import { NO_F64_ERF } from './known-gaps.js';

const testApi = { describe, it, afterAll };
const reference = createCpuBackend();

await describeBackend({
  name: 'backend-onnx on onnxruntime-node, in a worker',
  create: () => createOnnxNodeBackend({ threads: 1 }),
  reference,
  testApi,
  skip: [NO_F64_ERF],
});
await describeBackend({
  name: 'backend-onnx on onnxruntime-node, in this thread',
  create: () => createOnnxNodeBackend({ threads: 2, worker: false }),
  reference,
  testApi,
  skip: [NO_F64_ERF],
});
