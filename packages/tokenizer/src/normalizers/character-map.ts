import { show, TokenizerError } from '../errors.js';
import { codePointAt } from '../text/code-units.js';

/** A rule that fits: where it ends in the text, and what it writes. */
export interface RuleMatch {
  readonly end: number;
  readonly replacement: string;
}

/** SentencePiece's rules: what strings of characters become. */
export interface CharacterMap {
  /** The longest rule that begins at `start`, if any. */
  longest(text: string, start: number, end: number): RuleMatch | undefined;
  /**
   * Every character that is a rule's whole key or begins one; what it becomes alone, if it has a rule of its own, or
   * null where `longest` must be asked although no neighbour looks back.
   */
  readonly firsts: ReadonlyMap<number, string | null | undefined>;
  /** Every character that occurs in a key after its first one. */
  readonly followers: ReadonlySet<number>;
}

/** A node's characters: each leads to another node, where a key may end. */
type Edges = readonly { readonly codePoint: number; readonly base: number; readonly endsKey: boolean }[];

/**
 * Reads SentencePiece's compiled character map: the size of a double-array trie (u32), the trie over UTF-8
 * bytes, and the replacements, each ended by a zero byte.
 * @param where  names the file and field in errors
 * @throws TokenizerError (malformed-file) when sizes, links or texts do not fit together
 * @see the file format: SentencePiece's normalizer.cc; the trie: darts-clone
 */
export function readCharacterMap(
  bytes: Uint8Array,
  where: { readonly op: string; readonly file?: string; readonly field: string },
): CharacterMap {
  const fail = (problem: string): never => {
    problem = `the character map is damaged: ${problem}`;
    throw new TokenizerError({ code: 'malformed-file', ...where, problem });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trieBytes = bytes.length < 4 ? NaN : view.getUint32(0, true);
  if (!(trieBytes >= 4 && trieBytes % 4 === 0 && trieBytes <= bytes.length - 4)) {
    fail(`a trie of ${show(trieBytes)} bytes in ${bytes.length}`);
  }
  const trie = new Uint32Array(trieBytes / 4);
  for (let i = 0; i < trie.length; i++) trie[i] = view.getUint32(4 + 4 * i, true);
  const replacementAt = replacements(bytes.subarray(4 + trieBytes), fail);
  const replacementOf = (base: number) => replacementAt((trie[base] ?? 0) & 0x7fffffff);
  const root = unitOffset(trie[0]!);
  const isParent = parents(trie);
  const firstEdges = edgesOf(trie, root);
  const followers = new Set<number>();
  const seen = new Set<number>([root]);
  const waiting = firstEdges.map(({ base }) => base);
  for (let base = waiting.pop(); base !== undefined; base = waiting.pop()) {
    if (isParent[base] !== 1 || seen.has(base)) continue; // branches are shared
    seen.add(base);
    for (const edge of edgesOf(trie, base)) {
      followers.add(edge.codePoint);
      waiting.push(edge.base);
      if (edge.endsKey) replacementOf(edge.base);
    }
  }
  const valueOf = ({ base, endsKey }: Edges[number]) => (endsKey ? replacementOf(base) : undefined);
  return Object.freeze({
    firsts: new Map(firstEdges.map((edge) => [edge.codePoint, valueOf(edge)] as const)),
    followers,
    longest: (text: string, start: number, end: number) =>
      longestKey(text, { start, end, trie, root, replacementOf }),
  });
}

/** Reads replacements by their place, each once. */
function replacements(texts: Uint8Array, fail: (problem: string) => never): (at: number) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const known = new Map<number, string>();
  return (at) => {
    let text = known.get(at);
    if (text !== undefined) return text;
    const end = at < texts.length ? texts.indexOf(0, at) : -1;
    if (end < 0) fail(`a replacement begins at byte ${at} of ${texts.length}`);
    try {
      text = decoder.decode(texts.subarray(at, end));
    } catch {
      return fail('a replacement is not UTF-8');
    }
    known.set(at, text);
    return text;
  };
}

