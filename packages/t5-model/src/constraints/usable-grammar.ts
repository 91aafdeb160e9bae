import { OptionError } from '@tesserae/tensor';
import type { CodePoints } from './code-points.js';
import { intersectCodePoints } from './code-points.js';
import type { Expression, Grammar } from './expression.js';
import { choice, repeat, sequence } from './expression.js';

/**
 * The grammar without what cannot be written with the characters of an alphabet, so that every text that has begun
 * well can be ended well.
 * @throws OptionError when nothing is left, naming characters that are missing; when a rule is not defined; when a
 *   rule begins with itself
 */
export function usableGrammar(grammar: Grammar, alphabet: CodePoints): Grammar {
  checkRuleNames(grammar);
  const usable = usableRules(grammar, alphabet);
  if (!usable.has(grammar.root)) refuseEmpty(grammar, alphabet);
  const context = { usable, alphabet };
  const rules = new Map(
    [...grammar.rules]
      .filter(([name]) => usable.has(name))
      .map(([name, expression]) => [name, prune(expression, context)!]),
  );
  checkLeftRecursion(rules);
  return { rules, root: grammar.root };
}

interface Context {
  /** Rules that match a text. */
  readonly usable: ReadonlySet<string>;
  readonly alphabet: CodePoints;
}

/** Rules that match a text of the alphabet: the least fixed point. */
function usableRules({ rules }: Grammar, alphabet: CodePoints): ReadonlySet<string> {
  const usable = new Set<string>();
  for (let before = -1; before < usable.size;) {
    before = usable.size;
    for (const [name, expression] of rules) {
      if (!usable.has(name) && prune(expression, { usable, alphabet }) !== undefined) usable.add(name);
    }
  }
  return usable;
}

/** The expression without what matches nothing; undefined when that is all of it. */
function prune(expression: Expression, context: Context): Expression | undefined {
  switch (expression.kind) {
    case 'character':
      return intersectCodePoints(expression.set, context.alphabet).length > 0 ? expression : undefined;
    case 'rule':
      return context.usable.has(expression.name) ? expression : undefined;
    case 'sequence': {
      const parts = expression.parts.map((part) => prune(part, context));
      return parts.includes(undefined) ? undefined : sequence(...(parts as Expression[]));
    }
    case 'choice': {
      const options = expression.options.flatMap((option) => prune(option, context) ?? []);
      return options.length === 0 ? undefined : choice(...options);
    }
    case 'repeat': {
      if (expression.most === 0) return sequence();
      const part = prune(expression.part, context);
      if (part === undefined) return expression.least === 0 ? sequence() : undefined;
      return repeat(part, expression.least, expression.most);
    }
  }
}

function refuseEmpty(grammar: Grammar, alphabet: CodePoints): never {
  const missing = new Set<string>();
  for (const expression of grammar.rules.values()) collectMissing(expression, { alphabet, missing });
  const shown = [...missing].slice(0, 12).map((letter) => JSON.stringify(letter));
  throw new OptionError({
    op: 'constraint',
    problem:
      shown.length === 0
        ? 'no text fits the constraint'
        : `the vocabulary cannot write any text that fits; it has no piece for ${shown.join(', ')}`,
    likely:
      shown.length === 0
        ? 'It contradicts itself: a choice without options, or a rule that never ends.'
        : "T5's English vocabulary lacks braces, brackets of some kinds and backslashes: use another form, or a " +
          'model with byte pieces (mT5, UMT5, ByT5).',
    page: 'constraint-unwritable',
    got: [...missing],
  });
}

/** Characters that are the only ones of their set, and not in the alphabet. */
function collectMissing(
  expression: Expression,
  context: { readonly alphabet: CodePoints; readonly missing: Set<string> },
): void {
  if (expression.kind === 'character') {
    const [[low, high] = [0, -1]] = expression.set;
    const isLetter = expression.set.length === 1 && low === high;
    if (isLetter && intersectCodePoints(expression.set, context.alphabet).length === 0) {
      context.missing.add(String.fromCodePoint(low));
    }
  }
  for (const part of partsOf(expression)) collectMissing(part, context);
}

function partsOf(expression: Expression): readonly Expression[] {
  if (expression.kind === 'sequence') return expression.parts;
  if (expression.kind === 'choice') return expression.options;
  return expression.kind === 'repeat' ? [expression.part] : [];
}

function checkRuleNames({ rules, root }: Grammar): void {
  const named = (expression: Expression): readonly string[] =>
    expression.kind === 'rule' ? [expression.name] : partsOf(expression).flatMap(named);
  const unknown = [root, ...[...rules.values()].flatMap(named)].find((name) => !rules.has(name));
  if (unknown === undefined) return;
  throw new OptionError({
    op: 'constraint',
    problem: `there is no rule '${unknown}'; rules are ${[...rules.keys()].join(', ')}`,
    likely: 'A misspelt name; the text as a whole follows the rule root.',
    page: 'grammar-rule',
    got: unknown,
    needed: [...rules.keys()],
  });
}

/** A rule that comes back to itself before it has read a character would be entered for ever. */
function checkLeftRecursion(rules: ReadonlyMap<string, Expression>): void {
  const nullable = nullableRules(rules);
  const first = new Map([...rules].map(([name, expression]) => [name, firstRules(expression, nullable)]));
  for (const name of rules.keys()) {
    const seen = new Set<string>();
    const open = [...first.get(name)!];
    while (open.length > 0) {
      const next = open.pop()!;
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...first.get(next)!);
    }
    if (seen.has(name)) refuseLeftRecursion(name);
  }
}

function refuseLeftRecursion(name: string): never {
  throw new OptionError({
    op: 'constraint',
    problem: `the rule '${name}' begins with itself`,
    likely: 'Write repetition as ( … )*, or put the rule last: list ::= item ("," list)?',
    page: 'grammar-left-recursion',
    got: name,
  });
}

function nullableRules(rules: ReadonlyMap<string, Expression>): ReadonlySet<string> {
  const nullable = new Set<string>();
  for (let before = -1; before < nullable.size;) {
    before = nullable.size;
    for (const [name, expression] of rules) if (isNullable(expression, nullable)) nullable.add(name);
  }
  return nullable;
}

function isNullable(expression: Expression, nullable: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'character':
      return false;
    case 'rule':
      return nullable.has(expression.name);
    case 'sequence':
      return expression.parts.every((part) => isNullable(part, nullable));
    case 'choice':
      return expression.options.some((option) => isNullable(option, nullable));
    case 'repeat':
      return expression.least === 0 || isNullable(expression.part, nullable);
  }
}

/** Rules that may be entered before a character is read. */
function firstRules(expression: Expression, nullable: ReadonlySet<string>): readonly string[] {
  if (expression.kind === 'rule') return [expression.name];
  if (expression.kind !== 'sequence') {
    return partsOf(expression).flatMap((part) => firstRules(part, nullable));
  }
  const end = expression.parts.findIndex((part) => !isNullable(part, nullable));
  const reached = end < 0 ? expression.parts : expression.parts.slice(0, end + 1);
  return reached.flatMap((part) => firstRules(part, nullable));
}
