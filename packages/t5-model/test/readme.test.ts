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
    const ids = Array.from(print.mock.calls[0]![0] as Int32Array);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.length === 8 || ids.at(-1) === 1).toBe(true);
  });
});
