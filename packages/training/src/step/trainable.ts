import { OptionError, flattenTree, mapTree } from '@tesserae/tensor';
import type { HostTensor, TensorSpec } from '@tesserae/tensor';
import type { ParamRule } from '../optimizers/optimizer.js';

/** From a step on, which parameters are trained. */
export interface TrainingPhase {
  /** First step (counted from 0) it holds for; the first phase begins at 0. */
  readonly fromStep: number;
  readonly trains: ParamRule<boolean>;
}

/** Which parameters are trained: all, those a rule names, or more and more of them. */
export type Trainable = ParamRule<boolean> | readonly TrainingPhase[];

/**
 * The phases of a training; a rule is one phase.
 * @throws OptionError when phases do not begin at 0 or do not rise
 */
export function phasesOf(trains: Trainable | undefined): readonly TrainingPhase[] {
  if (trains === undefined) return [{ fromStep: 0, trains: () => true }];
  if (typeof trains === 'function') return [{ fromStep: 0, trains }];
  const isSound =
    trains.length > 0 &&
    trains.every(({ fromStep }, index) => {
      const before = trains[index - 1]?.fromStep;
      return before === undefined ? fromStep === 0 : Number.isSafeInteger(fromStep) && fromStep > before;
    });
  if (isSound) return trains;
  throw new OptionError({
    op: 'createTrainStep',
    problem: `phases begin at steps ${trains.map(({ fromStep }) => fromStep).join(', ') || '(none)'}`,
    likely: 'The first phase begins at step 0, each further one at a later step.',
    page: 'training-phases',
    got: trains.map(({ fromStep }) => fromStep),
  });
}

/** Index of the phase that step number `step` (from 0) belongs to. */
export function phaseAt(phases: readonly TrainingPhase[], step: number): number {
  return phases.findLastIndex(({ fromStep }) => fromStep <= step);
}

/** A tree parted in two of the same form, each with holes where the other has leaves. */
interface PartedTree {
  readonly trained: unknown;
  readonly frozen: unknown;
}

/** A leaf of any kind of tree: host tensor, device tensor or symbolic tensor. */
type Leaf = TensorSpec | { readonly spec: TensorSpec };

const shapeOf = (leaf: Leaf): readonly number[] =>
  ('spec' in leaf ? leaf.spec.shape : leaf.shape) as readonly number[];

/**
 * Parts a tree of parameters by what is trained.
 * @throws OptionError when nothing is
 */
export function partTree(tree: unknown, trains: ParamRule<boolean>): PartedTree {
  const pick = (isWanted: boolean): unknown =>
    mapTree(tree, (leaf: Leaf, path: string) =>
      trains(path, shapeOf(leaf)) === isWanted ? leaf : undefined,
    );
  const trained = pick(true);
  if (flattenTree(trained).length > 0) return { trained, frozen: pick(false) };
  const paths = flattenTree<HostTensor>(tree).map(({ path }) => path);
  throw new OptionError({
    op: 'createTrainStep',
    problem: `trains selects none of ${paths.length} parameters`,
    likely: `Paths look like '${paths.slice(0, 3).join("', '")}'. Check the pattern.`,
    page: 'training-nothing',
    got: paths,
  });
}

/** Puts two trees with complementary holes together again. */
export function joinTrees(left: unknown, right: unknown): unknown {
  if (left === undefined || left === null) return right;
  if (right === undefined || right === null || isLeaf(left)) return left;
  if (Array.isArray(left)) {
    return left.map((child, index) => joinTrees(child, (right as readonly unknown[])[index]));
  }
  const [a, b] = [left as Readonly<Record<string, unknown>>, right as Readonly<Record<string, unknown>>];
  return Object.fromEntries(Object.keys(a).map((key) => [key, joinTrees(a[key], b[key])]));
}

const isLeaf = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('spec' in value || ('dtype' in value && 'shape' in value));
