import { describeBackend } from '@tesserae/backend-testkit';
import { createCpuBackend } from '@tesserae/backend-cpu';
import { createOnnxWebBackend } from '@tesserae/backend-onnx/web';
import { afterAll, describe, it } from 'vitest';
import { NO_F64_ERF } from './known-gaps.js';

await describeBackend({
  name: 'backend-onnx on onnxruntime-web (wasm)',
  create: () => createOnnxWebBackend({ threads: 1 }),
  reference: createCpuBackend(),
  testApi: { describe, it, afterAll },
  skip: [NO_F64_ERF],
});
