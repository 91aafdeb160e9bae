import { ConfigError } from '@tesserae/tensor';
import { quoted } from './errors.js';

/** The two-way table between paths in a parameter tree and names in a checkpoint. */
export interface NameMap {
  /** Checkpoint name of a path; undefined when the table has none. */
  toCheckpoint(path: string): string | undefined;
  /** Path of a checkpoint name, aliases not followed; undefined when the table has none. */
  fromCheckpoint(name: string): string | undefined;
  /** The name whose tensor an alias repeats; undefined for a name that is no alias. */
  canonicalName(name: string): string | undefined;
  /** True for surplus names that are known and left out on purpose. */
  isIgnored(name: string): boolean;
}

/** What a checkpoint may hold besides what the table says. */
export interface NameMapOptions {
  /**
   * Other names under which files repeat a tensor: alias -> checkpoint name. `{n}` stands for a number here
   * too.
   */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Names, patterns with `{n}`, or expressions for tensors that files hold and this model does not use. */
  readonly ignored?: readonly (string | RegExp)[];
}

/**
 * Makes a name map from patterns, path -> checkpoint name; `{n}` (or any word in braces) stands for a whole
 * number, the same on both sides. One table loads and saves.
 * @throws ConfigError when the two sides of a pattern have other placeholders, or two patterns share a side
 */
export function nameMap(table: Readonly<Record<string, string>>, options: NameMapOptions = {}): NameMap {
  const { aliases = {}, ignored = [] } = options;
  const entries = Object.entries(table);
  const toName = translator(entries);
  const toPath = translator(entries.map(([path, name]) => [name, path]));
  const toCanonical = translator(Object.entries(aliases));
  const ignoredNames = ignored.map((item) => (typeof item === 'string' ? compile(item).matcher : item));
  return {
    toCheckpoint: (path) => roundTrip(path, toName, toPath),
    fromCheckpoint: (name) => roundTrip(name, toPath, toName),
    canonicalName: toCanonical,
    isIgnored: (name) => ignoredNames.some((matcher) => name.search(matcher) >= 0),
  };
}

type Translate = (text: string) => string | undefined;

/**
 * Only pairs that lead back are given: a literal entry that shadows a pattern on one side must not break the
 * other.
 */
function roundTrip(text: string, there: Translate, back: Translate): string | undefined {
  const result = there(text);
  return result !== undefined && back(result) === text ? result : undefined;
}

interface Pattern {
  readonly text: string;
  readonly matcher: RegExp;
  readonly placeholders: readonly string[];
}

function translator(pairs: readonly (readonly [string, string])[]): Translate {
  const literals = new Map<string, string>();
  const patterns: { readonly from: Pattern; readonly to: Pattern }[] = [];
  for (const [source, target] of pairs) {
    const from = compile(source);
    const to = compile(target);
    if (from.placeholders.slice().sort().join() !== to.placeholders.slice().sort().join())
      misfit(source, target);
    const isKnown = literals.has(source) || patterns.some((pattern) => pattern.from.text === source);
    if (isKnown) repeated(source);
    if (from.placeholders.length === 0) literals.set(source, target);
    else patterns.push({ from, to });
  }
  return (text) => {
    const literal = literals.get(text);
    if (literal !== undefined) return literal;
    for (const { from, to } of patterns) {
      const numbers = from.matcher.exec(text)?.groups;
      if (numbers !== undefined) return to.text.replace(PLACEHOLDER, (_, name: string) => numbers[name]!);
    }
    return undefined;
  };
}

const PLACEHOLDER = /\{([a-z]\w*)\}/gi;

function compile(text: string): Pattern {
  const placeholders: string[] = [];
  const parts = text.split(PLACEHOLDER).map((part, index) => {
    if (index % 2 === 0) return part.replace(/[\\^$.*+?()[\]|{}]/g, '\\$&');
    if (placeholders.includes(part)) return `\\k<${part}>`;
    placeholders.push(part);
    return `(?<${part}>0|[1-9]\\d*)`;
  });
  return { text, matcher: new RegExp(`^${parts.join('')}$`), placeholders };
}

function misfit(source: string, target: string): never {
  throw new ConfigError({
    op: 'nameMap',
    problem: `${quoted(source)} and ${quoted(target)} have different placeholders`,
    likely: 'Both sides of an entry name the same numbers, e.g. {n}.',
    page: 'name-map',
    got: [source, target],
  });
}

function repeated(name: string): never {
  throw new ConfigError({
    op: 'nameMap',
    problem: `${quoted(name)} stands on the same side of two entries`,
    likely: 'The map must lead back: every path has one checkpoint name, and the other way round.',
    page: 'name-map',
    got: name,
  });
}
