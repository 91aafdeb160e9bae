import { TokenizerError } from '../errors.js';
import type { CharTest } from './character-class.js';
import { mayBeEmpty, type Node, type PlaceTest } from './syntax-tree.js';

/** Takes the character x. */
export const CHAR = 0;
/** Takes a character of class x. */
export const CLASS = 1;
/** Goes on when place test x holds. */
export const PLACE = 2;
/** Goes on at instruction x, and when that fails at y. */
export const SPLIT = 3;
// Goes on at instruction x: what is left when it is none of the others.
const JUMP = 4;
/** Ends a match. */
export const MATCH = 5;

/** A pattern as instructions of a small machine. */
export interface Program {
  readonly ops: Uint8Array;
  readonly x: Int32Array;
  readonly y: Int32Array;
  /**
   * Number of each SPLIT, by instruction. A greedy loop whose body may be empty has the next number, too: an
   * empty turn goes on after the loop, which may happen once a place.
   */
  readonly splitIndex: Int32Array;
  /** 1 for such a loop. */
  readonly mayTurnEmpty: Uint8Array;
  readonly splitCount: number;
  readonly classes: readonly CharTest[];
  readonly places: readonly PlaceTest[];
}

/** Bounds time and memory per character of text, whatever the pattern. */
const MAX_INSTRUCTIONS = 500;

interface Draft {
  readonly ops: number[];
  readonly x: number[];
  readonly y: number[];
  readonly splitIndex: number[];
  readonly mayTurnEmpty: number[];
  splitCount: number;
  readonly classes: CharTest[];
  readonly places: PlaceTest[];
}

/**
 * Translates a tree; counted repetition is written out.
 * @throws TokenizerError (unsupported) for a pattern of more than 500 instructions
 */
export function writeProgram(tree: Node): Program {
  const draft: Draft = {
    ops: [],
    x: [],
    y: [],
    splitIndex: [],
    mayTurnEmpty: [],
    splitCount: 0,
    classes: [],
    places: [],
  };
  write(tree, draft);
  push(draft, MATCH);
  return {
    ...draft,
    ops: Uint8Array.from(draft.ops),
    x: Int32Array.from(draft.x),
    y: Int32Array.from(draft.y),
    splitIndex: Int32Array.from(draft.splitIndex),
    mayTurnEmpty: Uint8Array.from(draft.mayTurnEmpty),
  };
}

function push(draft: Draft, op: number, x = 0, y = 0): number {
  if (draft.ops.length >= MAX_INSTRUCTIONS) {
    throw new TokenizerError({
      code: 'unsupported',
      op: 'compilePattern',
      problem: `the pattern needs more than ${MAX_INSTRUCTIONS} instructions`,
      remedy: 'counted repetition of long or nested groups; write a shorter pattern.',
    });
  }
  draft.splitIndex.push(op === SPLIT ? draft.splitCount++ : 0);
  draft.mayTurnEmpty.push(0);
  draft.x.push(x);
  draft.y.push(y);
  return draft.ops.push(op) - 1;
}

function write(node: Node, draft: Draft): void {
  switch (node.kind) {
    case 'literal':
      push(draft, CHAR, node.codePoint);
      return;
    case 'class':
      push(draft, CLASS, indexIn(draft.classes, node.test));
      return;
    case 'place':
      push(draft, PLACE, indexIn(draft.places, node.test));
      return;
    case 'sequence':
      for (const item of node.items) write(item, draft);
      return;
    case 'choice':
      writeChoice(node.items, draft);
      return;
    case 'repeat':
      writeRepeat(node, draft);
  }
}

function indexIn<T>(list: T[], item: T): number {
  const index = list.lastIndexOf(item);
  return index < 0 ? list.push(item) - 1 : index;
}

function writeChoice(items: readonly Node[], draft: Draft): void {
  const jumps: number[] = [];
  items.forEach((item, index) => {
    if (index === items.length - 1) {
      write(item, draft);
      return;
    }
    const split = push(draft, SPLIT, draft.ops.length + 1);
    write(item, draft);
    jumps.push(push(draft, JUMP));
    draft.y[split] = draft.ops.length;
  });
  for (const jump of jumps) draft.x[jump] = draft.ops.length;
}

function writeRepeat({ item, min, max, isLazy }: Node & { readonly kind: 'repeat' }, draft: Draft): void {
  const splits: number[] = [];
  let body = draft.ops.length;
  for (let i = 0; i < (max === Infinity ? Math.max(1, min) : max); i++) {
    if (i >= min) splits.push(push(draft, SPLIT));
    body = draft.ops.length;
    write(item, draft);
    if (draft.ops.length === body) break; // empty, however often
  }
  if (max === Infinity) {
    const next = draft.ops.length + 1; // a+ ends in a branch back, and a* is (a+)?
    const loop = push(draft, SPLIT, isLazy ? next : body, isLazy ? body : next);
    if (!isLazy && mayBeEmpty(item)) {
      draft.mayTurnEmpty[loop] = 1;
      draft.splitCount++;
    }
  }
  for (const split of splits) {
    draft.x[split] = isLazy ? draft.ops.length : split + 1;
    draft.y[split] = isLazy ? split + 1 : draft.ops.length;
  }
}
