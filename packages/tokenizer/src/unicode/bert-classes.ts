import { LATER_THAN_UNICODE_8_RANGES } from './code-point-ranges.js';
import { frozenClassTest, type CodePointTest } from './code-point-set.js';

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

/** test/bert-differential.test.ts compares every code point. */
function unicode8Test(pattern: RegExp, moved: string): CodePointTest {
  return frozenClassTest(pattern, { later: LATER_THAN_UNICODE_8_RANGES, moved });
}
