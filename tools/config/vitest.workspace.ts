/** All packages' tests in one vitest run: one start-up and one worker pool instead of one per package. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.config.ts', 'tools/*/vitest.config.ts'],
    pool: 'forks',
    maxWorkers: 2,
    passWithNoTests: true,
  },
});
