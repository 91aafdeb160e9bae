import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

afterEach(() => vi.restoreAllMocks());

describe('the README', () => {
  it('shows the example that is run here', () => {
    expect(read('../README.md')).toContain(`\`\`\`ts\n${read('readme-example.ts')}\`\`\``);
  });

  it('says what the example prints', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await import('./readme-example.js');
    expect(print.mock.calls).toEqual([[[2, 4, 256]]]);
  });
});
