import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

afterEach(() => vi.restoreAllMocks());

describe('the README', () => {
  it('shows the example that is run here', () => {
    expect(read('../README.md')).toContain(`\`\`\`ts\n${read('readme-example.ts')}\`\`\``);
  });

  it('says what the example prints: six examples, each task in epochs', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await import('./readme-example.js');
    const lines = print.mock.calls.map(([line]) => line as string);
    expect(lines).toHaveLength(6);
    expect(new Set(lines)).toEqual(
      new Set([
        'spam: You have won! -> yes',
        'spam: See you at noon. -> no',
        'cola sentence: They drank the pub. -> unacceptable',
      ]),
    );
  });
});
