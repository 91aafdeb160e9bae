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
    const [loss, gradient] = print.mock.calls.map(([values]) => Array.from(values as Float32Array));
    expect(loss![0]).toBeCloseTo(Math.log(3), 6);
    [1 / 3, 1 / 3, -2 / 3].forEach((value, index) => expect(gradient![index]).toBeCloseTo(value, 6));
  });
});
