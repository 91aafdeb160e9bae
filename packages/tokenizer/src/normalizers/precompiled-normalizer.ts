import { bytesToBase64 } from '../text/base64.js';
import type { Json, Normalizer } from '../pipeline.js';
import type { AlignedTextBuilder } from '../text/aligned-text.js';
import { Scratch } from '../text/scratch.js';
import { codePointAt, widthAt } from '../text/code-units.js';
import { readCharacterMap, type CharacterMap } from './character-map.js';

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
  const write = createRuleWriter(readCharacterMap(characterMap, where));
  return Object.freeze({
    type: 'Precompiled',
    normalize: write,
    toJson: (): Json => ({ type: 'Precompiled', precompiled_charsmap: bytesToBase64(characterMap) }),
  });
}

/** Marks units that need a look at their neighbours, or do not become one unit. */
const COMPLEX = -1;

/** Applies rules from the left, the longest first. */
export function createRuleWriter(rules: CharacterMap): Normalizer['normalize'] {
  const tables = createTables(rules);
  return (text, start, end, scratch = new Scratch()) => {
    const builder = scratch.builder(end - start);
    for (let i = start; i < end;) {
      builder.beginLinear(i);
      const from = i;
      i = builder.pushMapped(text, tables.simple, i, end);
      if (i === end) break;
      if (i > from && tables.follows[text.charCodeAt(i)] === 1) {
        const match = rules.longest(text, i - 1, end);
        if (match !== undefined && match.end > i) {
          builder.dropLast();
          i--;
        }
      }
      i = writeCharacter(text, { start: i, end, builder, tables });
    }
    return builder.finish();
  };
}

interface RuleTables {
  readonly rules: CharacterMap;
  /** What a code unit becomes when it becomes one unit, whatever is beside it; else COMPLEX. */
  readonly simple: Int32Array;
  /** 1 for units that occur in a key after its first character: the rule begins before them. */
  readonly follows: Uint8Array;
}

function createTables(rules: CharacterMap): RuleTables {
  const simple = new Int32Array(0x10000);
  for (let unit = 0; unit < simple.length; unit++) simple[unit] = unit;
  const follows = new Uint8Array(0x10000);
  for (const [codePoint, replacement] of rules.firsts) {
    if (replacement === undefined) continue;
    simple[codePoint] = replacement?.length === 1 ? replacement.charCodeAt(0) : COMPLEX;
  }
  // Letters that merely begin a rule stay simple: the character that follows will look back.
  for (const codePoint of rules.followers) {
    const char = String.fromCodePoint(codePoint);
    for (let i = 0; i < char.length; i++) {
      follows[char.charCodeAt(i)] = 1;
      simple[char.charCodeAt(i)] = COMPLEX;
    }
  }
  simple.fill(COMPLEX, 0xd800, 0xe000);
  return { rules, simple, follows };
}

interface CharacterJob {
  readonly start: number;
  readonly end: number;
  readonly builder: AlignedTextBuilder;
  readonly tables: RuleTables;
}

/** Writes what begins at `start` by the longest rule, or one character as it is; returns where it ends. */
function writeCharacter(text: string, { start, end, builder, tables }: CharacterJob): number {
  const match = tables.rules.longest(text, start, end);
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
