import type { Json, Normalizer, PreTokenizer, Words } from '../pipeline.js';
import { readCharacterMap, type CharacterMap } from '../normalizers/character-map.js';
import { createRuleWriter } from '../normalizers/precompiled-normalizer.js';
import { createMetaspacePreTokenizer, METASPACE } from '../pre-tokenizers/metaspace-pre-tokenizer.js';
import { sourceOf, type AlignedText, type AlignedTextBuilder } from '../text/aligned-text.js';
import { buildTrie, longestKey } from '../text/code-unit-trie.js';
import { Scratch } from '../text/scratch.js';
import { bytesToBase64 } from '../text/base64.js';
import type { SentencePieceModel, SentencePieceNormalization } from './model-format.js';

const SPACE = 0x20;
const MARK = METASPACE.charCodeAt(0);

/** Where a dummy prefix goes: before every stretch between added tokens, or before the text only. */
interface SentencePieceStagesOptions {
  readonly prefixes: 'always' | 'first';
  readonly file?: string;
}

/**
 * What SentencePiece does with a text before the search for pieces, as two stages: rules and white space, then
 * cuts at the marks, so that words can be looked up one by one.
 *
 * A mark that comes from spaces between words has the source of the character after it, as in Hugging Face's T5
 * tokenizers: offsets of words leave the spaces out.
 * @see SentencePiece's normalizer.cc
 */
export function createSentencePieceStages(
  model: SentencePieceModel,
  options: SentencePieceStagesOptions,
): { readonly normalizer: Normalizer; readonly preTokenizer: PreTokenizer | undefined } {
  const { normalization, pieces, kinds } = model;
  const { characterMap } = normalization;
  const where = { op: 'createSentencePieceStages', field: 'normalizer_spec.precompiled_charsmap' };
  const origin = options.file === undefined ? where : { ...where, file: options.file };
  const rules = characterMap.length === 0 ? emptyCharacterMap : readCharacterMap(characterMap, origin);
  const untouched = pieces.flatMap(([piece], id) => (kinds[id] === 'userDefined' ? [piece] : []));
  const applyRules = createRuleWriter(untouched.length === 0 ? rules : sparing(rules, untouched));
  const normalizer: Normalizer = Object.freeze({
    type: 'SentencePiece',
    normalize(text: string, start: number, end: number, scratch = new Scratch()): AlignedText {
      const ruled = applyRules(text, start, end, scratch);
      const isFirst = options.prefixes === 'always' || start === 0;
      // Later on, spaces that are there still become a mark.
      const hasPrefix = normalization.addDummyPrefix && (isFirst || ruled.units[0] === SPACE);
      return writeSpaces(ruled, { normalization, hasPrefix, builder: scratch.builder(ruled.length + 8) });
    },
    toJson: () => normalizerJson(normalization),
  });
  return { normalizer, preTokenizer: wordCutter(model, options.prefixes) };
}

/** A map without rules. */
const emptyCharacterMap: CharacterMap = Object.freeze({
  longest: () => undefined,
  firsts: new Map<number, string>(),
  followers: new Set<number>(),
});

/** The rules, but before any of them applies, texts that stay as they are wherever they occur (user-defined symbols). */
function sparing(rules: CharacterMap, untouched: readonly string[]): CharacterMap {
  const trie = buildTrie(
    untouched.map((key, value) => ({ root: 0, key, value })),
    1,
  );
  const firsts = untouched.map((text) => [text.codePointAt(0)!, null] as const);
  return {
    firsts: new Map([...rules.firsts, ...firsts]),
    followers: rules.followers,
    longest(text, start, end) {
      const { end: stop } = longestKey(trie, text, { start, end });
      return stop === start
        ? rules.longest(text, start, end)
        : { end: stop, replacement: text.slice(start, stop) };
    },
  };
}

/**
 * Cuts at marks, when no token can reach over one: pieces have marks at their start only, and the mark itself is
 * a piece, so that it never joins an unknown run.
 */
function wordCutter(
  { pieces, kinds, normalization }: SentencePieceModel,
  prefixes: 'always' | 'first',
): PreTokenizer | undefined {
  const { escapeWhitespaces, whitespaceAsSuffix } = normalization;
  const isMarkKnown = pieces.some(([piece], id) => piece === METASPACE && kinds[id] === 'normal');
  const hasInnerMark = pieces.some(([piece]) => piece.includes(METASPACE, 1));
  if (!escapeWhitespaces || whitespaceAsSuffix || !isMarkKnown || hasInnerMark) return undefined;
  const cutter = createMetaspacePreTokenizer({ prependScheme: 'never' });
  return Object.freeze({
    type: 'SentencePieceWords',
    preTokenize: (words: Words, scratch?: Scratch) => cutter.preTokenize(words, scratch),
    toJson: (): Json => preTokenizerJson(normalization, prefixes),
  });
}

