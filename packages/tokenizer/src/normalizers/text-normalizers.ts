import { checkOptions, checkValue, flag } from '../errors.js';
import type { Normalizer } from '../pipeline.js';
import { compilePattern, type TextPattern } from '../regex/text-pattern.js';
import {
  alignedSlice,
  AlignedTextBuilder,
  composeAligned,
  textOf,
  type AlignedText,
} from '../text/aligned-text.js';
import { widthAt } from '../text/code-units.js';
import { isWhiteSpace } from '../unicode/white-space.js';

/** What is replaced by what. */
export interface ReplaceOptions {
  readonly pattern: TextPattern;
  /** Put in the place of each match, as it stands. */
  readonly content: string;
}

/**
 * Replaces every match of a pattern; what is put in has the source of the match's last character.
 * @throws TokenizerError for a pattern that cannot be read
 */
export function createReplaceNormalizer(options: ReplaceOptions): Normalizer {
  const op = 'createReplaceNormalizer';
  checkOptions(op, options, { pattern: null, content: null });
  checkValue(op, 'content', { value: options.content, rule: 'string' });
  const { content } = options;
  const pattern = compilePattern(op, options.pattern);
  const added = alignedSlice(content, 0, content.length).units;
  return Object.freeze({
    type: 'Replace',
    normalize(text: string, start: number, end: number): AlignedText {
      const source = alignedSlice(text, start, end);
      const { units, length } = source;
      const builder = new AlignedTextBuilder(length);
      let covered = 0;
      let isChanged = false;
      const keep = (to: number) => {
        builder.beginLinear(start + covered);
        builder.pushUnits(units, covered, to);
      };
      pattern.forEachMatch({ units, start: 0, end: length }, (from, to) => {
        isChanged = true;
        keep(from);
        covered = to;
        const isPair = (units[to - 1]! & 0xfc00) === 0xdc00;
        if (added.length > 0) builder.beginBlock(start + Math.max(0, to - (isPair ? 2 : 1)), start + to);
        builder.pushUnits(added, 0, added.length);
      });
      if (!isChanged) return source;
      keep(length);
      return builder.finish();
    },
    toJson: () => ({ type: 'Replace', pattern: pattern.toJson(), content }),
  });
}

/** Which ends are stripped. */
export interface StripNormalizerOptions {
  /** Default true. */
  readonly left?: boolean;
  /** Default true. */
  readonly right?: boolean;
}

/** Removes white space at the ends. */
export function createStripNormalizer(options: StripNormalizerOptions = {}): Normalizer {
  checkOptions('createStripNormalizer', options, { left: flag, right: flag });
  const { left = true, right = true } = options;
  return Object.freeze({
    type: 'Strip',
    normalize(text: string, start: number, end: number): AlignedText {
      let from = start;
      let to = end;
      while (left && from < to && isWhiteSpace(text.charCodeAt(from))) from++;
      while (right && from < to && isWhiteSpace(text.charCodeAt(to - 1))) to--;
      return alignedSlice(text, from, to);
    },
    toJson: () => ({ type: 'Strip', strip_left: left, strip_right: right }),
  });
}

/** Puts `content` before every text that is not empty; its source is the first character. */
export function createPrependNormalizer(content: string): Normalizer {
  checkValue('createPrependNormalizer', 'content', { value: content, rule: 'string' });
  const added = alignedSlice(content, 0, content.length).units;
  return Object.freeze({
    type: 'Prepend',
    normalize(text: string, start: number, end: number): AlignedText {
      const { units, length } = alignedSlice(text, start, end);
      const builder = new AlignedTextBuilder(length + added.length);
      if (length === 0) return builder.finish();
      builder.beginBlock(start, start + widthAt(text, start, end));
      builder.pushUnits(added, 0, added.length);
      builder.beginLinear(start);
      builder.pushUnits(units, 0, length);
      return builder.finish();
    },
    toJson: () => ({ type: 'Prepend', prepend: content }),
  });
}

/** Normalises by several normalisers, one after the other. */
export function createNormalizerSequence(normalizers: readonly Normalizer[]): Normalizer {
  return Object.freeze({
    type: 'Sequence',
    normalize(text: string, start: number, end: number): AlignedText {
      const [first, ...others] = normalizers;
      const begun = first?.normalize(text, start, end) ?? alignedSlice(text, start, end);
      return others.reduce((inner, normalizer) => {
        const outer = normalizer.normalize(textOf(inner), 0, inner.length);
        return composeAligned(outer, inner, { origin: start });
      }, begun);
    },
    toJson: () => ({ type: 'Sequence', normalizers: normalizers.map((normalizer) => normalizer.toJson()) }),
  });
}
