import { OptionError } from '@tesserae/tensor';
import { DEAD, TextAutomaton } from './automaton.js';
import type { Grammar } from './expression.js';
import { parseGrammar } from './grammar-syntax.js';
import type { JsonSchema } from './json-schema.js';
import { jsonSchemaGrammar } from './json-schema.js';
import { compileGrammar } from './program.js';
import type { PrefixAllowedTokensFn } from '../generation/row-history.js';
import { parseRegex } from './regex-syntax.js';
import { usableGrammar } from './usable-grammar.js';
import type { ConstraintVocabulary, SortedPieces } from './vocabulary.js';

/** How much a constraint has computed; what is known is not computed again. */
export interface ConstraintWork {
  /** States for which the allowed ids are known. */
  readonly knownStates: number;
  /** Bytes of pieces that were walked to find them. */
  readonly walkedBytes: number;
}

/** Keeps generation within the texts that a pattern, a schema or a grammar describes. Serves all rows. */
export interface TokenConstraint {
  /**
   * Ids that may follow, in ascending order: those after which the text can still be ended well; the end token where
   * it may end now, and alone after it has ended.
   * @throws OptionError when the ids so far do not fit, or no piece of the vocabulary goes on
   */
  allowedTokens(ids: ArrayLike<number>): Int32Array;
  /** True when the ids, their end token aside, write a text that fits. */
  isComplete(ids: ArrayLike<number>): boolean;
  /** The same as an option of generation. */
  readonly prefixAllowedTokens: PrefixAllowedTokensFn;
  /** What has been computed up to now. */
  readonly work: ConstraintWork;
}

/**
 * Texts that match a regular expression from start to end. Understood: characters, `.`, classes, `\d \w \s` and their
 * opposites, `\p{…}`, `\x \u` escapes, groups, `|`, `* + ? {m,n}`, `^` at the start and `$` at the end, all as in
 * JavaScript with the flag `u`.
 * @throws OptionError for anything else, such as back-references and look-around, with its place
 */
export function regexConstraint(pattern: string, vocabulary: ConstraintVocabulary): TokenConstraint {
  const { expression } = parseRegex(pattern);
  return constraintOf({ rules: new Map([['root', expression]]), root: 'root' }, vocabulary);
}

/**
 * JSON that a schema allows. Understood: `type` (one or several), `properties`, `required`, `additionalProperties`
 * (false, or a schema where there are no `properties`), `items`, `minItems`, `maxItems`, `pattern`, `minLength`,
 * `maxLength`, `enum`, `const`, `anyOf`, `allOf` of one, `$ref` within the schema (recursive too), true, false, and
 * annotations. Members are written in the order of `properties`, and no others.
 * @throws OptionError naming the place and the keyword for anything else
 */
export function jsonSchemaConstraint(schema: JsonSchema, vocabulary: ConstraintVocabulary): TokenConstraint {
  return constraintOf(jsonSchemaGrammar(schema), vocabulary);
}

/**
 * Texts of a context-free grammar in the form of GBNF: `name ::= "text" [a-z] other ( … ) | …`, with `* + ? {m,n}`,
 * `.` and comments from `#`.
 * @param options.root  the rule that whole texts follow, default `root`
 * @throws OptionError for a mistake, with its line; for rules that begin with themselves
 */
export function grammarConstraint(
  source: string,
  vocabulary: ConstraintVocabulary,
  { root = 'root' }: { readonly root?: string } = {},
): TokenConstraint {
  return constraintOf(parseGrammar(source, root), vocabulary);
}

function constraintOf(grammar: Grammar, vocabulary: ConstraintVocabulary): TokenConstraint {
  const automaton = new TextAutomaton(compileGrammar(usableGrammar(grammar, vocabulary.alphabet)));
  return new VocabularyConstraint(automaton, vocabulary);
}

/** Where a row stands. */
interface Position {
  readonly state: number;
  /** Nothing has been written. */
  readonly isFirst: boolean;
  readonly hasEnded: boolean;
}

