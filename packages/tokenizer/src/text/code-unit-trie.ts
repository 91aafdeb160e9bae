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
  /** Two values that one key of a set was given, the one that it has last; undefined when no key is repeated. */
  readonly repeated?: readonly [number, number];
}

/** Keys, and the value (0 or above) of each. */
interface KeySet {
  readonly keys: readonly string[];
  /** Default: the place among the keys. */
  readonly values?: readonly number[];
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
 * Builds a trie of several sets of keys; the root of each is the node of its number. The empty key is left out, and
 * of values of the same key the last counts.
 */
export function buildTrie(...sets: readonly KeySet[]): CodeUnitTrie {
  const count = sets.reduce((sum, { keys }) => sum + keys.length, 0);
  const start = { ...emptyTrie(4 * count), nodeCount: sets.length };
  return Object.freeze(sets.reduce(addKeys, start));
}

interface GrowingTrie extends CodeUnitTrie {
  readonly nodeCount: number;
}

/** The trie with one more set: one loop over all, as it runs before the engine has compiled it. */
function addKeys(given: GrowingTrie, { keys, values }: KeySet, root: number): GrowingTrie {
  let { nodeCount, repeated, ...trie } = given;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    while (4 * (nodeCount + key.length) > 3 * trie.mask) trie = rehashed(trie);
    const { slots } = trie;
    let node = root;
    let at = 0;
    for (let i = 0; i < key.length; i++) {
      const unit = key.charCodeAt(i);
      at = 4 * trieSlot(trie, node, unit);
      if (slots[at] === NO_NODE) {
        slots[at] = node;
        slots[at + 1] = unit;
        slots[at + 2] = nodeCount++;
      }
      node = slots[at + 2]!;
    }
    if (key === '') continue;
    const value = values === undefined ? index : values[index]!;
    if (slots[at + 3] !== NO_VALUE) repeated = [slots[at + 3]!, value];
    slots[at + 3] = value;
  }
  return { ...trie, nodeCount, repeated };
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
