import { describeBackend } from '@tesserae/backend-testkit';
import { createCpuBackend } from '@tesserae/backend-cpu';
import { afterAll, describe, it } from 'vitest';

const testApi = { describe, it, afterAll };
const reference = createCpuBackend();

await describeBackend({ name: 'backend-cpu', create: () => createCpuBackend(), reference, testApi });
await describeBackend({
  name: 'backend-cpu with blocked matmul',
  create: () => createCpuBackend({ matmul: 'blocked' }),
  reference,
  testApi,
});
