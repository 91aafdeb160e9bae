import type { CharTest } from './character-class.js';
import { CHAR, CLASS, JUMP, MATCH, PLACE, SPLIT, type Program } from './program.js';
import { charAfter, type Place } from './syntax-tree.js';

/** Finds all matches in units[start, end), from left to right, as a backtracking engine would. */
export type Matcher = (
  text: { readonly units: Uint16Array; readonly start: number; readonly end: number },
  visit: (start: number, end: number) => void,
) => void;

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
    const run: Run = { place: { units, start, end, position: start }, failures: new Failures(ready, start) };
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
}

/** Where the match that begins at `from` ends, -1 for none. */
function matchAt({ ops, x, y, splitIndex, classes, places }: Program, run: Run, from: number): number {
  const { place, failures } = run;
  const { units, end } = place;
  const pending: number[] = [];
  let pc = 0;
  place.position = from;
  for (;;) {
    let fails = false;
    const op = ops[pc]!;
    if (op <= CLASS) {
      const unit = place.position < end ? units[place.position]! : -1;
      const char = (unit & 0xfc00) === 0xd800 ? charAfter(place) : unit;
      fails = char < 0 || (op === CHAR ? char !== x[pc] : !classes[x[pc]!]!(char));
      place.position += char > 0xffff ? 2 : 1;
      pc++;
    } else if (op === SPLIT) {
      fails = !failures.enter(splitIndex[pc]!, place.position);
      if (!fails) {
        pending.push(y[pc]!, place.position);
        pc = x[pc]!;
      }
    } else if (op === JUMP) pc = x[pc]!;
    else if (op === MATCH) return place.position;
    else fails = !places[x[pc++]!]!(place);
    if (!fails) continue;
    if (pending.length === 0) return -1;
    place.position = pending.pop()!;
    pc = pending.pop()!;
  }
}

const BLOCK = 64;

/** The branches that were entered, by place: a bit each, in blocks of places that are made when needed. */
class Failures {
  private readonly blocks = new Map<number, Uint32Array>();
  private readonly width: number;

  constructor(
    { splitCount }: Program,
    private readonly start: number,
  ) {
    this.width = (splitCount + 31) >> 5;
  }

  /** False when the branch was entered at this place before. */
  enter(split: number, position: number): boolean {
    const place = position - this.start;
    const key = Math.floor(place / BLOCK);
    let block = this.blocks.get(key);
    if (block === undefined) this.blocks.set(key, (block = new Uint32Array(BLOCK * this.width)));
    const at = (place % BLOCK) * this.width + (split >> 5);
    const bit = 1 << (split & 31);
    if ((block[at]! & bit) !== 0) return false;
    block[at]! |= bit;
    return true;
  }

  /** A match ended here: its own branches did not fail, and nothing before matters any more. */
  forget(position: number): void {
    const place = position - this.start;
    const key = Math.floor(place / BLOCK);
    for (const old of this.blocks.keys()) {
      if (old >= key) break;
      this.blocks.delete(old);
    }
    const at = (place % BLOCK) * this.width;
    this.blocks.get(key)?.fill(0, at, at + this.width);
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
