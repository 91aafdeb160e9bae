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
  /** Number of nodes, roots included. */
  readonly nodeCount: number;
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
export function trieSlot(trie: { slots: Int32Array; mask: number }, node: number, unit: number): number {
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
  #trie: { slots: Int32Array; mask: number };
  #nodeCount: number;
  #used = 0;

  /** @param sizeHint  expected number of nodes; more may come */
  constructor(rootCount: number, sizeHint: number) {
    this.#trie = emptyTrie(sizeHint);
    this.#nodeCount = rootCount;
  }

  /** Adds a key; the empty one is left out. */
  add(root: number, key: string, value: number): void {
    let node = root;
    for (let i = 0; i < key.length; i++) {
      const unit = key.charCodeAt(i);
      let at = 4 * trieSlot(this.#trie, node, unit);
      if (this.#trie.slots[at] === NO_NODE) {
        if (2 * (this.#used + 1) > this.#trie.mask) {
          this.#trie = rehashed(this.#trie);
          at = 4 * trieSlot(this.#trie, node, unit);
        }
        const { slots } = this.#trie;
        slots[at] = node;
        slots[at + 1] = unit;
        slots[at + 2] = this.#nodeCount++;
        slots[at + 3] = NO_VALUE;
        this.#used++;
      }
      if (i === key.length - 1) this.#trie.slots[at + 3] = value;
      node = this.#trie.slots[at + 2]!;
    }
  }

  /** The trie. */
  finish(): CodeUnitTrie {
    return Object.freeze({ ...this.#trie, nodeCount: this.#nodeCount });
  }
}

function emptyTrie(minimumSlots: number): { slots: Int32Array; mask: number } {
  let size = 64;
  while (size < minimumSlots) size *= 2;
  return { slots: new Int32Array(4 * size).fill(NO_NODE), mask: size - 1 };
}

function rehashed(trie: { slots: Int32Array; mask: number }): { slots: Int32Array; mask: number } {
  const larger = emptyTrie(2 * (trie.mask + 1));
  for (let i = 0; i < trie.slots.length; i += 4) {
    if (trie.slots[i] === NO_NODE) continue;
    const slot = trieSlot(larger, trie.slots[i]!, trie.slots[i + 1]!);
    for (let k = 0; k < 4; k++) larger.slots[4 * slot + k] = trie.slots[i + k]!;
  }
  return larger;
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
