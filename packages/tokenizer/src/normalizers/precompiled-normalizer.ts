import { base64ToBytes, bytesToBase64 } from '../text/base64.js';
import type { Json, Normalizer } from '../pipeline.js';
import type { AlignedTextBuilder } from '../text/aligned-text.js';
import { Scratch } from '../text/scratch.js';
import { buildTrie, NO_NODE, NO_VALUE, trieSlot, type CodeUnitTrie } from '../text/code-unit-trie.js';
import { codePointAt, widthAt } from '../text/code-units.js';
import { readCharactersMap, type CharacterRules } from './characters-map.js';

/** What a file says of the map, for errors. */
interface Origin {
  readonly op: string;
  readonly file?: string;
  readonly field: string;
}

/**
 * SentencePiece's compiled character map as a normaliser: from the left, the longest rule that fits is applied,
 * and what no rule names stays. Everything a rule writes has the whole of what it read as its source.
 *
 * This is what SentencePiece does, exactly. Hugging Face's Rust library applies the shortest rule to a whole
 * grapheme cluster instead, which loses marks (docs/decisions/0004).
 * @param characterMap  the bytes in spiece.model, or in tokenizer.json (there in base64)
 * @throws TokenizerError (malformed-file) when the map is damaged
 * @see Kudo & Richardson 2018; SentencePiece's normalizer.cc
 */
export function createPrecompiledNormalizer(characterMap: Uint8Array, origin?: Origin): Normalizer {
  const where = origin ?? { op: 'createPrecompiledNormalizer', field: 'characterMap' };
  const write = createRuleWriter(readCharactersMap(characterMap, where), []);
  return Object.freeze({
    type: 'Precompiled',
    normalize: write,
    toJson: (): Json => ({ type: 'Precompiled', precompiled_charsmap: bytesToBase64(characterMap) }),
  });
}

/** The map of a tokenizer.json. @throws TokenizerError (malformed-file) */
export function characterMapFromBase64(text: string, origin: Origin): Uint8Array {
  return base64ToBytes(text, origin);
}

/** Marks units that need a look at their neighbours, or do not become one unit. */
const COMPLEX = -1;

/**
 * Applies rules from the left, the longest first.
 * @param untouched  texts that stay as they are wherever they occur, before any rule (user-defined symbols)
 */
export function createRuleWriter(
  rules: CharacterRules,
  untouched: readonly string[],
): Normalizer['normalize'] {
  const tables = createTables(rules, untouched);
  return (text, start, end, scratch = new Scratch()) => {
    const builder = scratch.builder(end - start);
    for (let i = start; i < end;) {
      builder.beginLinear(i);
      const from = i;
      i = builder.pushMapped(text, tables.simple, i, end);
      if (i === end) break;
      if (i > from && tables.continues[text.charCodeAt(i)] === 1) {
        const match = longestMatch(text, i - 1, end, tables);
        if (match !== undefined && match.end > i) {
          builder.pop();
          i--;
        }
      }
      i = writeCharacter(text, { start: i, end, builder, tables });
    }
    return builder.finish();
  };
}

interface RuleTables {
  /** What a code unit becomes when it becomes one unit, whatever is beside it; else COMPLEX. */
  readonly simple: Int32Array;
  /** 1 for units that occur in a rule after its first character: the rule begins before them. */
  readonly continues: Uint8Array;
  /** Untouched texts under the root UNTOUCHED, the rules' keys under RULES. */
  readonly trie: CodeUnitTrie;
  readonly replacements: readonly string[];
}

const UNTOUCHED = 0;
const RULES = 1;

function createTables(rules: CharacterRules, untouched: readonly string[]): RuleTables {
  const simple = Int32Array.from({ length: 0x10000 }, (_, unit) => unit);
  simple.fill(COMPLEX, 0xd800, 0xe000);
  const continues = new Uint8Array(0x10000);
  for (const [key, value] of rules) {
    if (key.length === 1) simple[key.charCodeAt(0)] = value.length === 1 ? value.charCodeAt(0) : COMPLEX;
    for (let i = widthAt(key, 0, key.length); i < key.length; i++) continues[key.charCodeAt(i)] = 1;
  }
  // Letters that merely begin a rule stay simple: the unit that follows will look back.
  for (let unit = 0; unit < 0x10000; unit++) if (continues[unit] === 1) simple[unit] = COMPLEX;
  for (const text of untouched) simple[text.charCodeAt(0)] = COMPLEX;
  const replacements = [...untouched, ...rules.values()];
  const keys = [...untouched, ...rules.keys()];
  const root = (index: number) => (index < untouched.length ? UNTOUCHED : RULES);
  const trie = buildTrie(
    keys.map((key, value) => ({ root: root(value), key, value })),
    2,
  );
  return { simple, continues, trie, replacements };
}

interface CharacterJob {
  readonly start: number;
  readonly end: number;
  readonly builder: AlignedTextBuilder;
  readonly tables: RuleTables;
}

/** Writes what begins at `start` by the longest rule, or one character as it is; returns where it ends. */
function writeCharacter(text: string, { start, end, builder, tables }: CharacterJob): number {
  const match = longestMatch(text, start, end, tables);
  if (match === undefined) {
    builder.beginLinear(start);
    const width = widthAt(text, start, end);
    builder.pushCodePoint(codePointAt(text, start, end));
    return start + width;
  }
  if (match.replacement !== '') builder.beginBlock(start, match.end);
  for (let k = 0; k < match.replacement.length; k++) builder.push(match.replacement.charCodeAt(k));
  return match.end;
}

interface Match {
  readonly end: number;
  readonly replacement: string;
}

/** An untouched text if one begins here, else the longest rule. */
function longestMatch(text: string, start: number, end: number, tables: RuleTables): Match | undefined {
  return matchFrom(UNTOUCHED, text, { start, end, tables }) ?? matchFrom(RULES, text, { start, end, tables });
}

function matchFrom(
  root: number,
  text: string,
  { start, end, tables }: { readonly start: number; readonly end: number; readonly tables: RuleTables },
): Match | undefined {
  const { trie, replacements } = tables;
  const { slots } = trie;
  let node = root;
  let best = NO_VALUE;
  let bestEnd = start;
  for (let i = start; i < end; i++) {
    const slot = trieSlot(trie, node, text.charCodeAt(i));
    if (slots[4 * slot] === NO_NODE) break;
    node = slots[4 * slot + 2]!;
    if (slots[4 * slot + 3] === NO_VALUE) continue;
    best = slots[4 * slot + 3]!;
    bestEnd = i + 1;
  }
  return best === NO_VALUE ? undefined : { end: bestEnd, replacement: replacements[best]! };
}
