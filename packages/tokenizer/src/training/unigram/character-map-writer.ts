import { textToBytes } from '../../text/utf8.js';
import type { CharacterRules } from './nmt-nfkc-rules.js';

/** A rule as bytes: what is read, and where its replacement begins. */
interface MapKey {
  readonly bytes: Uint8Array;
  readonly value: number;
}

/** A child is found by XOR with its byte, so within a block of 256 units. */
const blockSize = 256;
/** SentencePiece wants the size of a trie in bytes to be a multiple of 1024. */
const unitsPerStep = Math.max(blockSize, 1024 / 4);
/** Free units before these last ones are given up. */
const searchedUnits = 2 * blockSize;
const leafFlag = 0x80000000;
const hasLeafFlag = 0x100;
const offsetShift = 10;
/** Larger distances need a form of unit that this writer does not have. */
const mostUnits = 2 ** 21;

/**
 * Rules as SentencePiece's compiled character map (`precompiled_charsmap`): the size of a double-array trie over
 * UTF-8 bytes (u32), the trie, and the replacements, each ended by a zero byte.
 * @see the file format: SentencePiece's normalizer.cc; the trie: darts-clone, Aoe 1989
 */
export function writeCharacterMap(rules: CharacterRules): Uint8Array {
  if (rules.size === 0) return new Uint8Array(0);
  const places = new Map<string, number>();
  let textBytes = 0;
  for (const text of rules.values()) {
    if (places.has(text)) continue;
    places.set(text, textBytes);
    textBytes += textToBytes(text).length + 1;
  }
  const keys = [...rules].map(([key, text]) => ({ bytes: textToBytes(key), value: places.get(text)! }));
  const trie = createDoubleArray(keys.sort((a, b) => compareBytes(a.bytes, b.bytes)));
  const map = new Uint8Array(4 + 4 * trie.length + textBytes);
  const view = new DataView(map.buffer);
  view.setUint32(0, 4 * trie.length, true);
  trie.forEach((unit, index) => view.setUint32(4 + 4 * index, unit, true));
  for (const [text, place] of places) map.set(textToBytes(text), 4 + 4 * trie.length + place);
  return map;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Keys `from` to `to` share their first `depth` bytes, which lead to the unit `node`. */
interface Branch {
  readonly node: number;
  readonly depth: number;
  readonly from: number;
  readonly to: number;
}

/** The units of the trie; the children of a unit are at its base XOR their byte, a value at the base itself. */
function createDoubleArray(keys: readonly MapKey[]): Uint32Array {
  const space = createUnitSpace();
  const branches: Branch[] = [{ node: 0, depth: 0, from: 0, to: keys.length }];
  for (let branch = branches.pop(); branch !== undefined; branch = branches.pop()) {
    const { node, depth, from, to } = branch;
    const labels: number[] = [];
    const starts: number[] = [];
    for (let k = from; k < to; k++) {
      const label = keys[k]!.bytes[depth] ?? 0; // 0: the key ends here
      if (label === labels.at(-1)) continue;
      labels.push(label);
      starts.push(k);
    }
    const base = space.claim(labels);
    space.units[node]! |= ((base ^ node) << offsetShift) | (labels[0] === 0 ? hasLeafFlag : 0);
    labels.forEach((label, index) => {
      const child = base ^ label;
      space.units[child] = label === 0 ? leafFlag | keys[starts[index]!]!.value : label;
      if (label === 0) return;
      branches.push({ node: child, depth: depth + 1, from: starts[index]!, to: starts[index + 1] ?? to });
    });
  }
  space.close();
  return Uint32Array.from(space.units);
}

interface UnitSpace {
  readonly units: number[];
  /** A base whose children by these labels are free; they are taken then. */
  claim(labels: readonly number[]): number;
  /** Gives the units that are left a label by which no unit leads to them. */
  close(): void;
}

/**
 * Units that grow by blocks. Each base is used once, so that no unit can be taken for another's child. The search
 * begins in the last blocks: earlier ones are nearly full.
 */
function createUnitSpace(): UnitSpace {
  const units: number[] = [];
  const isTaken: boolean[] = [];
  const isBase: boolean[] = [];
  let from = 0;
  const grow = () => {
    if (units.length >= mostUnits)
      throw new Error(`internal: a character map of more than ${mostUnits} units`);
    for (let i = 0; i < unitsPerStep; i++) {
      units.push(0);
      isTaken.push(false);
      isBase.push(false);
    }
    from = Math.max(0, units.length - searchedUnits);
  };
  grow();
  isTaken[0] = true; // the root, which has label 0: a base of 0 would make it a child
  isBase[0] = true;
  return {
    units,
    claim(labels) {
      while (isTaken[from]) from++;
      for (let first = from; ; first++) {
        if (first >= units.length) grow();
        const base = first ^ labels[0]!;
        if (isTaken[first] || isBase[base] || labels.some((label) => isTaken[base ^ label])) continue;
        isBase[base] = true;
        for (const label of labels) isTaken[base ^ label] = true;
        return base;
      }
    },
    close() {
      let free = 0;
      units.forEach((_, index) => {
        if (index % blockSize === 0) free = isBase.indexOf(false, index);
        if (!isTaken[index]) units[index] = index ^ free;
      });
    },
  };
}
