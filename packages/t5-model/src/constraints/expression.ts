import type { CodePoints } from './code-points.js';
import { codePointsOf } from './code-points.js';

/** What a text may look like; regular expressions, grammars and schemas all become this. */
export type Expression =
  /** One character of a set. */
  | { readonly kind: 'character'; readonly set: CodePoints }
  /** One after the other. */
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  /** Any one of them. */
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  /** `least` to `most` times (Infinity: any number). */
  | { readonly kind: 'repeat'; readonly part: Expression; readonly least: number; readonly most: number }
  /** What a rule of the grammar says; rules may name each other and themselves. */
  | { readonly kind: 'rule'; readonly name: string };

/** Rules, and the one that whole texts follow. */
export interface Grammar {
  readonly rules: ReadonlyMap<string, Expression>;
  readonly root: string;
}

/** One character of a set. */
export const character = (set: CodePoints): Expression => ({ kind: 'character', set });

/** One after the other; none: the empty text. */
export const sequence = (...parts: readonly Expression[]): Expression =>
  parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };

/** Any one of them; none: no text at all. */
export const choice = (...options: readonly Expression[]): Expression =>
  options.length === 1 ? options[0]! : { kind: 'choice', options };

/** `least` to `most` times. */
export const repeat = (part: Expression, least: number, most: number): Expression => ({
  kind: 'repeat',
  part,
  least,
  most,
});

/** Nothing, or it. */
export const optional = (part: Expression): Expression => repeat(part, 0, 1);

/** A text, letter by letter. */
export const literal = (text: string): Expression =>
  sequence(...Array.from(text, (letter) => character(codePointsOf(letter))));

/** What another rule says. */
export const rule = (name: string): Expression => ({ kind: 'rule', name });
