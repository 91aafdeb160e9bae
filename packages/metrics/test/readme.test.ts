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
    const shown = print.mock.calls.map((values) =>
      values.map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))).join(' '),
    );
    const printed = /Prints:\n\n```\n([^]*?)\n```/.exec(read('../README.md'))?.[1];
    expect(shown.join('\n')).toBe(printed);
  });
});
