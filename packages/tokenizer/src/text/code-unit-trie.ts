/** What a node says when no key ends there. */
export const NO_VALUE = -1;

/** The node that stands for "no such child". */
export const NO_NODE = -1;

/**
 * A trie over UTF-16 code units in one flat Int32Array: an open-addressing hash of (node, unit),
 * four entries a slot (node, unit, child, value of the child), so that a step touches one cache line.
 */
export interface CodeUnitTrie {
  readonly slots: Int32Array;
  /** Number of slots minus one; the number is a power of two. */
  readonly mask: number;
}

/** A key, the root it hangs from (0 or above) and its value (0 or above). */
interface TrieEntry {
  readonly root: number;
  readonly key: string;
  readonly value: number;
}

/**
 * Slot of the child of `node` by `unit`, or of the free slot where it would go. Multiply by four to index.
 */
export function trieSlot(trie: CodeUnitTrie, node: number, unit: number): number {
  const { slots, mask } = trie;
  let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)) & 0x7fffffff;
  slot = (slot ^ (slot >>> 15)) & mask;
  for (;;) {
    const found = slots[4 * slot]!;
    if (found === NO_NODE || (found === node && slots[4 * slot + 1] === unit)) return slot;
    slot = (slot + 1) & mask;
  }
}

/**
 * Builds the trie. Roots are the nodes 0 … rootCount - 1, so that several sets of keys share one table.
 * A later entry with the same root and key replaces the value.
 */
export function buildTrie(entries: readonly TrieEntry[], rootCount: number): CodeUnitTrie {
  const builder = new TrieBuilder(rootCount, 4 * entries.length);
  for (const { root, key, value } of entries) builder.add(root, key, value);
  return builder.finish();
}

/** Builds a trie key by key, as `buildTrie` does. */
export class TrieBuilder {
  #trie: CodeUnitTrie;
  #nodeCount: number;

  /** @param sizeHint  expected number of nodes; more may come */
  constructor(rootCount: number, sizeHint: number) {
    this.#trie = emptyTrie(sizeHint);
    this.#nodeCount = rootCount;
  }

  /** Adds a key and returns the value it had before, or NO_VALUE. The empty key is left out. */
  add(root: number, key: string, value: number): number {
    while (4 * (this.#nodeCount + key.length) > 3 * this.#trie.mask) this.#trie = rehashed(this.#trie);
    const trie = this.#trie;
    const { slots } = trie;
    let node = root;
    let at = 0;
    for (let i = 0; i < key.length; i++) {
      const unit = key.charCodeAt(i);
      at = 4 * trieSlot(trie, node, unit);
      if (slots[at] === NO_NODE) {
        slots[at] = node;
        slots[at + 1] = unit;
        slots[at + 2] = this.#nodeCount++;
      }
      node = slots[at + 2]!;
    }
    if (key === '') return NO_VALUE;
    const former = slots[at + 3]!;
    slots[at + 3] = value;
    return former;
  }

  /** The trie. */
  finish(): CodeUnitTrie {
    return Object.freeze(this.#trie);
  }
}

function emptyTrie(minimumSlots: number): CodeUnitTrie {
  let size = 64;
  while (size < minimumSlots) size *= 2;
  return { slots: new Int32Array(4 * size).fill(NO_NODE), mask: size - 1 };
}

function rehashed({ slots, mask }: CodeUnitTrie): CodeUnitTrie {
  const larger = emptyTrie(2 * (mask + 1));
  for (let i = 0; i < slots.length; i += 4) {
    if (slots[i] === NO_NODE) continue;
    const at = 4 * trieSlot(larger, slots[i]!, slots[i + 1]!);
    for (let k = 0; k < 4; k++) larger.slots[at + k] = slots[i + k]!;
  }
  return larger;
}

/** Value of a key, NO_VALUE when there is none. */
export function trieValue(trie: CodeUnitTrie, root: number, key: string): number {
  let node = root;
  let value = NO_VALUE;
  for (let i = 0; i < key.length; i++) {
    const at = 4 * trieSlot(trie, node, key.charCodeAt(i));
    if (trie.slots[at] === NO_NODE) return NO_VALUE;
    node = trie.slots[at + 2]!;
    value = trie.slots[at + 3]!;
  }
  return value;
}

/** The longest key under root 0 that is at `start`: its value and where it ends; NO_VALUE and `start` for none. */
export function longestKey(
  trie: CodeUnitTrie,
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): { readonly value: number; readonly end: number } {
  const { slots } = trie;
  const found = { value: NO_VALUE, end: start };
  let node = 0;
  for (let i = start; i < end; i++) {
    const at = 4 * trieSlot(trie, node, text.charCodeAt(i));
    if (slots[at] === NO_NODE) break;
    node = slots[at + 2]!;
    if (slots[at + 3] === NO_VALUE) continue;
    found.value = slots[at + 3]!;
    found.end = i + 1;
  }
  return found;
}