class VocabularyConstraint implements TokenConstraint {
  readonly prefixAllowedTokens: PrefixAllowedTokensFn;
  private readonly automaton: TextAutomaton;
  private readonly vocabulary: ConstraintVocabulary;
  private readonly known = new Map<string, Int32Array>();
  private walkedBytes = 0;

  constructor(automaton: TextAutomaton, vocabulary: ConstraintVocabulary) {
    this.automaton = automaton;
    this.vocabulary = vocabulary;
    this.prefixAllowedTokens = (_, ids) => this.allowedTokens(ids);
  }

  get work(): ConstraintWork {
    return { knownStates: this.known.size, walkedBytes: this.walkedBytes };
  }

  allowedTokens(ids: ArrayLike<number>): Int32Array {
    const position = this.positionAfter(ids);
    if (position.hasEnded) return Int32Array.of(this.vocabulary.eosTokenId);
    if (position.state === DEAD) refusePrefix(ids);
    const key = `${position.state}${position.isFirst ? ' first' : ''}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const allowed = this.find(position);
    if (allowed.length === 0) refuseDeadEnd(ids);
    this.known.set(key, allowed);
    return allowed;
  }

  isComplete(ids: ArrayLike<number>): boolean {
    const { state } = this.positionAfter(ids);
    return state !== DEAD && this.automaton.accepts(state);
  }

  private positionAfter(ids: ArrayLike<number>): Position {
    const { eosTokenId } = this.vocabulary;
    let state = this.automaton.start;
    let isFirst = true;
    for (let at = 0; at < ids.length; at++) {
      const bytes = this.vocabulary.bytesOf(ids[at]!, { isFirst });
      // Before anything is written, the end token can only be a start token.
      if (bytes === undefined && ids[at] === eosTokenId && at > 0) return { state, isFirst, hasEnded: true };
      if (bytes === undefined) continue;
      state = state === DEAD ? DEAD : this.automaton.run(state, bytes);
      isFirst = false;
    }
    return { state, isFirst, hasEnded: false };
  }

  private find({ state, isFirst }: Position): Int32Array {
    const { first, rest, eosTokenId } = this.vocabulary;
    const allowed = this.walk(isFirst ? first : rest, state);
    if (this.automaton.accepts(state)) allowed.push(eosTokenId);
    return Int32Array.from(allowed).sort();
  }

  /** Walks all pieces in order; what neighbours begin with alike is walked once. */
  private walk({ ids, bytes, starts, shared }: SortedPieces, start: number): number[] {
    const states = [start]; // after each byte of the piece
    const allowed: number[] = [];
    let alive = 0; // bytes of the piece before that led somewhere
    for (let index = 0; index < ids.length; index++) {
      const begin = starts[index]!;
      const length = starts[index + 1]! - begin;
      if (shared[index]! > alive) continue; // begins as one that led nowhere
      alive = shared[index]!;
      while (alive < length) {
        const next = this.automaton.step(states[alive]!, bytes[begin + alive]!);
        this.walkedBytes++;
        if (next === DEAD) break;
        states[++alive] = next;
      }
      if (alive === length) allowed.push(ids[index]!);
    }
    return allowed;
  }
}

function refusePrefix(ids: ArrayLike<number>): never {
  throw new OptionError({
    op: 'constraint',
    problem: `the ids ${Array.from(ids).slice(-12).join(', ')} do not fit the constraint`,
    likely: 'Other options force tokens that it does not allow (forced or suppressed tokens, forced words).',
    page: 'constraint-prefix',
    got: Array.from(ids),
  });
}

function refuseDeadEnd(ids: ArrayLike<number>): never {
  throw new OptionError({
    op: 'constraint',
    problem: `no piece of the vocabulary goes on after the ids ${Array.from(ids).slice(-12).join(', ')}`,
    likely: 'A character that the constraint asks for is only part of longer pieces; allow others beside it.',
    page: 'constraint-unwritable',
    got: Array.from(ids),
  });
}
