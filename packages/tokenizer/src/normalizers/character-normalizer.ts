import type { Json, Normalizer } from '../pipeline.js';
import type { AlignedText, AlignedTextBuilder } from '../text/aligned-text.js';
import { Scratch } from '../text/scratch.js';
import { codePointAt, widthAt } from '../text/code-units.js';
import type { AlignedCodePoint } from '../unicode/canonical-order.js';

/** What a normaliser does to characters. */
export interface CharacterRules {
  /** What one code point becomes, in code units; null when it must be seen together with its neighbours. */
  expand(codePoint: number): Uint16Array | null;
  /** The treatment of a stretch with characters that must be seen together. */
  normalizeRun?(run: readonly AlignedCodePoint[]): readonly AlignedCodePoint[];
  /** When set, the character before such a stretch belongs to it (composition). Default false. */
  readonly takesPrevious?: boolean;
}

/**
 * Makes a normaliser of rules on characters. One pass: characters that map one to one go through a table, the
 * rest through expansions that are computed once.
 */
export function createCharacterNormalizer(
  json: { readonly type: string; readonly [key: string]: Json },
  rules: CharacterRules,
): Normalizer {
  const expansions = createExpansionTable(rules);
  return Object.freeze({
    type: json.type,
    normalize(text: string, start: number, end: number, scratch = new Scratch()): AlignedText {
      const builder = scratch.builder(end - start);
      for (let i = start; i < end;) {
        const linearStart = i;
        builder.beginLinear(i);
        i = builder.pushMapped(text, expansions.simple, i, end);
        if (i < end)
          i = writeExpansions({ text, start: i, end, linearStart }, { rules, expansions, builder });
      }
      return builder.finish();
    },
    toJson: () => json,
  });
}

/** Each code point of a run through `map`; what it becomes keeps its source. */
export function mapRun(
  run: readonly AlignedCodePoint[],
  map: (codePoint: number) => readonly number[],
): AlignedCodePoint[] {
  return run.flatMap((part) => map(part.codePoint).map((codePoint) => ({ ...part, codePoint })));
}

/** Lower case of one code point, as Rust: no final-sigma rule, which looks at neighbours. */
export function lowerCased(codePoint: number): readonly number[] {
  return Array.from(String.fromCodePoint(codePoint).toLowerCase(), (char) => char.codePointAt(0)!);
}

/** Code points as code units. */
export function unitsOf(codePoints: readonly number[]): Uint16Array {
  const text = codePoints.map((codePoint) => String.fromCodePoint(codePoint)).join('');
  return Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

/** Table entries: 0 and above a code unit; -1 not asked yet; -2 and below index an expansion. */
const UNKNOWN = -1;
const FIRST_EXPANSION = -2;

/** What every character becomes; filled as characters are met. */
interface ExpansionTable {
  /** By code unit: what it maps to when that is one unit, else a negative number. */
  readonly simple: Int32Array;
  /**
   * Units of a character that does not map one to one; null when neighbours matter; undefined when it does.
   */
  at(text: string, index: number, end: number): Uint16Array | null | undefined;
}

function createExpansionTable(rules: CharacterRules): ExpansionTable {
  const simple = new Int32Array(0x10000).fill(UNKNOWN);
  const expansions: (Uint16Array | null)[] = [];
  const astral = new Map<number, Uint16Array | null>();
  return {
    simple,
    at(text, index, end) {
      const unit = text.charCodeAt(index);
      if ((unit & 0xf800) === 0xd800) {
        const codePoint = codePointAt(text, index, end);
        if (!astral.has(codePoint)) astral.set(codePoint, rules.expand(codePoint));
        return astral.get(codePoint);
      }
      if (simple[unit] === UNKNOWN) {
        const expansion = rules.expand(unit);
        if (expansion?.length === 1) simple[unit] = expansion[0]!;
        else simple[unit] = FIRST_EXPANSION - (expansions.push(expansion) - 1);
      }
      return simple[unit]! >= 0 ? undefined : expansions[FIRST_EXPANSION - simple[unit]!];
    },
  };
}

interface Stretch {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Where the characters before `start` began that map one to one; they are written already. */
  readonly linearStart: number;
}

interface Writer {
  readonly rules: CharacterRules;
  readonly expansions: ExpansionTable;
  readonly builder: AlignedTextBuilder;
}

/** Writes the stretch of characters from `start` that do not map one to one; returns its end. */
function writeExpansions({ text, start, end, linearStart }: Stretch, writer: Writer): number {
  const { rules, expansions, builder } = writer;
  let stop = start;
  let isRun = false;
  while (stop < end) {
    const expansion = expansions.at(text, stop, end);
    if (expansion === undefined) break;
    if (expansion === null) isRun = true;
    stop += widthAt(text, stop, end);
  }
  if (isRun) {
    const takesPrevious = rules.takesPrevious === true && linearStart < start;
    if (takesPrevious) builder.dropLast();
    writeRun(rules.normalizeRun!(codePointsOf(text, takesPrevious ? start - 1 : start, stop)), builder);
    return stop;
  }
  for (let i = start; i < stop;) {
    const next = i + widthAt(text, i, stop);
    const expansion = expansions.at(text, i, stop)!;
    if (expansion.length > 0) builder.beginBlock(i, next);
    for (let k = 0; k < expansion.length; k++) builder.push(expansion[k]!);
    i = next;
  }
  return stop;
}

function codePointsOf(text: string, start: number, end: number): AlignedCodePoint[] {
  const run: AlignedCodePoint[] = [];
  for (let i = start; i < end;) {
    const codePoint = codePointAt(text, i, end);
    const next = i + widthAt(text, i, end);
    run.push({ codePoint, start: i, end: next });
    i = next;
  }
  return run;
}

function writeRun(run: readonly AlignedCodePoint[], builder: AlignedTextBuilder): void {
  for (const { codePoint, start, end } of run) {
    builder.beginBlock(start, end);
    builder.pushCodePoint(codePoint);
  }
}
