import type { PickleValue } from './pickle-values.js';
import { isContainer } from './pickle-values.js';
import { TorchTensor, torchError, torchObject } from './torch-world.js';

/** Far deeper and larger than any checkpoint; a dict that contains itself reaches the first. */
const MOST_LEVELS = 32;
const MOST_VALUES = 1_000_000;

/** Under these a training checkpoint keeps the parameters, beside its own state. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model'];

/**
 * The tensors of a checkpoint by name: those of a state dict, or of the state dict within a training
 * checkpoint; keys of nested dicts and places in lists are joined by dots.
 * @throws FormatError when there is no dict or no tensor, or it nests without end
 */
export function namedTensors(root: PickleValue, file: string): ReadonlyMap<string, TorchTensor> {
  if (!isContainer(root, 'dict')) throw torchError('the checkpoint is no dict of tensors', file);
  const inner = WRAPPERS.map((key) => root.items.get(key)).find((value) => isContainer(value, 'dict'));
  const hasTensors = [...root.items.values()].some((value) => torchObject(value, TorchTensor) !== undefined);
  const tensors = new Map<string, TorchTensor>();
  const budget = { values: MOST_VALUES };
  collect(
    hasTensors || inner === undefined ? root : inner,
    { path: '', level: 0, file },
    { tensors, budget },
  );
  if (tensors.size === 0) throw torchError('the checkpoint holds no tensor', file);
  return tensors;
}

interface Place {
  readonly path: string;
  readonly level: number;
  readonly file: string;
}

interface Collected {
  readonly tensors: Map<string, TorchTensor>;
  readonly budget: { values: number };
}

function collect(value: PickleValue, place: Place, into: Collected): void {
  const { path, level, file } = place;
  if (--into.budget.values < 0) throw torchError(`more than ${MOST_VALUES} values`, file);
  const tensor = torchObject(value, TorchTensor);
  if (tensor !== undefined) {
    if (into.tensors.has(path)) throw torchError(`'${path.slice(0, 100)}' is there twice`, file);
    into.tensors.set(path, tensor);
    return;
  }
  const children = childrenOf(value);
  if (children === undefined) return;
  if (level === MOST_LEVELS) throw torchError(`values nested more than ${MOST_LEVELS} levels deep`, file);
  for (const [key, child] of children) {
    if (typeof key !== 'string' && typeof key !== 'number') continue;
    collect(child, { path: path === '' ? String(key) : `${path}.${key}`, level: level + 1, file }, into);
  }
}

function childrenOf(value: PickleValue): Iterable<readonly [PickleValue, PickleValue]> | undefined {
  if (isContainer(value, 'dict')) return value.items;
  if (isContainer(value, 'list') || isContainer(value, 'tuple')) return value.items.entries();
  return undefined;
}
