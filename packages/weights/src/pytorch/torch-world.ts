import { FormatError } from '@tesserae/tensor';
import type { StoredDType } from '../safetensors/stored-dtype.js';
import { STORED_DTYPES } from '../safetensors/stored-dtype.js';
import type { Layout } from '../stored/layout.js';
import { elementCount, endOf } from '../stored/layout.js';
import type { PickleGlobal, PickleObject, PickleValue, PickleWorld } from './pickle-values.js';
import { isContainer, kindOf, refusedGlobal, tupleItems } from './pickle-values.js';

/** Where the elements of tensors lie: several may share one. */
export class TorchStorage {
  constructor(
    readonly stored: StoredDType,
    /** Its name in the file. */
    readonly key: string,
    /** All elements that lie under this name. */
    readonly numElements: number,
    /** The part of them that is this storage; only old files have storages within others. */
    readonly part: { readonly start: number; readonly end: number },
  ) {}
}

/** A tensor as a pickle describes it. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly layout: Layout,
  ) {}
}

const STORAGES: Readonly<Record<string, StoredDType>> = {
  FloatStorage: 'F32',
  DoubleStorage: 'F64',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
  ComplexFloatStorage: 'C64',
};

/** PyTorch's own limit is 64 axes. */
const MOST_AXES = 64;
/** A view with steps of 0 may repeat elements; beyond its storage, only up to this many. */
const MOST_REPEATED = 2 ** 24;

/** The error for a tensor that a pickle describes wrongly. */
export function torchError(
  problem: string,
  file: string,
  facts: { got?: unknown; needed?: unknown } = {},
): FormatError {
  return new FormatError({
    op: 'pytorch',
    problem,
    likely: 'The file is truncated or damaged, or was put together by hand. Fetch it again.',
    page: 'pytorch-tensor',
    file,
    ...facts,
  });
}

/** The names a checkpoint of PyTorch may use, and the storages it has named so far. */
interface TorchWorld extends PickleWorld {
  readonly storages: ReadonlyMap<string, TorchStorage>;
}

/** A world of tensors, parameters, storages, ordered dicts and sets. */
export function torchWorld(file: string): TorchWorld {
  const storages = new Map<string, TorchStorage>();
  const globals = new Map<string, PickleGlobal>();
  const add = (name: string, call?: PickleGlobal['call']): void => {
    globals.set(name, { kind: 'global', name, ...(call === undefined ? {} : { call }) });
  };
  const rebuild = (args: readonly PickleValue[]): PickleValue => rebuildTensor(args, file);
  add('torch._utils._rebuild_tensor', rebuild);
  add('torch._utils._rebuild_tensor_v2', rebuild);
  add('torch._utils._rebuild_parameter', ([data]) => asObject(data, TorchTensor, file));
  add('collections.OrderedDict', (args) => orderedDict(args, file));
  add('builtins.set', (args) => setOf(args, file));
  add('__builtin__.set', (args) => setOf(args, file));
  for (const name of Object.keys(STORAGES)) add(`torch.${name}`);
  const persistent = (id: PickleValue): PickleObject => {
    const storage = storageOf(id, file);
    storages.set(storage.key, storage);
    return { kind: 'object', value: storage };
  };
  return { file, globals, persistent, storages };
}

/** The tensor, or the storage, behind a value; undefined for anything else. */
export function torchObject<T extends object>(
  value: PickleValue | undefined,
  Type: abstract new (...args: never[]) => T,
): T | undefined {
  const isObject = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'object';
  return isObject && value.value instanceof Type ? value.value : undefined;
}

function asObject<T extends object>(
  value: PickleValue | undefined,
  Type: abstract new (...args: never[]) => T,
  file: string,
): PickleObject {
  const found = torchObject(value, Type);
  if (found === undefined) throw torchError(`a parameter of ${kindOf(value)}, not of a tensor`, file);
  return { kind: 'object', value: found };
}

/** `('storage', torch.FloatStorage, key, location, elements[, view])`; other kinds are modules, which are code. */
function storageOf(id: PickleValue, file: string): TorchStorage {
  const [kind, type, key, , count, view] = tupleItems(id) ?? [];
  if (kind !== 'storage')
    throw refusedGlobal(`a persistent id of ${kind === undefined ? kindOf(id) : String(kind)}`, file);
  const stored = STORAGES[kindOf(type).replace(/^torch\./, '')];
  if (stored === undefined || typeof key !== 'string' || !isCount(count))
    throw torchError(`a storage of ${kindOf(type)} with ${String(count)} elements`, file);
  return new TorchStorage(stored, key, count, partOf(view, count, file));
}

/** Files before PyTorch 1.6 may have `(key, offset, size)` of a storage within another. */
function partOf(view: PickleValue | undefined, count: number, file: string): TorchStorage['part'] {
  if (view === undefined || view === null) return { start: 0, end: count };
  const [, start, size] = tupleItems(view) ?? [];
  if (!isCount(start) || !isCount(size) || start + size > count)
    throw torchError('a storage that is not within the one it is a part of', file);
  return { start, end: start + size };
}

function rebuildTensor(args: readonly PickleValue[], file: string): PickleObject {
  const [storageValue, offset, shape, steps] = args;
  const storage = torchObject(storageValue, TorchStorage);
  const [sizes, strides] = [counts(shape), counts(steps)];
  if (storage === undefined || !isCount(offset) || sizes === undefined || strides?.length !== sizes.length)
    throw torchError('a tensor without storage, offset, sizes and as many steps', file);
  const { start, end: room } = storage.part;
  const layout = { sizes, strides, offset: start + offset };
  const [count, end] = [elementCount(sizes), endOf(layout)];
  const most = Math.max(storage.numElements, MOST_REPEATED);
  if (!(count <= most) || (count > 0 && !(end <= room)) || sizes.length > MOST_AXES) {
    const problem = `a tensor of [${sizes.slice(0, 9).join(',')}] from element ${offset} leaves its storage`;
    throw torchError(problem, file, { got: end, needed: room });
  }
  return { kind: 'object', value: new TorchTensor(storage, layout) };
}

function orderedDict(args: readonly PickleValue[], file: string): PickleValue {
  const items = new Map<PickleValue, PickleValue>();
  const pairs = args.length === 0 ? [] : isContainer(args[0], 'list') ? args[0].items : undefined;
  if (pairs === undefined) throw torchError(`an OrderedDict of ${kindOf(args[0])}`, file);
  for (const pair of pairs) {
    const [key, value] = isContainer(pair, 'list') || isContainer(pair, 'tuple') ? pair.items : [];
    if (key === undefined || value === undefined)
      throw torchError('an OrderedDict of something but pairs', file);
    items.set(key, value);
  }
  return { kind: 'dict', items };
}

function setOf([list]: readonly PickleValue[], file: string): PickleValue {
  if (list === undefined) return { kind: 'set', items: new Set() };
  if (!isContainer(list, 'list')) throw torchError(`a set of ${kindOf(list)}`, file);
  return { kind: 'set', items: new Set(list.items) };
}

function counts(value: PickleValue | undefined): readonly number[] | undefined {
  const items = tupleItems(value);
  return items?.every(isCount) === true ? (items as readonly number[]) : undefined;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Bytes of an element of a storage. */
export const storedWidth = (storage: TorchStorage): number => STORED_DTYPES[storage.stored].sizeBytes;
