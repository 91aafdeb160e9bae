import { EndOfBytes, PickleCursor } from './pickle-cursor.js';
import type { PickleValue, PickleWorld } from './pickle-values.js';
import { isContainer, kindOf, pickleError, refusedGlobal, tupleItems } from './pickle-values.js';

/** What a pickle built, and where it ended. */
export interface Unpickled {
  readonly value: PickleValue;
  readonly end: number;
}

/**
 * Runs one pickle, protocols 0 to 5. Names are looked up in the caller's table and nowhere else, so nothing
 * but the caller's functions is ever called; memory grows with the bytes read, for nothing is copied.
 * @returns undefined when the pickle goes on behind the bytes
 * @throws FormatError naming a refused global, or what is damaged
 * @see Python's Lib/pickletools.py, which documents each opcode
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  { world }: { readonly world: PickleWorld },
): Unpickled | undefined {
  const machine = new PickleMachine(new PickleCursor(bytes, start, world.file), world);
  try {
    return machine.run();
  } catch (error) {
    if (error instanceof EndOfBytes) return undefined;
    throw error;
  }
}

/** The stack of one run. */
class PickleMachine {
  private readonly stack: PickleValue[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(
    readonly cursor: PickleCursor,
    readonly world: PickleWorld,
  ) {}

  run(): Unpickled {
    for (;;) {
      const code = this.cursor.byte();
      if (code === STOP) return { value: this.pop(), end: this.cursor.at };
      const step = OPCODES.get(code) ?? this.fail(`no opcode 0x${code.toString(16)}`);
      step(this, this.cursor);
    }
  }

  fail(problem: string): never {
    throw pickleError(`${problem}, at byte ${this.cursor.at}`, this.world.file);
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const floor = this.marks.at(-1) ?? 0;
    return this.stack.length > floor ? this.stack.pop()! : this.fail('the stack is empty');
  }

  top(): PickleValue {
    return this.stack.at(-1) ?? (this.stack.length > 0 ? null : this.fail('the stack is empty'));
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** What was pushed since the last mark. */
  popToMark(): PickleValue[] {
    return this.stack.splice(this.marks.pop() ?? this.fail('there is no mark'));
  }

  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  store(index: number | bigint): void {
    this.memo.set(Number(index), this.top());
  }

  memoize(): void {
    this.store(this.memo.size);
  }

  recall(index: number | bigint): void {
    const value = this.memo.get(Number(index));
    this.push(value === undefined ? this.fail(`nothing is kept under ${index}`) : value);
  }

  global(module: string, name: string): void {
    const full = `${module}.${name}`;
    const found = this.world.globals.get(full);
    if (found === undefined) throw refusedGlobal(full, this.world.file);
    this.push(found);
  }

  refuse(name: string): never {
    throw refusedGlobal(name, this.world.file);
  }

  reduce(): void {
    const args = tupleItems(this.pop()) ?? this.fail('arguments that are no tuple');
    const callee = this.pop();
    const isGlobal =
      typeof callee === 'object' && callee !== null && 'kind' in callee && callee.kind === 'global';
    if (!isGlobal || callee.call === undefined) return this.refuse(kindOf(callee));
    this.push(callee.call(args));
  }

  /** State is set on ordered dicts only, by state_dict(): `_metadata`, which carries no tensor. */
  build(): void {
    this.pop();
    const target = this.top();
    if (!isContainer(target, 'dict')) this.refuse(`BUILD of ${kindOf(target)}`);
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!isContainer(list, 'list')) this.fail(`items are added to ${kindOf(list)}`);
    else for (const value of values) list.items.push(value);
  }

  setItems(values: readonly PickleValue[]): void {
    const dict = this.top();
    if (!isContainer(dict, 'dict') || values.length % 2 !== 0)
      return this.fail(`items are set in ${kindOf(dict)}`);
    for (let index = 0; index < values.length; index += 2) dict.items.set(values[index]!, values[index + 1]!);
  }

  addItems(values: readonly PickleValue[]): void {
    const set = this.top();
    if (!isContainer(set, 'set')) this.fail(`items are added to ${kindOf(set)}`);
    else for (const value of values) set.items.add(value);
  }

  pushDict(values: readonly PickleValue[]): void {
    this.push({ kind: 'dict', items: new Map() });
    this.setItems(values);
  }

  stackGlobal(): void {
    const [module, name] = this.popMany(2);
    if (typeof module !== 'string' || typeof name !== 'string') return this.fail('a global without a name');
    this.global(module, name);
  }
}

type Step = (machine: PickleMachine, cursor: PickleCursor) => void;

const STOP = 0x2e;

const refusing =
  (name: string): Step =>
  (machine) =>
    machine.refuse(name);

const pushTuple = (machine: PickleMachine, items: readonly PickleValue[]): void =>
  machine.push({ kind: 'tuple', items });

/** A quoted string of protocol 0, of which checkpoints need none but plain ones. */
function unquoted(machine: PickleMachine, line: string): string {
  const [, , text] =
    /^(['"])((?:[^\\'"])*)\1$/.exec(line) ?? machine.fail('a string that is not quoted plainly');
  return text!;
}

const unescaped = (line: string): string =>
  line.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

/** Protocols 0 and 1 write True and False as the numbers 01 and 00. */
function decimalOrFlag(cursor: PickleCursor): PickleValue {
  const start = cursor.at;
  const line = cursor.line();
  if (line === '00' || line === '01') return line === '01';
  cursor.at = start;
  return cursor.decimal();
}

const OPCODES: ReadonlyMap<number, Step> = new Map<number, Step>([
  [0x80, (machine, cursor) => void (cursor.byte() > 5 && machine.fail('a protocol above 5'))],
  [0x95, (_, cursor) => void cursor.length64()], // a frame only says how much to read ahead
  [0x28, (machine) => machine.mark()],
  [0x30, (machine) => void machine.pop()],
  [0x31, (machine) => void machine.popToMark()],
  [0x32, (machine) => machine.push(machine.top())],
  [0x4e, (machine) => machine.push(null)],
  [0x88, (machine) => machine.push(true)],
  [0x89, (machine) => machine.push(false)],
  [0x49, (machine, cursor) => machine.push(decimalOrFlag(cursor))],
  [0x4a, (machine, cursor) => machine.push(cursor.int32())],
  [0x4b, (machine, cursor) => machine.push(cursor.byte())],
  [0x4d, (machine, cursor) => machine.push(cursor.uint16())],
  [0x4c, (machine, cursor) => machine.push(cursor.decimal())],
  [0x8a, (machine, cursor) => machine.push(cursor.integer(cursor.byte()))],
  [0x8b, (machine, cursor) => machine.push(cursor.integer(cursor.uint32()))],
  [0x46, (machine, cursor) => machine.push(Number(cursor.line()))],
  [0x47, (machine, cursor) => machine.push(cursor.float64())],
  [0x53, (machine, cursor) => machine.push(unquoted(machine, cursor.line()))],
  [0x54, (machine, cursor) => machine.push(cursor.text(cursor.uint32()))],
  [0x55, (machine, cursor) => machine.push(cursor.text(cursor.byte()))],
  [0x56, (machine, cursor) => machine.push(unescaped(cursor.line()))],
  [0x58, (machine, cursor) => machine.push(cursor.text(cursor.uint32()))],
  [0x8c, (machine, cursor) => machine.push(cursor.text(cursor.byte()))],
  [0x8d, (machine, cursor) => machine.push(cursor.text(cursor.length64()))],
  [0x42, (machine, cursor) => machine.push(cursor.raw(cursor.uint32()))],
  [0x43, (machine, cursor) => machine.push(cursor.raw(cursor.byte()))],
  [0x8e, (machine, cursor) => machine.push(cursor.raw(cursor.length64()))],
  [0x96, (machine, cursor) => machine.push(cursor.raw(cursor.length64()))],
  [0x5d, (machine) => machine.push({ kind: 'list', items: [] })],
  [0x6c, (machine) => machine.push({ kind: 'list', items: machine.popToMark() })],
  [0x61, (machine) => machine.append([machine.pop()])],
  [0x65, (machine) => machine.append(machine.popToMark())],
  [0x29, (machine) => pushTuple(machine, [])],
  [0x74, (machine) => pushTuple(machine, machine.popToMark())],
  [0x85, (machine) => pushTuple(machine, machine.popMany(1))],
  [0x86, (machine) => pushTuple(machine, machine.popMany(2))],
  [0x87, (machine) => pushTuple(machine, machine.popMany(3))],
  [0x7d, (machine) => machine.pushDict([])],
  [0x64, (machine) => machine.pushDict(machine.popToMark())],
  [0x73, (machine) => machine.setItems(machine.popMany(2))],
  [0x75, (machine) => machine.setItems(machine.popToMark())],
  [0x8f, (machine) => machine.push({ kind: 'set', items: new Set() })],
  [0x90, (machine) => machine.addItems(machine.popToMark())],
  [0x91, (machine) => machine.push({ kind: 'set', items: new Set(machine.popToMark()) })],
  [0x67, (machine, cursor) => machine.recall(cursor.decimal())],
  [0x68, (machine, cursor) => machine.recall(cursor.byte())],
  [0x6a, (machine, cursor) => machine.recall(cursor.uint32())],
  [0x70, (machine, cursor) => machine.store(cursor.decimal())],
  [0x71, (machine, cursor) => machine.store(cursor.byte())],
  [0x72, (machine, cursor) => machine.store(cursor.uint32())],
  [0x94, (machine) => machine.memoize()],
  [0x63, (machine, cursor) => machine.global(cursor.line(), cursor.line())],
  [0x93, (machine) => machine.stackGlobal()],
  [0x50, (machine, cursor) => machine.push(machine.world.persistent(cursor.line()))],
  [0x51, (machine) => machine.push(machine.world.persistent(machine.pop()))],
  [0x52, (machine) => machine.reduce()],
  [0x62, (machine) => machine.build()],
  [0x69, (machine, cursor) => machine.refuse(`${cursor.line()}.${cursor.line()}`)], // INST
  [0x6f, (machine) => machine.refuse(kindOf(machine.popToMark()[0]))], // OBJ
  [0x81, (machine) => machine.refuse(kindOf(machine.popMany(2)[0]))], // NEWOBJ
  [0x92, (machine) => machine.refuse(kindOf(machine.popMany(3)[0]))], // NEWOBJ_EX
  [0x82, refusing('a registered extension')], // EXT1, EXT2, EXT4
  [0x83, refusing('a registered extension')],
  [0x84, refusing('a registered extension')],
  [0x97, refusing('a buffer outside the pickle')], // NEXT_BUFFER, READONLY_BUFFER
  [0x98, refusing('a buffer outside the pickle')],
]);
