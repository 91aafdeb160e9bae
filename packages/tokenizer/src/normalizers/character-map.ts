import { show, TokenizerError } from '../errors.js';
import { codePointAt } from '../text/code-units.js';
import { leadMarks, leadShift, tailLength, utf8Byte } from '../text/utf8.js';

/** A rule that fits: where it ends in the text, and what it writes. */
export interface RuleMatch {
  readonly end: number;
  readonly replacement: string;
}

/** What a character map does to single code units. */
interface UnitTables {
  /** By code unit: what it becomes when it becomes one unit, whatever is beside it; else COMPLEX. */
  readonly simple: Int32Array;
  /** By code unit: 1 when it occurs in a key after the first character, so that a rule may begin before it. */
  readonly follows: Uint8Array;
}

/** SentencePiece's rules: what strings of characters become. */
export interface CharacterMap extends UnitTables {
  /** The longest rule that begins at `start`, if any. */
  longest(text: string, start: number, end: number): RuleMatch | undefined;
}

/** Marks units that need a look at their neighbours, or do not become one unit. */
export const COMPLEX = -1;

/** The tables of a map without rules. */
export function identityTables(): UnitTables {
  const simple = new Int32Array(0x10000);
  for (let unit = 0; unit < simple.length; unit++) simple[unit] = unit;
  simple.fill(COMPLEX, 0xd800, 0xe000);
  return { simple, follows: new Uint8Array(0x10000) };
}

type FailedCheck = (problem: string) => never;

/** More steps than any map takes whose branches do not run in circles. */
const mostSteps = 1 << 22;

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
  const fail: FailedCheck = (problem) => {
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
  const texts = bytes.subarray(4 + trieBytes);
  const replacementAt = replacements(texts, fail);
  const root = unitOffset(trie[0]!);
  return Object.freeze({
    ...readTables({ trie, root, texts, fail, ...indexChildren(trie, texts, fail) }),
    longest: (text: string, start: number, end: number) =>
      longestKey(text, {
        start,
        end,
        trie,
        root,
        replacementOf: (base) => replacementAt(valueAt(trie, base)),
      }),
  });
}

/** Reads replacements by their place, each once. @throws when any is not UTF-8 */
function replacements(texts: Uint8Array, fail: FailedCheck): (at: number) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    decoder.decode(texts); // all at once, as zero bytes separate them
  } catch {
    fail('a replacement is not UTF-8');
  }
  const known = new Map<number, string>();
  return (at) => {
    let text = known.get(at);
    if (text === undefined) known.set(at, (text = decoder.decode(texts.subarray(at, texts.indexOf(0, at)))));
    return text;
  };
}

/** The distance to a unit's children: 21 bits, in steps of 256 when the extension bit is set. */
function unitOffset(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}

/** True when a key ends at a unit: its value is at the unit's base. */
function endsKey(unit: number): boolean {
  return (unit & 0x100) !== 0;
}

/** Where the replacement of a key begins. */
function valueAt(trie: Uint32Array, base: number): number {
  return (trie[base] ?? 0) & 0x7fffffff;
}

/** The base of a node's child, or -1. A child is the unit at base ^ byte, if it bears the byte as its label. */
function childBase(trie: Uint32Array, base: number, byte: number): number {
  const at = (base ^ byte) >>> 0;
  const unit = at < trie.length ? trie[at]! : 0;
  return (unit & 0x800000ff) === byte ? (at ^ unitOffset(unit)) >>> 0 : -1;
}

/** Lists of children; 0 ends each. */
interface Children {
  /** By base: a child's unit. */
  readonly first: Int32Array;
  /** By unit: another child of the same node. */
  readonly next: Int32Array;
}

