import { checkOptions } from '../errors.js';
import type { Normalizer } from '../pipeline.js';
import { createDecomposer } from '../unicode/canonical-order.js';
import {
  BERT_CONTROL_RANGES,
  NONSPACING_MARK_RANGES,
  WHITE_SPACE_RANGES,
} from '../unicode/code-point-ranges.js';
import { parseCodePointSet } from '../unicode/code-point-set.js';
import {
  createCharacterNormalizer,
  lowerCased,
  mapRun,
  unitsOf,
  type CharacterRules,
} from './character-normalizer.js';

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

/**
 * BERT's normaliser: clean-up, spaces around Chinese characters, accent stripping, lower-casing, in that
 * order. One pass: characters that map one to one go through a table, the rest through expansions that are
 * computed once.
 * @see Devlin et al. 2019; character classes as in Hugging Face tokenizers (see code-point-ranges.ts)
 */
export function createBertNormalizer(options: BertNormalizerOptions = {}): Normalizer {
  checkOptions('createBertNormalizer', options, optionNames);
  const settings = bertNormalizerSettings(options);
  return createCharacterNormalizer(bertNormalizerJson(settings), createRules(settings));
}

function bertNormalizerSettings(options: BertNormalizerOptions): BertNormalizerSettings {
  const { cleanText = true, handleChineseChars = true, stripAccents = null, lowercase = true } = options;
  return Object.freeze({ cleanText, handleChineseChars, stripAccents, lowercase });
}

function bertNormalizerJson(settings: BertNormalizerSettings) {
  return {
    type: 'BertNormalizer' as const,
    clean_text: settings.cleanText,
    handle_chinese_chars: settings.handleChineseChars,
    strip_accents: settings.stripAccents,
    lowercase: settings.lowercase,
  };
}

function createRules(settings: BertNormalizerSettings): CharacterRules {
  const { cleanText, handleChineseChars, lowercase } = settings;
  const stripsAccents = settings.stripAccents ?? lowercase;
  const controls = parseCodePointSet(BERT_CONTROL_RANGES);
  const whiteSpace = parseCodePointSet(WHITE_SPACE_RANGES);
  const marks = parseCodePointSet(NONSPACING_MARK_RANGES);
  const decomposer = createDecomposer('NFD');

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
    normalizeRun: (run) => mapRun(decomposer.normalizeRun(mapRun(run, clean)), finish),
  };
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
