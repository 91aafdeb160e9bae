import type { CharTest } from './character-class.js';
import { CHAR, CLASS, MATCH, PLACE, SPLIT, type Program } from './program.js';
import type { Place } from './syntax-tree.js';
import type { Matcher } from './text-pattern.js';

/** Texts ask for their classes often: results of this many classes are kept, a byte a code point. */
const MAX_REMEMBERED_CLASSES = 32;

/**
 * A backtracking machine that never enters the same branch at the same place twice: without groups to report
 * and references back, what failed once fails always. So all matches of a text together take time in
 * proportion to text × program, and nothing hangs.
 */
export function createMatcher(program: Program): Matcher {
  const classes = program.classes.map((test, index) =>
    index < MAX_REMEMBERED_CLASSES ? remembered(test) : test,
  );
  const ready = { ...program, classes };
  const mayBegin = firstCharacters(ready);
  return ({ units, start, end }, visit) => {
    if (start === end) return; // as in Rust: an empty text has no match, not even an empty one
    const run: Run = {
      place: { units, start, end, position: start },
      failures: new Failures(ready, start),
      pending: [],
    };
    let lastEnd = -1;
    for (let from = start; from <= end;) {
      if (mayBegin !== undefined) {
        while (from < end && !mayBegin(charAt(units, from, end))) from += widthAt(units, from, end);
        if (from === end) return;
      }
      const stop = matchAt(ready, run, from);
      if (stop < 0 || (stop === from && stop === lastEnd)) {
        from += widthAt(units, from, end); // an empty match may not touch the last one
        continue;
      }
      visit(from, stop);
      run.failures.forget(stop);
      from = lastEnd = stop;
    }
  };
}

interface Run {
  readonly place: Place;
  readonly failures: Failures;
  /** Branches to try when the present one fails: instruction and position. */
  readonly pending: number[];
}

/** Where the match that begins at `from` ends, -1 for none. */
function matchAt(program: Program, run: Run, from: number): number {
  const { ops, x, y, splitIndex, mayTurnEmpty, classes, places } = program;
  const { place, failures, pending } = run;
  const { units, end } = place;
  pending.length = 0;
  let position = from;
  for (let pc = 0; ;) {
    const op = ops[pc]!;
    const operand = x[pc]!;
    let fails: boolean;
    if (op <= CLASS) {
      const char = position < end ? charAt(units, position, end) : -1;
      fails = op === CHAR ? char !== operand : char < 0 || !classes[operand]!(char);
      position += char > 0xffff ? 2 : 1;
      pc++;
    } else if (op === SPLIT) {
      const split = splitIndex[pc]!;
      fails = !failures.enter(split, position);
      if (!fails) {
        pending.push(y[pc]!, position);
        pc = operand;
      } else if (mayTurnEmpty[pc] === 1 && failures.enter(split + 1, position)) {
        fails = false;
        pc = y[pc]!;
      }
    } else if (op === PLACE) {
      place.position = position;
      fails = !places[operand]!(place);
      pc++;
    } else if (op === MATCH) return position;
    else {
      fails = false;
      pc = operand;
    }
    if (!fails) continue;
    if (pending.length === 0) return -1;
    position = pending.pop()!;
    pc = pending.pop()!;
  }
}

const BLOCK_BITS = 6;
const BLOCK_MASK = 63;

/** The branches that were entered, by place: a bit each, in blocks of places that are made when needed. */
class Failures {
  private readonly blocks = new Map<number, Int32Array>();
  private readonly width: number;
  /** The block asked for last. */
  private block: Int32Array = new Int32Array(0);
  private key = -1;

  constructor(
    { splitCount }: Program,
    private readonly start: number,
  ) {
    this.width = (splitCount + 31) >> 5;
  }

  /** False when the branch was entered at this place before. */
  enter(split: number, position: number): boolean {
    const place = position - this.start;
    if (place >> BLOCK_BITS !== this.key) this.open(place >> BLOCK_BITS);
    const at = (place & BLOCK_MASK) * this.width + (split >> 5);
    const before = this.block[at]!;
    this.block[at] = before | (1 << (split & 31));
    return this.block[at] !== before;
  }

  /** A match ended here: its own branches did not fail, and nothing before matters any more. */
  forget(position: number): void {
    const place = position - this.start;
    const key = place >> BLOCK_BITS;
    for (const old of this.blocks.keys()) {
      if (old >= key) break;
      this.blocks.delete(old);
    }
    const at = (place & BLOCK_MASK) * this.width;
    this.blocks.get(key)?.fill(0, at, at + this.width);
  }

  private open(key: number): void {
    let block = this.blocks.get(key);
    if (block === undefined) this.blocks.set(key, (block = new Int32Array(this.width << BLOCK_BITS)));
    this.block = block;
    this.key = key;
  }
}

/** A test for the first character of a match, or undefined when a match may be empty. */
function firstCharacters({ ops, x, y, classes }: Program): CharTest | undefined {
  const tests: CharTest[] = [];
  const seen = new Set<number>();
  const open = [0];
  for (let pc = open.pop(); pc !== undefined; pc = open.pop()) {
    if (seen.has(pc)) continue;
    seen.add(pc);
    const op = ops[pc]!;
    const operand = x[pc]!;
    if (op === MATCH) return undefined;
    if (op === CHAR) tests.push((char) => char === operand);
    else if (op === CLASS) tests.push(classes[operand]!);
    else if (op === PLACE) open.push(pc + 1);
    else open.push(...(op === SPLIT ? [y[pc]!, operand] : [operand]));
  }
  return tests.length === 1 ? tests[0] : remembered((char) => tests.some((test) => test(char)));
}

/** The test with its answers kept: 1 no, 2 yes. */
function remembered(test: CharTest): CharTest {
  let answers: Uint8Array | undefined;
  return (char) => {
    answers ??= new Uint8Array(0x110000);
    return (answers[char] ||= test(char) ? 2 : 1) === 2;
  };
}

function widthAt(units: Uint16Array, index: number, end: number): number {
  return (units[index]! & 0xfc00) === 0xd800 && index + 1 < end ? 2 : 1;
}

function charAt(units: Uint16Array, index: number, end: number): number {
  return widthAt(units, index, end) === 2
    ? 0x10000 + ((units[index]! - 0xd800) << 10) + (units[index + 1]! - 0xdc00)
    : units[index]!;
}
