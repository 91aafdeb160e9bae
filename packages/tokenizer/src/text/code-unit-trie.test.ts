import { describe, expect, it } from 'vitest';
import { buildTrie, NO_NODE, trieSlot, type CodeUnitTrie } from './code-unit-trie.js';

const lookUp = (trie: CodeUnitTrie, root: number, key: string): number | undefined => {
  let node = root;
  let value = -1;
  for (let i = 0; i < key.length; i++) {
    const slot = trieSlot(trie, node, key.charCodeAt(i));
    if (trie.slots[4 * slot] === NO_NODE) return undefined;
    node = trie.slots[4 * slot + 2]!;
    value = trie.slots[4 * slot + 3]!;
  }
  return value;
};

describe('code-unit trie', () => {
  const keys = Array.from({ length: 5000 }, (_, i) => `${i.toString(7)}é${'😀'.repeat(i % 3)}`);
  const entries = keys.map((key, value) => ({ root: value % 2, key, value }));
  const trie = buildTrie(entries, 2);

  it('finds every key under its own root and no other', () => {
    for (const { root, key, value } of entries) {
      expect(lookUp(trie, root, key)).toBe(value);
      expect(lookUp(trie, 1 - root, key)).not.toBe(value);
    }
  });

  it('a prefix that is no key has no value, a longer text has no node', () => {
    expect(lookUp(buildTrie([{ root: 0, key: 'abc', value: 7 }], 1), 0, 'ab')).toBe(-1);
    expect(lookUp(buildTrie([{ root: 0, key: 'abc', value: 7 }], 1), 0, 'abcd')).toBeUndefined();
  });
});
