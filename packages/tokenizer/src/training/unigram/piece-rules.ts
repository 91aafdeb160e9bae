import { METASPACE } from '../../pre-tokenizers/metaspace-pre-tokenizer.js';
import { ANY_SCRIPT, INHERITS, scriptClasses } from './script-classes.js';

/** ▁, which stands for a space. */
const SPACE_MARK = METASPACE.charCodeAt(0);

/** What a piece may be; the meaning of each is in LearnUnigramOptions. */
export interface PieceRuleOptions {
  readonly maxPieceLength: number;
  readonly splitByUnicodeScript: boolean;
  readonly splitByNumber: boolean;
  readonly splitDigits: boolean;
  readonly splitByWhitespace: boolean;
  readonly allowWhitespaceOnlyPieces: boolean;
  readonly treatWhitespaceAsSuffix: boolean;
}

/** Decides on pieces, given as symbols: characters numbered from 1. */
export interface PieceRules {
  /** True when no piece may hold the two neighbours, whatever stands around them. */
  cutsBetween(left: number, right: number): boolean;
  /** True when the symbols from `start` to `end` may be one piece. */
  allows(symbols: Int32Array, start: number, end: number): boolean;
}

/**
 * The rules by which SentencePiece accepts a piece: one script, ▁ at its front only, and so on.
 * @param codePoints  the code point of each symbol; element 0 stands for no character
 * @see Kudo and Richardson 2018; `split_by_…` of SentencePiece's trainer
 */
export function createPieceRules(codePoints: readonly number[], options: PieceRuleOptions): PieceRules {
  const { maxPieceLength, splitDigits } = options;
  const classes = symbolClasses(codePoints, options);
  const spaceMark = codePoints.indexOf(SPACE_MARK);
  const isDigitSymbol = codePoints.map(isDigit);
  return {
    cutsBetween(left, right) {
      if (splitDigits && (isDigitSymbol[left]! || isDigitSymbol[right]!)) return true;
      if (cutsAtSpace(left === spaceMark, right === spaceMark, options)) return true;
      return classes[left]! >= 0 && classes[right]! >= 0 && classes[left] !== classes[right];
    },
    allows(symbols, start, end) {
      if (end - start > maxPieceLength) return false;
      let script = ANY_SCRIPT;
      let spaces = 0;
      for (let i = start; i < end; i++) {
        const symbol = symbols[i]!;
        if (symbol === spaceMark) spaces++;
        if (splitDigits && isDigitSymbol[symbol]! && end - start > 1) return false;
        const own = classes[symbol]!;
        if (own === INHERITS) continue;
        if (own >= 0 && script >= 0 && own !== script) return false;
        script = own;
      }
      if (spaces === 0) return true;
      const isFirst = symbols[start] === spaceMark;
      const isLast = symbols[end - 1] === spaceMark;
      return allowsSpaces({ spaces, length: end - start, isFirst, isLast }, options);
    },
  };
}

/** The script of each symbol, or INHERITS or ANY_SCRIPT. */
function symbolClasses(codePoints: readonly number[], options: PieceRuleOptions): Int32Array {
  const { splitByUnicodeScript, splitByNumber } = options;
  const scriptOf = scriptClasses();
  return Int32Array.from(codePoints, (codePoint) => {
    if (codePoint === SPACE_MARK) return INHERITS;
    if (!splitByUnicodeScript || (!splitByNumber && isDigit(codePoint))) return ANY_SCRIPT;
    return scriptOf(codePoint);
  });
}

function isDigit(codePoint: number): boolean {
  return (codePoint >= 0x30 && codePoint <= 0x39) || (codePoint >= 0xff10 && codePoint <= 0xff19);
}

function cutsAtSpace(leftIsSpace: boolean, rightIsSpace: boolean, options: PieceRuleOptions): boolean {
  const { splitByWhitespace, allowWhitespaceOnlyPieces, treatWhitespaceAsSuffix } = options;
  if (leftIsSpace && rightIsSpace) return splitByWhitespace && !allowWhitespaceOnlyPieces;
  return splitByWhitespace && (treatWhitespaceAsSuffix ? leftIsSpace : rightIsSpace);
}

interface SpacesOfPiece {
  readonly spaces: number;
  readonly length: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Whether a piece with ▁ in it has it where it may be. */
function allowsSpaces(piece: SpacesOfPiece, options: PieceRuleOptions): boolean {
  const { spaces, length, isFirst, isLast } = piece;
  if (length === 1 || (options.allowWhitespaceOnlyPieces && spaces === length)) return true;
  const { splitByWhitespace, treatWhitespaceAsSuffix } = options;
  const [atHome, atWrongEnd] = treatWhitespaceAsSuffix ? [isLast, isFirst] : [isFirst, isLast];
  return splitByWhitespace ? atHome && spaces === 1 : !atWrongEnd;
}
