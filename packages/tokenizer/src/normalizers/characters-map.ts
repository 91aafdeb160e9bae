import { show, TokenizerError } from '../errors.js';

/** What a string of characters becomes. */
export type CharacterRules = ReadonlyMap<string, string>;

/** A SentencePiece rule has a few characters; deeper tries are damaged. */
const deepestKey = 256;
/** Real maps take some 20,000 steps. Tries share branches, so that a damaged one could have no end of keys. */
const mostSteps = 1 << 20;

/**
 * Reads SentencePiece's compiled character map: the size of a double-array trie (u32), the trie over UTF-8
 * bytes, and the replacements, each ended by a zero byte.
 * @param where  names the file and field in errors
 * @throws TokenizerError (malformed-file) when sizes, links or texts do not fit together
 * @see the file format: SentencePiece's normalizer.cc; the trie: darts-clone
 */
export function readCharactersMap(
  bytes: Uint8Array,
  where: { readonly op: string; readonly file?: string; readonly field: string },
): CharacterRules {
  const fail = (problem: string): never => {
    throw new TokenizerError({
      code: 'malformed-file',
      ...where,
      problem: `the character map is damaged: ${problem}`,
      remedy: 'a file that was cut off or edited; fetch it again.',
    });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trieBytes = bytes.length < 4 ? NaN : view.getUint32(0, true);
  if (!(trieBytes >= 4 && trieBytes % 4 === 0 && trieBytes <= bytes.length - 4)) {
    fail(`a trie of ${show(trieBytes)} bytes in ${bytes.length}`);
  }
  const trie = new Uint32Array(trieBytes / 4);
  for (let i = 0; i < trie.length; i++) trie[i] = view.getUint32(4 + 4 * i, true);
  const texts = bytes.subarray(4 + trieBytes);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const textAt = (from: number, to: number, source: Uint8Array): string => {
    try {
      return decoder.decode(source.subarray(from, to));
    } catch {
      return fail('a text is not UTF-8');
    }
  };
  const rules = new Map<string, string>();
  for (const { key, value } of trieKeys(trie, fail)) {
    const end = texts.indexOf(0, value);
    if (end < 0) fail(`a replacement begins at byte ${value} of ${texts.length}`);
    rules.set(textAt(0, key.length, key), textAt(value, end, texts));
  }
  return rules;
}

/**
 * Every key of a darts-clone double array, with its value. A node is a base; its child by a byte is the unit at
 * base ^ byte, if that unit bears the byte as its label, and leads to the child's own base.
 */
function* trieKeys(
  trie: Uint32Array,
  fail: (problem: string) => never,
): Generator<{ readonly key: Uint8Array; readonly value: number }> {
  const key = new Uint8Array(deepestKey);
  const stack = [{ base: unitOffset(trie[0]!), depth: 0, byte: 0, endsKey: false }];
  let steps = 0;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const { base, depth, byte } = node;
    if (++steps > mostSteps || depth === deepestKey) fail('its trie has no end');
    if (depth > 0) key[depth - 1] = byte;
    const value = trie[base];
    if (node.endsKey && value !== undefined) yield { key: key.slice(0, depth), value: value & 0x7fffffff };
    for (let child = 255; child > 0; child--) {
      const unit = trie[base ^ child];
      if (unit === undefined || (unit & 0x800000ff) !== child) continue;
      const childBase = (base ^ child ^ unitOffset(unit)) >>> 0;
      stack.push({ base: childBase, depth: depth + 1, byte: child, endsKey: (unit & 0x100) !== 0 });
    }
  }
}

/** The distance to a unit's children: 21 bits, in steps of 256 when the extension bit is set. */
function unitOffset(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}
