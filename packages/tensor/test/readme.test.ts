import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { text } from './readme-example.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it('the example of the README is the one that runs here', () => {
  expect(read('../README.md')).toContain(`\`\`\`ts\n${read('readme-example.ts')}\`\`\``);
});

it('and it prints what the README says it prints', () => {
  expect(read('../README.md')).toContain(`\`\`\`text\n${text}\n\`\`\``);
});
