import { readFileSync } from 'node:fs';
import type { HostTensor } from '@tesserae/tensor';
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
    const lines = [...print.mock.calls];
    const { weight, bias } = lines.pop()![0] as Record<'weight' | 'bias', HostTensor>;
    expect(weight.data[0]).toBeCloseTo(2, 1);
    expect(bias.data[0]).toBeCloseTo(1, 1);
    expect(lines.map(([step]) => step as number)).toEqual([50, 100, 150, 200]);
  });
});
