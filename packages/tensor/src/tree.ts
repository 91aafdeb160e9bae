import { CompileError } from './errors.js';

/**
 * Trees: nested plain objects and arrays whose leaves are tensors, specs, host tensors or device tensors.
 * `undefined` and `null` entries are left out, so optional members cost nothing.
 */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [key: string]: Tree<Leaf> | undefined };

/** The same tree with leaves of another type. */
export type MapTree<T, From, To> = T extends From
  ? To
  : T extends undefined | null
    ? T
    : { readonly [K in keyof T]: MapTree<T[K], From, To> };

/** A leaf and where it sits: `encoder.blocks.0.query`. */
export interface TreeEntry<Leaf> {
  readonly path: string;
  readonly leaf: Leaf;
}

/** Leaves are the objects that carry a spec, or are one. */
function isLeaf(value: object): boolean {
  return 'spec' in value || ('dtype' in value && 'shape' in value);
}

/** A leaf, an array or a plain object: maps, dates and other classes have members that `Object.entries` misses. */
function isTree(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (isLeaf(value) || Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null; // holds for objects of other realms too
}

/**
 * The leaves of a tree in a fixed order: members in the order they were written.
 * @throws CompileError when something is neither a leaf nor a plain object nor an array
 */
export function flattenTree<Leaf>(tree: unknown, root = ''): TreeEntry<Leaf>[] {
  const entries: TreeEntry<Leaf>[] = [];
  visit(tree, root, entries);
  return entries;
}

function visit<Leaf>(value: unknown, path: string, entries: TreeEntry<Leaf>[]): void {
  if (value === undefined || value === null) return;
  if (!isTree(value)) {
    const kind = typeof value === 'object' ? value.constructor.name : `${typeof value} (${String(value)})`;
    throw new CompileError({
      op: 'tree',
      problem: `'${path}' is ${kind}; a tree holds tensors, arrays and plain objects`,
      likely: 'Pass numbers that never change by closure, and those that do as scalars (hostScalar).',
      page: 'tree-leaf',
      got: value,
    });
  }
  if (isLeaf(value)) entries.push({ path, leaf: value as Leaf });
  else for (const [key, child] of Object.entries(value)) visit(child, joinPath(path, key), entries);
}

/** A tree of the same form, its leaves replaced. */
export function mapTree<To>(tree: unknown, change: (leaf: never, path: string) => To, root = ''): unknown {
  if (!isTree(tree)) return tree; // flattenTree says what is wrong with it
  if (isLeaf(tree)) return change(tree as never, root);
  if (Array.isArray(tree)) return tree.map((child, index) => mapTree(child, change, joinPath(root, index)));
  const members = Object.entries(tree);
  return Object.fromEntries(
    members.map(([key, child]) => [key, mapTree(child, change, joinPath(root, key))]),
  );
}

const joinPath = (path: string, key: string | number): string => (path === '' ? `${key}` : `${path}.${key}`);

/** Releases every tensor of a tree on a device. */
export function releaseTree(tree: unknown): void {
  for (const { leaf } of flattenTree<{ release(): void }>(tree)) leaf.release();
}
