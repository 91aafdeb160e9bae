import { NONSPACING_MARK_RANGES, OTHER_MARK_RANGES } from './code-point-ranges.js';
import { parseCodePointSet } from './code-point-set.js';

/** Makes the test for category M of Unicode 9, which holds all that has a combining class. */
export function createMarkTest(): (codePoint: number) => boolean {
  const sets = [NONSPACING_MARK_RANGES, OTHER_MARK_RANGES].map(parseCodePointSet);
  return (codePoint) => codePoint >= 0x300 && sets.some((set) => set.has(codePoint));
}
