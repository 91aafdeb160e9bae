import { checkOptions, checkValue, flag } from '../errors.js';
import type { PreTokenizer, Words } from '../pipeline.js';
import { regexEngine } from '../regex/regex-engine.js';
import { compilePattern, type TextPattern } from '../regex/text-pattern.js';
import { Scratch } from '../text/scratch.js';
import { delimiterBehaviors, SpanSplitter, type DelimiterBehavior } from './span-splitter.js';

/** Where words are cut. */
export interface SplitOptions {
  /** The delimiter. */
  readonly pattern: TextPattern;
  /** What becomes of the delimiter. */
  readonly behavior: DelimiterBehavior;
  /** Takes what lies between matches as the delimiter. Default false. */
  readonly invert?: boolean;
}

/**
 * Cuts words at the matches of a pattern.
 * @throws TokenizerError for a pattern that cannot be read, and for bad options
 */
export function createSplitPreTokenizer(options: SplitOptions): PreTokenizer {
  const op = 'createSplitPreTokenizer';
  checkOptions(op, options, { pattern: null, behavior: null, invert: flag });
  checkValue(op, 'behavior', { value: options.behavior, rule: delimiterBehaviors });
  const { behavior, invert = false } = options;
  const pattern = compilePattern(
    op,
    typeof options.pattern === 'string' ? options.pattern : { engine: regexEngine, ...options.pattern },
  );
  return Object.freeze({
    type: 'Split',
    preTokenize({ text, spans }: Words, scratch = new Scratch()): Words {
      const { units } = text;
      const splitter = new SpanSplitter(behavior, scratch.spans());
      for (let i = 0; i < spans.length; i += 2) {
        const end = spans[i + 1]!;
        let covered = spans[i]!;
        const takeRest = (to: number) => {
          if (covered < to) splitter[invert ? 'addDelimiter' : 'addRest'](covered, to);
        };
        pattern.forEachMatch({ units, start: covered, end }, (from, to) => {
          takeRest(from);
          splitter[invert ? 'addRest' : 'addDelimiter'](from, to);
          covered = to;
        });
        takeRest(end);
        splitter.endWord();
      }
      return { text, spans: splitter.finish() };
    },
    toJson: () => ({ type: 'Split', pattern: pattern.toJson(), behavior, invert }),
  });
}
