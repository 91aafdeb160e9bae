import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { collectPages, headingsOf } from './error-pages.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const document = readFileSync(`${root}docs/errors.md`, 'utf8');
const uses = collectPages(root);
const anchors = headingsOf(document);

describe('docs/errors.md', () => {
  it('has a section for every anchor that an error names', () => {
    const missing = uses.filter(({ page }) => !anchors.includes(page));
    expect(missing).toEqual([]);
  });

  it('has no section that no error leads to', () => {
    const used = new Set(uses.map(({ page }) => page));
    expect(anchors.filter((anchor) => !used.has(anchor))).toEqual([]);
  });

  it('names each anchor once, in words and hyphens, which make a stable link', () => {
    expect(new Set(anchors).size).toBe(anchors.length);
    expect(anchors.filter((anchor) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(anchor))).toEqual([]);
  });

  it('tells in each section what is wrong, gives an example, and says what to do', () => {
    const sections = document.split(/^### /m).slice(1);
    const incomplete = sections.filter(
      (text) => !/^\S+\n[^\n]+\n[^\n]+\n[^]*\n\*\*Remedy\.\*\* \S/.test(text),
    );
    expect(incomplete.map((text) => text.split('\n')[0])).toEqual([]);
  });
});

describe('collectPages', () => {
  it('finds anchors however they are given', () => {
    const pages = new Set(uses.map(({ page }) => page));
    const samples = ['matmul-inner-size', 'tokenizer-bad-option', 'unknown-option'];
    expect(samples.filter((page) => !pages.has(page))).toEqual([]);
  });
});
