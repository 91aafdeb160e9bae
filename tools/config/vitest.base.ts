/** The one vitest configuration. Packages resolve each other to sources, so tests need no build. */
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const sourceCondition = '@tesserae/source';

/**
 * Vitest options of one package. Two workers, because CI has two cores; a process each, because ONNX Runtime
 * blocks its thread and a crash in native code must fail one file, not the run.
 */
export function packageTests(): ViteUserConfig {
  return defineConfig({
    resolve: { conditions: [sourceCondition, ...defaultClientConditions] },
    ssr: { resolve: { conditions: [sourceCondition, ...defaultServerConditions] } },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      environment: 'node',
      pool: 'forks',
      maxWorkers: 2,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      passWithNoTests: true,
    },
  });
}
