import { OptionError } from '@tesserae/tensor';
import type { CodePoints } from './code-points.js';
import type { Expression, Grammar } from './expression.js';
import { utf8Ranges } from './utf8-ranges.js';

/** One instruction of the automaton; numbers are indices of nodes. */
export type ProgramNode =
  /** Reads a byte of the range. */
  | { readonly kind: 'byte'; readonly low: number; readonly high: number; readonly next: number }
  /** Goes on at any of them, reading nothing. */
  | { readonly kind: 'split'; readonly targets: readonly number[] }
  /** Enters a rule, then goes on at `next`. */
  | { readonly kind: 'call'; readonly rule: string; readonly next: number }
  /** Leaves a rule. */
  | { readonly kind: 'return' };

/** A grammar as instructions over UTF-8 bytes. */
export interface Program {
  readonly nodes: readonly ProgramNode[];
  /** First node of each rule. */
  readonly entries: ReadonlyMap<string, number>;
  readonly root: string;
}

/** Repetition with bounds is written out; a schema that asks for more than this is a mistake. */
const MOST_NODES = 500_000;

/**
 * Writes a grammar out as instructions.
 * @throws OptionError when bounded repetitions make it too large
 */
export function compileGrammar({ rules, root }: Grammar): Program {
  const nodes: ProgramNode[] = [{ kind: 'return' }];
  const builder = new ProgramBuilder(nodes);
  const entries = new Map([...rules].map(([name, expression]) => [name, builder.compile(expression, 0)]));
  return { nodes, entries, root };
}

/** Builds from the end to the start: every part is told where to go on. */
class ProgramBuilder {
  private readonly nodes: ProgramNode[];

  constructor(nodes: ProgramNode[]) {
    this.nodes = nodes;
  }

  compile(expression: Expression, next: number): number {
    switch (expression.kind) {
      case 'character':
        return this.character(expression.set, next);
      case 'sequence':
        return expression.parts.reduceRight((after, part) => this.compile(part, after), next);
      case 'choice':
        return this.split(expression.options.map((option) => this.compile(option, next)));
      case 'repeat':
        return this.repeat(expression, next);
      case 'rule':
        return this.push({ kind: 'call', rule: expression.name, next });
    }
  }

  private character(set: CodePoints, next: number): number {
    const starts = utf8Ranges(set).map((ranges) =>
      ranges.reduceRight((after, [low, high]) => this.push({ kind: 'byte', low, high, next: after }), next),
    );
    return this.split(starts);
  }

  private repeat(
    { part, least, most }: { readonly part: Expression; readonly least: number; readonly most: number },
    next: number,
  ): number {
    let entry = next;
    if (most === Infinity) {
      const targets: number[] = [];
      entry = this.push({ kind: 'split', targets });
      targets.push(this.compile(part, entry), next);
    } else {
      for (let count = least; count < most; count++) entry = this.split([this.compile(part, entry), next]);
    }
    for (let count = 0; count < least; count++) entry = this.compile(part, entry);
    return entry;
  }

  private split(targets: readonly number[]): number {
    return targets.length === 1 ? targets[0]! : this.push({ kind: 'split', targets });
  }

  private push(node: ProgramNode): number {
    if (this.nodes.length >= MOST_NODES) refuseSize();
    return this.nodes.push(node) - 1;
  }
}

function refuseSize(): never {
  throw new OptionError({
    op: 'constraint',
    problem: `the constraint needs more than ${MOST_NODES} states`,
    likely:
      'Bounds of repetitions ({m,n}, maxLength, maxItems) multiply when nested: lower them or leave them out.',
    page: 'constraint-too-large',
    needed: MOST_NODES,
  });
}
