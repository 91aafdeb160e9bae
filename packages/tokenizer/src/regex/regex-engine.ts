import { createMatcher } from './matcher.js';
import { parsePattern } from './parse-pattern.js';
import { writeProgram } from './program.js';
import type { PatternEngine } from './text-pattern.js';

/**
 * Compiles a pattern for a machine that takes time in proportion to text × pattern, whatever the pattern.
 * @throws TokenizerError (unsupported, malformed-file) naming the place in the pattern
 */
export const regexEngine: PatternEngine = (regex) => createMatcher(writeProgram(parsePattern(regex)));
