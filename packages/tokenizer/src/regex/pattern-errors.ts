import { show, TokenizerError } from '../errors.js';

/** A construct of Oniguruma that this engine does not have. */
export function unsupportedConstruct(source: string, construct: string, position: number): TokenizerError {
  return new TokenizerError({
    code: 'unsupported',
    op: 'compilePattern',
    problem: `${construct} at ${position} of the pattern ${show(source)} is not supported`,
    remedy: 'rewrite the pattern; see the README for the syntax that is read.',
  });
}

/** A pattern that Oniguruma would refuse, too. */
export function brokenPattern(source: string, problem: string, position: number): TokenizerError {
  return new TokenizerError({
    code: 'malformed-file',
    op: 'compilePattern',
    problem: `${problem} at ${position} of the pattern ${show(source)}`,
    remedy: 'a typing error, or the syntax of another engine: patterns are read as Oniguruma reads Ruby’s.',
  });
}
