import { LATER_MARK_RANGES } from './code-point-ranges.js';
import { frozenClassTest, type CodePointTest } from './code-point-set.js';

/** Makes the test for category M of Unicode 9 (with U+1CF2 and U+1CF3, which were in it). */
export function createMarkTest(): CodePointTest {
  return frozenClassTest(/\p{M}/u, { later: LATER_MARK_RANGES, moved: '\u1cf2\u1cf3' });
}
