import { OptionError } from '@tesserae/tensor';
import type { Program } from './program.js';

/** What `step` gives when no text goes on so. */
export const DEAD = -1;
const UNKNOWN = -2;

/** More ways to read one text than this is a grammar that says everything twice. */
const MOST_READINGS = 20_000;

/**
 * Recognises texts byte by byte: a pushdown automaton that follows all readings at once and remembers every set of
 * readings it met as a numbered state with its transitions, so the same step is never worked out twice. Without
 * recursion this is the deterministic automaton of the grammar, built as far as it is needed.
 */
export class TextAutomaton {
  /** The state before any byte. */
  readonly start: number;
  private readonly program: Program;
  private readonly entries: ReadonlyMap<string, number>;
  /** Return addresses: a stack is its top and the stack below; 0 is empty. */
  private readonly stackTop: number[] = [0];
  private readonly stackBelow: number[] = [0];
  private readonly stackIds = new Map<number, number>();
  /** Readings of each state that wait for a byte: stack * nodes + node. */
  private readonly readings: (readonly number[])[] = [];
  private readonly transitions: Int32Array[] = [];
  private readonly accepting: boolean[] = [];
  private readonly stateIds = new Map<string, number>();

  constructor(program: Program) {
    this.program = program;
    this.entries = program.entries;
    this.start = this.stateOf([this.entries.get(program.root)!]);
  }

  /** How many states have been met. */
  get stateCount(): number {
    return this.readings.length;
  }

  /** The state after one more byte, or DEAD. */
  step(state: number, byte: number): number {
    const known = this.transitions[state]![byte]!;
    return known === UNKNOWN ? this.work(state, byte) : known;
  }

  /** The state after several bytes, or DEAD. */
  run(state: number, bytes: Uint8Array): number {
    let reached = state;
    for (let at = 0; at < bytes.length && reached !== DEAD; at++) reached = this.step(reached, bytes[at]!);
    return reached;
  }

  /** True when the text may end here. */
  accepts(state: number): boolean {
    return this.accepting[state]!;
  }

  private work(state: number, byte: number): number {
    const { nodes } = this.program;
    const next: number[] = [];
    for (const reading of this.readings[state]!) {
      const node = nodes[reading % nodes.length]!;
      if (node.kind === 'byte' && byte >= node.low && byte <= node.high) {
        next.push(reading - (reading % nodes.length) + node.next);
      }
    }
    const reached = next.length === 0 ? DEAD : this.stateOf(next);
    this.transitions[state]![byte] = reached;
    return reached;
  }

  /** The numbered state of all readings that these lead to without a byte. */
  private stateOf(readings: readonly number[]): number {
    const { waiting, isAccepting } = this.close(readings);
    const key = `${waiting.join(' ')}${isAccepting ? '.' : ''}`;
    const known = this.stateIds.get(key);
    if (known !== undefined) return known;
    this.stateIds.set(key, this.readings.length);
    this.transitions.push(new Int32Array(256).fill(UNKNOWN));
    this.accepting.push(isAccepting);
    return this.readings.push(waiting) - 1;
  }

  private close(readings: readonly number[]): {
    readonly waiting: readonly number[];
    readonly isAccepting: boolean;
  } {
    const { nodes } = this.program;
    const seen = new Set(readings);
    const waiting: number[] = [];
    let isAccepting = false;
    // A set grows while it is walked, and the walk sees what was added.
    for (const reading of seen) {
      const node = nodes[reading % nodes.length]!;
      const stack = Math.floor(reading / nodes.length);
      if (node.kind === 'byte') waiting.push(reading);
      else if (node.kind === 'split')
        for (const target of node.targets) seen.add(stack * nodes.length + target);
      else if (node.kind === 'call') {
        seen.add(this.pushed(stack, node.next) * nodes.length + this.entries.get(node.rule)!);
      } else if (stack === 0) isAccepting = true;
      else seen.add(this.stackBelow[stack]! * nodes.length + this.stackTop[stack]!);
      if (seen.size > MOST_READINGS) refuseReadings();
    }
    return { waiting: waiting.sort((a, b) => a - b), isAccepting };
  }

  /** A call that is the last thing of its rule needs no return address: rules that end in themselves stay flat. */
  private pushed(stack: number, address: number): number {
    const { nodes } = this.program;
    if (nodes[address]!.kind === 'return') return stack;
    const key = stack * nodes.length + address;
    const known = this.stackIds.get(key);
    if (known !== undefined) return known;
    this.stackTop.push(address);
    const created = this.stackBelow.push(stack) - 1;
    this.stackIds.set(key, created);
    return created;
  }
}

function refuseReadings(): never {
  throw new OptionError({
    op: 'constraint',
    problem: `a text can be read in more than ${MOST_READINGS} ways`,
    likely:
      'The grammar is ambiguous: two options that match the same text, or repetitions within repetitions.',
    page: 'constraint-too-large',
    needed: MOST_READINGS,
  });
}
