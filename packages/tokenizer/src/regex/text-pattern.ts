import { show, TokenizerError } from '../errors.js';
import type { Json } from '../pipeline.js';
import { alignedSlice } from '../text/aligned-text.js';
import { codePointIn } from '../text/code-units.js';
import { isWhiteSpace } from '../unicode/white-space.js';

/** Finds all matches in units[start, end), from left to right, as a backtracking engine would. */
export type Matcher = (
  text: { readonly units: Uint16Array; readonly start: number; readonly end: number },
  visit: (start: number, end: number) => void,
) => void;

/** Makes the matcher of a regular expression. @throws TokenizerError for one that cannot be read */
export type PatternEngine = (regex: string) => Matcher;

/**
 * What is looked for: a text, or a regular expression in Oniguruma's Ruby syntax. Runs of one character, such as
 * ` {2,}` and `\s+`, need no engine; the others take `regexEngine` of `@tesserae/tokenizer/stages`.
 */
export type TextPattern = string | { readonly regex: string; readonly engine?: PatternEngine };

/** A pattern that is ready to be looked for. */
interface CompiledPattern {
  readonly forEachMatch: Matcher;
  toJson(): Json;
}

/**
 * Makes a pattern's matcher.
 * @throws TokenizerError (unsupported, malformed-file) naming the place in the pattern, (bad-option) for what
 * is no pattern
 */
export function compilePattern(op: string, pattern: TextPattern): CompiledPattern {
  if (typeof pattern === 'string')
    return { forEachMatch: literalMatcher(pattern), toJson: () => ({ String: pattern }) };
  const { regex, engine } = pattern ?? {};
  const field = 'pattern';
  if (typeof regex !== 'string') {
    const problem = `pattern must be a string or { regex: string }, got ${show(pattern)}`;
    throw new TokenizerError({ code: 'bad-option', op, field, problem });
  }
  const forEachMatch = runMatcher(regex) ?? engine?.(regex);
  if (forEachMatch !== undefined) return { forEachMatch, toJson: () => ({ Regex: regex }) };
  const problem = `the pattern ${show(regex)} needs the regex engine`;
  throw new TokenizerError({ code: 'unsupported', op, field, problem, remedy: moreStagesRemedy });
}

/** How what the main entry leaves out is had. */
export const moreStagesRemedy =
  "in another entry: import { moreStages } from '@tesserae/tokenizer/stages', and pass { stages: moreStages } " +
  '(to a stage: pattern: { regex, engine: moreStages.engine }).';

/** Where the match that begins at `from` ends, -1 for none. */
type MatchEnd = (units: Uint16Array, from: number, end: number) => number;

function literalMatcher(text: string): Matcher {
  const { units: wanted, length } = alignedSlice(text, 0, text.length);
  return matcherOf((units, from, end) => {
    let k = 0;
    while (k < length && from + k < end && units[from + k] === wanted[k]) k++;
    return k === length ? from + k : -1;
  });
}

/** One character or `\s`, once, or so often and more; the engine reads such a pattern, too, and finds the same. */
const runOfOne = /^(?:([^\\^$.|?*+()[\]{}])|\\s)(\+|\{([1-9]\d?),\})?$/u;

function runMatcher(regex: string): Matcher | undefined {
  const run = runOfOne.exec(regex);
  if (run === null) return undefined;
  const [, char, quantifier, least = 1] = run;
  const most = quantifier === undefined ? 1 : Infinity;
  const wanted = char?.codePointAt(0) ?? 0;
  const fits = char === undefined ? isWhiteSpace : (other: number) => other === wanted;
  const width = wanted > 0xffff ? 2 : 1; // no white space is beyond U+FFFF
  return matcherOf((units, from, end) => {
    let to = from;
    for (let k = 0; k < most && to < end && fits(codePointIn(units, to, end)); k++) to += width;
    return to - from < Number(least) * width ? -1 : to;
  });
}

function matcherOf(matchEnd: MatchEnd): Matcher {
  return ({ units, start, end }, visit) => {
    if (start === end) return; // as in Rust: an empty text has no match, not even an empty one
    for (let from = start; from <= end;) {
      const stop = matchEnd(units, from, end);
      if (stop >= 0) visit(from, stop);
      from = stop > from ? stop : from + (codePointIn(units, from, end) > 0xffff ? 2 : 1);
    }
  };
}
