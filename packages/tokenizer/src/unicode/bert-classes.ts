import { LATER_THAN_UNICODE_8_RANGES } from './code-point-ranges.js';
import { codePointTest, type CodePointTest } from './code-point-set.js';

/** Test of what BERT's clean-up removes: Cc (but tab, line feed, carriage return), Cf, Co, and U+FFFD. */
export function createControlTest(): CodePointTest {
  return unicode8Test(/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\ufffd]/u, '');
}

/** Test of what BERT isolates: category P (with U+166D and U+111C9, which were in it), and ASCII symbols. */
export function createPunctuationTest(): CodePointTest {
  return unicode8Test(/[\p{P}$+<=>^`|~]/u, '\u166d\u{111c9}');
}

/** Test of what accent stripping removes: category Mn (with U+1734 and U+1171E, which were in it). */
export function createNonspacingMarkTest(): CodePointTest {
  return unicode8Test(/\p{Mn}/u, '\u1734\u{1171e}');
}

/**
 * The engine's class as it was in Unicode 8, where Hugging Face's library froze it: without what is later, and with
 * characters that have since moved to another class. test/bert-differential.test.ts compares every code point.
 */
function unicode8Test(pattern: RegExp, moved: string): CodePointTest {
  const isLater = codePointTest(LATER_THAN_UNICODE_8_RANGES);
  return (codePoint) => {
    const char = String.fromCodePoint(codePoint);
    return moved.includes(char) || (pattern.test(char) && !isLater(codePoint));
  };
}
