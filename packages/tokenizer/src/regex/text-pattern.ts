import { show, TokenizerError } from '../errors.js';
import type { Json } from '../pipeline.js';
import { createMatcher, type Matcher } from './matcher.js';
import { literalPattern, parsePattern } from './parse-pattern.js';
import { writeProgram } from './program.js';

/** What is looked for: a text, or a regular expression in Oniguruma's Ruby syntax. */
export type TextPattern = string | { readonly regex: string };

/** A pattern that is ready to be looked for. */
interface CompiledPattern {
  readonly forEachMatch: Matcher;
  toJson(): Json;
}

/**
 * Compiles a pattern for a machine that takes time in proportion to text × pattern, whatever the pattern.
 * @throws TokenizerError (unsupported, malformed-file) naming the place in the pattern, (bad-option) for what
 * is no pattern
 */
export function compilePattern(op: string, pattern: TextPattern): CompiledPattern {
  const isLiteral = typeof pattern === 'string';
  if (!isLiteral && typeof pattern?.regex !== 'string') {
    throw new TokenizerError({
      code: 'bad-option',
      op,
      field: 'pattern',
      problem: `pattern must be a string or { regex: string }, got ${show(pattern)}`,
    });
  }
  return {
    forEachMatch: createMatcher(
      writeProgram(isLiteral ? literalPattern(pattern) : parsePattern(pattern.regex)),
    ),
    toJson: (): Json => (isLiteral ? { String: pattern } : { Regex: pattern.regex }),
  };
}
