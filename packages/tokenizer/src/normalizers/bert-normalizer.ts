import { checkOptions, flag, type Rules } from '../errors.js';
import type { Normalizer } from '../pipeline.js';
import { createDecomposer } from '../unicode/canonical-order.js';
import { snakeCased } from '../stage-json.js';
import { isWhiteSpace } from '../unicode/white-space.js';
import { createControlTest, createNonspacingMarkTest } from '../unicode/bert-classes.js';
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

/** What BertNormalizerOptions may be. */
export const bertNormalizerRules: Rules<BertNormalizerOptions> = {
  cleanText: flag,
  handleChineseChars: flag,
  stripAccents: [true, false, null],
  lowercase: flag,
};

/**
 * BERT's normaliser: clean-up, spaces around Chinese characters, accent stripping, lower-casing, in that
 * order. One pass: characters that map one to one go through a table, the rest through expansions that are
 * computed once.
 * @see Devlin et al. 2019; character classes as in Hugging Face tokenizers (see code-point-ranges.ts)
 */
export function createBertNormalizer(options: BertNormalizerOptions = {}): Normalizer {
  checkOptions('createBertNormalizer', options, bertNormalizerRules);
  const { cleanText = true, handleChineseChars = true, stripAccents = null, lowercase = true } = options;
  const settings = { cleanText, handleChineseChars, stripAccents, lowercase };
  const json = { type: 'BertNormalizer', ...snakeCased(settings) };
  return createCharacterNormalizer(json, createRules(settings));
}

function createRules(settings: BertNormalizerSettings): CharacterRules {
  const { cleanText, handleChineseChars, lowercase } = settings;
  const stripsAccents = settings.stripAccents ?? lowercase;
  const isControl = createControlTest();
  const isRemovedMark = createNonspacingMarkTest();
  const decomposer = createDecomposer('NFD');

  const clean = (codePoint: number): readonly number[] => {
    if (cleanText && isControl(codePoint)) return [];
    const cleaned = cleanText && isWhiteSpace(codePoint) ? 0x20 : codePoint;
    return handleChineseChars && isChinese(cleaned) ? [0x20, cleaned, 0x20] : [cleaned];
  };
  const finish = (codePoint: number): readonly number[] => {
    if (stripsAccents && isRemovedMark(codePoint)) return [];
    return lowercase ? lowerCased(codePoint) : [codePoint];
  };
  const isKeptMark = (codePoint: number) => !isRemovedMark(codePoint) && decomposer.isReordering(codePoint);

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
  return chinese.test(String.fromCodePoint(codePoint));
}

const chinese =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/u;