interface SpacingJob {
  readonly normalization: SentencePieceNormalization;
  readonly hasPrefix: boolean;
  readonly builder: AlignedTextBuilder;
}

/** White space as SentencePiece wants it: extra spaces dropped, the prefix put in, spaces written as marks. */
function writeSpaces(text: AlignedText, job: SpacingJob): AlignedText {
  const { normalization, builder } = job;
  const { removeExtraWhitespaces, whitespaceAsSuffix } = normalization;
  const { units } = text;
  const mark = normalization.escapeWhitespaces ? MARK : SPACE;
  const { start, end } = removeExtraWhitespaces ? trimmed(text, mark) : { start: 0, end: text.length };
  let owesMark = job.hasPrefix && !whitespaceAsSuffix;
  for (let i = start; i < end;) {
    const isSpace = units[i] === SPACE;
    let next = i + 1;
    while (next < end && (units[next] === SPACE) === isSpace && (removeExtraWhitespaces || !isSpace)) next++;
    if (!isSpace) {
      if (owesMark) builder.pushMarked(text, { start: i, end: next, mark });
      else builder.pushAligned(text, i, next);
    } else if (owesMark) pushMark(builder, text, { at: i, mark });
    owesMark = isSpace && removeExtraWhitespaces && !whitespaceAsSuffix;
    if (isSpace && !owesMark) pushMark(builder, text, { at: i, mark });
    i = next;
  }
  if (whitespaceAsSuffix && normalization.addDummyPrefix && builder.size > 0)
    pushMark(builder, text, { at: end - 1, mark });
  return builder.finish();
}

/** Where the text begins and ends without spaces, and without marks at its end. */
function trimmed(
  { units, length }: AlignedText,
  mark: number,
): { readonly start: number; readonly end: number } {
  let start = 0;
  let end = length;
  while (start < end && units[start] === SPACE) start++;
  while (end > start && (units[end - 1] === SPACE || units[end - 1] === mark)) end--;
  return { start, end };
}

/** A mark with the source of the unit at `at`. */
function pushMark(
  builder: AlignedTextBuilder,
  text: AlignedText,
  { at, mark }: { readonly at: number; readonly mark: number },
): void {
  const [start, end] = sourceOf(text, at, at + 1);
  builder.beginBlock(start, end);
  builder.push(mark);
}

/** True for the settings of T5 and almost every other model. */
function isUsual(normalization: SentencePieceNormalization): boolean {
  return (
    normalization.addDummyPrefix &&
    normalization.removeExtraWhitespaces &&
    normalization.escapeWhitespaces &&
    !normalization.whitespaceAsSuffix
  );
}

/**
 * The nearest stages that Hugging Face's library has. For the usual settings they are those of its own T5
 * tokenizers.
 */
function normalizerJson(normalization: SentencePieceNormalization): Json {
  const { characterMap, addDummyPrefix, removeExtraWhitespaces, escapeWhitespaces } = normalization;
  const rules: Json[] =
    characterMap.length === 0
      ? []
      : [{ type: 'Precompiled', precompiled_charsmap: bytesToBase64(characterMap) }];
  if (isUsual(normalization)) return rules[0] ?? null;
  const mark = escapeWhitespaces ? METASPACE : ' ';
  return {
    type: 'Sequence',
    normalizers: [
      ...rules,
      ...(removeExtraWhitespaces
        ? [
            { type: 'Strip', strip_left: true, strip_right: true },
            { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
          ]
        : []),
      ...(addDummyPrefix && !normalization.whitespaceAsSuffix ? [{ type: 'Prepend', prepend: mark }] : []),
      ...(escapeWhitespaces ? [{ type: 'Replace', pattern: { String: ' ' }, content: METASPACE }] : []),
    ],
  };
}

function preTokenizerJson(normalization: SentencePieceNormalization, prefixes: 'always' | 'first'): Json {
  const metaspace = (scheme: string): Json => ({
    type: 'Metaspace',
    replacement: METASPACE,
    prepend_scheme: scheme,
    split: true,
  });
  if (!isUsual(normalization)) return metaspace('never');
  return { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace(prefixes)] };
}
