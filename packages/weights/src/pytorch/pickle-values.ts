import { FormatError } from '@tesserae/tensor';
import { quoted } from '../errors.js';

/** What a pickle may build: plain data, and what the caller's table of globals makes. */
export type PickleValue =
  null | boolean | number | bigint | string | Uint8Array | PickleContainer | PickleGlobal | PickleObject;

/** A list, tuple, set or dict. Lists and dicts may contain themselves. */
export type PickleContainer =
  | { readonly kind: 'list'; readonly items: PickleValue[] }
  | { readonly kind: 'tuple'; readonly items: readonly PickleValue[] }
  | { readonly kind: 'set'; readonly items: Set<PickleValue> }
  | { readonly kind: 'dict'; readonly items: Map<PickleValue, PickleValue> };

/** A name that a pickle may refer to; only those with `call` can be called. */
export interface PickleGlobal {
  readonly kind: 'global';
  /** `collections.OrderedDict` */
  readonly name: string;
  readonly call?: (args: readonly PickleValue[]) => PickleValue;
}

/** Something a global or a persistent id stands for. */
export interface PickleObject {
  readonly kind: 'object';
  readonly value: object;
}

/** What the caller lets a pickle refer to. */
export interface PickleWorld {
  readonly file: string;
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** What a persistent id stands for. @throws FormatError for an id of another kind */
  readonly persistent: (id: PickleValue) => PickleValue;
}

/** The kind of a value, as errors say it. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === null || value === undefined) return 'None';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value !== 'object') return typeof value;
  return value.kind === 'global' ? value.name : value.kind;
}

/** The items of a tuple; undefined for anything else. */
export function tupleItems(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  return isContainer(value, 'tuple') ? value.items : undefined;
}

/** True for a container of a kind. */
export function isContainer<Kind extends PickleContainer['kind']>(
  value: PickleValue | undefined,
  kind: Kind,
): value is Extract<PickleContainer, { readonly kind: Kind }> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && value.kind === kind;
}

/** The error for a pickle that breaks its own rules. */
export function pickleError(problem: string, file: string): FormatError {
  return new FormatError({
    op: 'pickle',
    problem,
    likely: 'The file is truncated or damaged, or no checkpoint of PyTorch. Fetch it again.',
    page: 'pickle-format',
    file,
  });
}

/** The error for a pickle that asks for anything but tensors and containers; nothing of it was run. */
export function refusedGlobal(name: string, file: string): FormatError {
  return new FormatError({
    op: 'pickle',
    problem: `the pickle asks for ${quoted(name)}; only tensors, containers, numbers and text are read`,
    likely:
      'Loading it in Python would run code of its author. Nothing of it was run here. If you trust it, load it ' +
      'in Python and save its state_dict as safetensors.',
    page: 'pickle-global',
    file,
    got: name,
  });
}
