import { checkOptions } from '../errors.js';
import type { Json, Normalizer } from '../pipeline.js';
import type { AlignedText, AlignedTextBuilder } from '../text/aligned-text.js';
import { Scratch } from '../text/scratch.js';
import { codePointAt, widthAt } from '../text/code-units.js';
import { createCanonicalDecomposer, type AlignedCodePoint } from '../unicode/canonical-order.js';
import {
  BERT_CONTROL_RANGES,
  NONSPACING_MARK_RANGES,
  WHITE_SPACE_RANGES,
} from '../unicode/code-point-ranges.js';
import { parseCodePointSet } from '../unicode/code-point-set.js';

/** What BERT's normaliser does; the defaults are those of the uncased models. */
export interface BertNormalizerOptions {
  /** Removes control characters and U+FFFD, and turns all white space into plain spaces. Default true. */
  readonly cleanText?: boolean;
  /** Puts spaces around Chinese characters, so that each becomes a word. Default true. */
  readonly handleChineseChars?: boolean;
  /** Removes accents (NFD, then category Mn); null means the same as `lowercase`. Default null. */
  readonly stripAccents?: boolean | null;
  /** Lower-cases. Default true. */
  readonly lowercase?: boolean;
}

/** The options with every default filled in. */
type BertNormalizerSettings = Required<BertNormalizerOptions>;

const optionNames = ['cleanText', 'handleChineseChars', 'stripAccents', 'lowercase'];

/** Table entries: 0 and above a code unit; -1 not asked yet; -2 and below index an expansion. */
const UNKNOWN = -1;
const FIRST_EXPANSION = -2;

/**
 * BERT's normaliser: clean-up, spaces around Chinese characters, accent stripping, lower-casing, in that
 * order. One pass: characters that map one to one go through a table, the rest through expansions that are
 * computed once.
 * @see Devlin et al. 2019; character classes as in Hugging Face tokenizers (see code-point-ranges.ts)
 */
export function createBertNormalizer(options: BertNormalizerOptions = {}): Normalizer {
  checkOptions('createBertNormalizer', options, optionNames);
  const settings = bertNormalizerSettings(options);
  const rules = createRules(settings);
  const expansions = createExpansionTable(rules);
  return Object.freeze({
    type: 'BertNormalizer',
    normalize(text: string, start: number, end: number, scratch = new Scratch()): AlignedText {
      const builder = scratch.builder(end - start);
      for (let i = start; i < end;) {
        builder.beginLinear(i);
        i = builder.pushMapped(text, expansions.simple, i, end);
        if (i < end) i = writeExpansions({ text, start: i, end }, { rules, expansions, builder });
      }
      return builder.finish();
    },
    toJson: () => bertNormalizerJson(settings),
  });
}

/** What every character becomes; filled as characters are met. */
interface ExpansionTable {
  /** By code unit: what it maps to when that is one unit, else a negative number. */
  readonly simple: Int32Array;
  /**
   * Units of a character that does not map one to one; null when neighbours matter; undefined when it does.
   */
  at(text: string, index: number, end: number): Uint16Array | null | undefined;
}