/** The distance to a unit's children: 21 bits, in steps of 256 when the extension bit is set. */
function unitOffset(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}

/** The base of a node's child, or -1. A child is the unit at base ^ byte, if it bears the byte as its label. */
function childBase(trie: Uint32Array, base: number, byte: number): number {
  const at = (base ^ byte) >>> 0;
  const unit = at < trie.length ? trie[at]! : 0;
  return (unit & 0x800000ff) === byte ? (at ^ unitOffset(unit)) >>> 0 : -1;
}

/** 1 for every base that has children: most nodes end a key, and have none. */
function parents(trie: Uint32Array): Uint8Array {
  const isParent = new Uint8Array(trie.length);
  for (let at = 0; at < trie.length; at++) {
    const unit = trie[at]!;
    if (unit < 0x80000000) isParent[at ^ (unit & 0xff)] = 1;
  }
  return isParent;
}

/** True when a key ends at the child of `base` by `byte`: its value is at the child's base. */
function endsKey(trie: Uint32Array, base: number, byte: number): boolean {
  return (trie[(base ^ byte) >>> 0]! & 0x100) !== 0;
}

/** Every whole character that leads on from a node. */
function edgesOf(trie: Uint32Array, base: number): Edges {
  const edges: { codePoint: number; base: number; endsKey: boolean }[] = [];
  const follow = (node: number, rest: number, codePoint: number): void => {
    for (let byte = 0x80; byte < 0xc0; byte++) {
      const child = childBase(trie, node, byte);
      if (child < 0) continue;
      const next = (codePoint << 6) | (byte & 0x3f);
      if (rest > 1) follow(child, rest - 1, next);
      else edges.push({ codePoint: next, base: child, endsKey: endsKey(trie, node, byte) });
    }
  };
  for (let byte = 1; byte < 0xf5; byte++) {
    const child = byte < 0x80 || byte >= 0xc2 ? childBase(trie, base, byte) : -1;
    if (child < 0) continue;
    if (byte < 0x80) edges.push({ codePoint: byte, base: child, endsKey: endsKey(trie, base, byte) });
    else if (byte < 0xe0) follow(child, 1, byte & 0x1f);
    else follow(child, byte < 0xf0 ? 2 : 3, byte & (byte < 0xf0 ? 0x0f : 0x07));
  }
  return edges;
}

interface Search {
  readonly start: number;
  readonly end: number;
  readonly trie: Uint32Array;
  readonly root: number;
  readonly replacementOf: (base: number) => string;
}

function longestKey(text: string, { start, end, trie, root, replacementOf }: Search): RuleMatch | undefined {
  let base = root;
  let bestBase = -1;
  let bestEnd = start;
  for (let i = start; i < end;) {
    const codePoint = codePointAt(text, i, end);
    i += codePoint > 0xffff ? 2 : 1;
    const tail = codePoint < 0x80 ? 0 : codePoint < 0x800 ? 1 : codePoint < 0x10000 ? 2 : 3;
    let byte = tail === 0 ? codePoint : leadBits[tail]! | (codePoint >> (6 * tail));
    for (let shift = 6 * tail; ; shift -= 6) {
      const child = byte === 0 ? -1 : childBase(trie, base, byte);
      if (child < 0) return bestBase < 0 ? undefined : { end: bestEnd, replacement: replacementOf(bestBase) };
      if (shift === 0) {
        if (endsKey(trie, base, byte)) [bestBase, bestEnd] = [child, i];
        base = child;
        break;
      }
      base = child;
      byte = 0x80 | ((codePoint >> (shift - 6)) & 0x3f);
    }
  }
  return bestBase < 0 ? undefined : { end: bestEnd, replacement: replacementOf(bestBase) };
}

/** First bits of a UTF-8 sequence, by the number of bytes that follow. */
const leadBits = [0, 0xc0, 0xe0, 0xf0] as const;
