import { LATER_THAN_UNICODE_16_RANGES } from '../unicode/code-point-ranges.js';
import { codePointTest } from '../unicode/code-point-set.js';

/** Tells whether a code point belongs to a class. */
export type CharTest = (codePoint: number) => boolean;

/**
 * Oniguruma's classes as JavaScript's properties; `punct` is for brackets, `\p{Punct}` is category P; outside
 * of brackets `word` has the superscripts and fractions of Latin-1, too.
 */
const classSources: Readonly<Record<string, string>> = {
  alnum: '\\p{Alphabetic}\\p{Nd}',
  alpha: '\\p{Alphabetic}',
  blank: '\\t\\p{Zs}',
  cntrl: '\\p{Cc}',
  digit: '\\p{Nd}',
  lower: '\\p{Lowercase}',
  punct: '\\p{P}\\p{S}',
  space: '\\p{White_Space}',
  upper: '\\p{Uppercase}',
  word: '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}',
  loneword: '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}²³¹¼-¾',
  xdigit: '0-9A-Fa-f',
};

/** Properties that hold what is not assigned. */
const unassignedNames = ['any', 'c', 'cn', 'other', 'unassigned'];

/** Finds classes by name; what is newer than the Rust library's Unicode counts as unassigned. */
export interface CharacterClasses {
  /** A class of `\w \s \d \h` or `[:name:]`. */
  named(name: string): CharTest | undefined;
  /** A property of `\p{name}`: a category, a script, a binary property or a named class. */
  property(name: string): CharTest | undefined;
}

/** Makes the lookup; tests are cached by the caller. */
export function createCharacterClasses(): CharacterClasses {
  const isLater = codePointTest(LATER_THAN_UNICODE_16_RANGES);
  const testOf = (source: string, holdsUnassigned = false): CharTest => {
    const pattern = new RegExp(`[${source}]`, 'u');
    return (codePoint) =>
      isLater(codePoint) ? holdsUnassigned : pattern.test(String.fromCodePoint(codePoint));
  };
  const named = (name: string) =>
    Object.hasOwn(classSources, name) ? testOf(classSources[name]!) : undefined;
  return {
    named,
    property(name) {
      const key = name.toLowerCase().replace(/[ _-]/g, '');
      if (key === 'punct') return testOf('\\p{P}');
      if (Object.hasOwn(classSources, key)) return named(key);
      if (!/^\w+$/.test(name)) return undefined;
      const category = `${name[0]!.toUpperCase()}${name.slice(1).toLowerCase()}`;
      for (const candidate of [name, `Script=${name}`, category, `Script=${category}`]) {
        try {
          return testOf(`\\p{${candidate}}`, unassignedNames.includes(key));
        } catch {
          continue; // not a name that JavaScript knows
        }
      }
      return undefined;
    },
  };
}

/** The test with case ignored, one character to one. */
export function ignoringCase(test: CharTest): CharTest {
  return (codePoint) => test(codePoint) || caseVariants(codePoint).some(test);
}

const DOTLESS_I = 0x131; // its capital is I, and yet it is no i

/** The single characters that differ from `codePoint` in case only. */
function caseVariants(codePoint: number): number[] {
  if (codePoint === DOTLESS_I) return [];
  const char = String.fromCodePoint(codePoint);
  const upper = char.toUpperCase();
  const lower = char.toLowerCase();
  return [upper, lower, upper.toLowerCase(), lower.toUpperCase()].flatMap((variant) => {
    const [first, ...rest] = variant;
    return rest.length === 0 ? [first!.codePointAt(0)!] : [];
  });
}

/** True when a character equals several in another case, as `ß` and `SS`; this engine does not do that. */
export function hasLongVariant(codePoint: number): boolean {
  const char = String.fromCodePoint(codePoint);
  return char.toUpperCase().length > char.length || char.toLowerCase().length > char.length;
}