function createExpansionTable(rules: Rules): ExpansionTable {
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

/** Writes the stretch of characters from `start` that do not map one to one; returns its end. */
function writeExpansions(
  { text, start, end }: { readonly text: string; readonly start: number; readonly end: number },
  {
    rules,
    expansions,
    builder,
  }: { readonly rules: Rules; readonly expansions: ExpansionTable; readonly builder: AlignedTextBuilder },
): number {
  let stop = start;
  let isReordered = false;
  while (stop < end) {
    const expansion = expansions.at(text, stop, end);
    if (expansion === undefined) break;
    if (expansion === null) isReordered = true;
    stop += widthAt(text, stop, end);
  }
  if (isReordered) {
    writeRun(rules.normalizeRun(text, start, stop), builder);
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

function bertNormalizerSettings(options: BertNormalizerOptions): BertNormalizerSettings {
  const { cleanText = true, handleChineseChars = true, stripAccents = null, lowercase = true } = options;
  return Object.freeze({ cleanText, handleChineseChars, stripAccents, lowercase });
}

function bertNormalizerJson(settings: BertNormalizerSettings): Json {
  return {
    type: 'BertNormalizer',
    clean_text: settings.cleanText,
    handle_chinese_chars: settings.handleChineseChars,
    strip_accents: settings.stripAccents,
    lowercase: settings.lowercase,
  };
}

interface Rules {
  /** What one code point becomes, in code units; null when it must be seen together with its neighbours. */
  expand(codePoint: number): Uint16Array | null;
  /** The whole treatment of text[start, end), for stretches with marks that change places. */
  normalizeRun(text: string, start: number, end: number): readonly AlignedCodePoint[];
}

function createRules(settings: BertNormalizerSettings): Rules {
  const { cleanText, handleChineseChars, lowercase } = settings;
  const stripsAccents = settings.stripAccents ?? lowercase;
  const controls = parseCodePointSet(BERT_CONTROL_RANGES);
  const whiteSpace = parseCodePointSet(WHITE_SPACE_RANGES);
  const marks = parseCodePointSet(NONSPACING_MARK_RANGES);
  const decomposer = createCanonicalDecomposer();

  const clean = (codePoint: number): readonly number[] => {
    if (cleanText && controls.has(codePoint)) return [];
    const cleaned = cleanText && whiteSpace.has(codePoint) ? 0x20 : codePoint;
    return handleChineseChars && isChinese(cleaned) ? [0x20, cleaned, 0x20] : [cleaned];
  };
  const finish = (codePoint: number): readonly number[] => {
    if (stripsAccents && marks.has(codePoint)) return [];
    return lowercase ? lowerCased(codePoint) : [codePoint];
  };
  const isKeptMark = (codePoint: number) => !marks.has(codePoint) && decomposer.isReordering(codePoint);

  return {
    expand(codePoint) {
      let parts = clean(codePoint);
      if (stripsAccents) {
        parts = parts.flatMap(decomposer.decompose);
        if (parts.some(isKeptMark)) return null;
      }
      return unitsOf(parts.flatMap(finish));
    },
    normalizeRun(text, start, end) {
      const run: AlignedCodePoint[] = [];
      for (let i = start; i < end;) {
        const codePoint = codePointAt(text, i, end);
        const next = i + widthAt(text, i, end);
        for (const cleaned of clean(codePoint)) run.push({ codePoint: cleaned, start: i, end: next });
        i = next;
      }
      return decomposer
        .decomposeRun(run)
        .flatMap((part) => finish(part.codePoint).map((codePoint) => ({ ...part, codePoint })));
    },
  };
}

function writeRun(run: readonly AlignedCodePoint[], builder: AlignedTextBuilder): void {
  for (const { codePoint, start, end } of run) {
    builder.beginBlock(start, end);
    builder.pushCodePoint(codePoint);
  }
}

/** Per code point, as Rust: no final-sigma rule, which looks at neighbours. */
function lowerCased(codePoint: number): readonly number[] {
  return Array.from(String.fromCodePoint(codePoint).toLowerCase(), (char) => char.codePointAt(0)!);
}

function unitsOf(codePoints: readonly number[]): Uint16Array {
  const text = codePoints.map((codePoint) => String.fromCodePoint(codePoint)).join('');
  return Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

/** The CJK ideograph blocks; Hangul, Hiragana and Katakana are written with spaces or treated as words. */
function isChinese(codePoint: number): boolean {
  return (
    (codePoint >= 0x4e00 && codePoint <= 0x9fff) ||
    (codePoint >= 0x3400 && codePoint <= 0x4dbf) ||
    (codePoint >= 0xf900 && codePoint <= 0xfaff) ||
    (codePoint >= 0x20000 && codePoint <= 0x2a6df) ||
    (codePoint >= 0x2a700 && codePoint <= 0x2b81f) ||
    (codePoint >= 0x2b920 && codePoint <= 0x2ceaf) ||
    (codePoint >= 0x2f800 && codePoint <= 0x2fa1f)
  );
}