/** Lists the children of every node, and checks that each key has its replacement. */
function indexChildren(trie: Uint32Array, texts: Uint8Array, fail: FailedCheck): Children {
  const first = new Int32Array((trie.length | 0xff) + 1);
  const next = new Int32Array(trie.length);
  const lastEnd = texts.lastIndexOf(0);
  for (let at = 1; at < trie.length; at++) {
    const unit = trie[at]!;
    const label = unit & 0xff;
    if (unit >= 0x80000000 || label === 0) continue; // a value, or no child
    const base = at ^ label;
    next[at] = first[base]!;
    first[base] = at;
    if (!endsKey(unit)) continue;
    const value = valueAt(trie, at ^ unitOffset(unit));
    if (value > lastEnd || isTail(texts[value]!))
      fail(`a replacement begins at byte ${value} of ${texts.length}`);
  }
  return { first, next };
}

/** True for bytes of a UTF-8 sequence after its first. */
function isTail(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

interface TableJob extends Children {
  readonly trie: Uint32Array;
  readonly root: number;
  readonly texts: Uint8Array;
  readonly fail: FailedCheck;
}

/** Walks over the keys, character by character, and notes what these do; shared branches are walked once. */
function readTables({ trie, root, texts, first, next, fail }: TableJob): UnitTables {
  const tables = identityTables();
  const { simple, follows } = tables;
  const isSeen = new Uint8Array(first.length);
  const waiting: number[] = [];
  let steps = 0;
  const visit = (base: number, rest: number, start: number): void => {
    for (let at = first[base] ?? 0; at > 0; at = next[at]!) {
      if (++steps > mostSteps) fail('its branches run in circles');
      const unit = trie[at]!;
      const byte = unit & 0xff;
      const child = at ^ unitOffset(unit);
      const tail = rest > 0 ? rest - 1 : tailLength(byte);
      if (rest > 0 !== isTail(byte) || (byte & 0xfe) === 0xc0 || byte > 0xf4) continue;
      const codePoint = rest > 0 ? (start << 6) | (byte & 0x3f) : byte ^ leadMarks[tail]!;
      if (tail > 0) visit(child, tail, codePoint);
      else {
        if (isSeen[root] === 1) {
          if (follows[codePoint] !== 1) noteFollower(codePoint, tables);
        } else if ((unit & 0x100) !== 0 && simple[codePoint] !== COMPLEX)
          simple[codePoint] = soleUnit(texts, valueAt(trie, child));
        if (first[child]! > 0) waiting.push(child);
      }
    }
  };
  visit(root, 0, 0); // first characters
  isSeen[root] = 1;
  for (let base = waiting.pop(); base !== undefined; base = waiting.pop()) {
    if (isSeen[base] === 0) visit(base, 0, 0);
    isSeen[base] = 1;
  }
  return tables;
}

/** A rule may begin before this character. */
function noteFollower(codePoint: number, { simple, follows }: UnitTables): void {
  const units = codePoint > 0xffff ? [0xd7c0 + (codePoint >> 10), 0xdc00 | (codePoint & 0x3ff)] : [codePoint];
  for (const unit of units) {
    follows[unit] = 1;
    simple[unit] = COMPLEX;
  }
}

/** The one code unit of the replacement at `at`; COMPLEX when it has none or several. */
function soleUnit(texts: Uint8Array, at: number): number {
  const lead = texts[at]!;
  const tail = tailLength(lead);
  if (lead === 0 || tail > 2 || texts[at + tail + 1] !== 0) return COMPLEX;
  let unit = lead ^ leadMarks[tail]!;
  for (let k = 1; k <= tail; k++) unit = (unit << 6) | (texts[at + k]! & 0x3f);
  return unit;
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
    const lead = leadShift(codePoint);
    for (let shift = lead; shift >= 0; shift -= 6) {
      const byte = utf8Byte(codePoint, shift, lead);
      const child = byte === 0 ? -1 : childBase(trie, base, byte);
      if (child < 0) return bestBase < 0 ? undefined : { end: bestEnd, replacement: replacementOf(bestBase) };
      if (shift === 0 && endsKey(trie[base ^ byte]!)) [bestBase, bestEnd] = [child, i];
      base = child;
    }
  }
  return bestBase < 0 ? undefined : { end: bestEnd, replacement: replacementOf(bestBase) };
}
