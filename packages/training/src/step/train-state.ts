import type { Backend, DeviceTensor, HostTensor } from '@tesserae/tensor';
import { castHost, flattenTree, mapTree } from '@tesserae/tensor';
import type { Optimizer } from '../optimizers/optimizer.js';
import type { AverageOptions, AverageState } from './average.js';
import { initAverage } from './average.js';
import type { LossScaleState } from './loss-scaling.js';
import { initLossScale } from './loss-scaling.js';
import type { Precision } from './precision.js';
import { stored } from './precision.js';
import type { TrainingPhase } from './trainable.js';
import { partTree, phaseAt } from './trainable.js';

/** Parameters, optimiser state and the count of steps, living on the backend. */
export interface TrainState {
  /** All parameters, trained or frozen. */
  readonly params: unknown;
  readonly optState: unknown;
  /** Steps done. */
  readonly step: number;
  /** Averaged weights of the trained parameters, when the step keeps them. */
  readonly average?: unknown;
  /** State of loss scaling, when the step has it. */
  readonly lossScale?: unknown;
}

/** The same in host memory: what a checkpoint holds. */
export interface HostTrainState {
  readonly params: unknown;
  readonly optState: unknown;
  readonly step: number;
  readonly average?: AverageState<HostTensor>;
  readonly lossScale?: LossScaleState<HostTensor>;
}

/** What decides the form of a state. */
export interface StateSettings {
  readonly optimizer: Optimizer;
  readonly phases: readonly TrainingPhase[];
  readonly precision: Precision | undefined;
  readonly averages: AverageOptions | undefined;
}

/** The phase a state is in the form of: that of the last step done. */
export function phaseOfState(phases: readonly TrainingPhase[], step: number): number {
  return phaseAt(phases, Math.max(0, step - 1));
}

/** The state that fresh parameters have at a step; its optimiser has learned nothing. */
export function freshState(
  params: unknown,
  { step, phase }: { readonly step: number; readonly phase: number },
  { optimizer, phases, precision, averages }: StateSettings,
): HostTrainState {
  const { trained } = partTree(params, phases[phase]!.trains);
  const wide = mapTree(trained, (leaf: HostTensor) =>
    leaf.dtype === 'bf16' || leaf.dtype === 'f16' ? castHost(leaf, 'f32') : leaf,
  );
  const scaling = precision?.lossScaling;
  return {
    params: stored(params, precision),
    optState: optimizer.init(wide),
    step,
    ...(averages === undefined ? {} : { average: initAverage(wide) }),
    ...(scaling === undefined ? {} : { lossScale: initLossScale(scaling) }),
  };
}

/** The parameters that are trained at a step, a tree with holes. */
export function trainedParams(
  params: unknown,
  { step, settings: { phases } }: { readonly step: number; readonly settings: StateSettings },
): unknown {
  return partTree(params, phases[phaseOfState(phases, step)]!.trains).trained;
}

/** Numbers in a tree of host tensors. */
export function countElements(tree: unknown): number {
  return flattenTree<HostTensor>(tree).reduce((sum, { leaf }) => sum + leaf.data.length, 0);
}

/** Copies a state to the backend. */
export function uploadState(backend: Backend, { step, ...trees }: HostTrainState): TrainState {
  return {
    ...(mapTree(trees, (leaf: HostTensor) => backend.upload(leaf)) as Omit<TrainState, 'step'>),
    step,
  };
}

/** Copies a state to the host; it stays usable. */
export async function readState(backend: Backend, { step, ...trees }: TrainState): Promise<HostTrainState> {
  return { ...((await readTree(backend, trees)) as Omit<HostTrainState, 'step'>), step };
}

/** Downloads every leaf of a tree of device tensors. */
export async function readTree(backend: Backend, tree: unknown): Promise<unknown> {
  const entries = flattenTree<DeviceTensor>(tree);
  const values = await Promise.all(entries.map(({ leaf }) => backend.download(leaf)));
  const byPath = new Map(entries.map(({ path }, index) => [path, values[index]!]));
  return mapTree(tree, (_: DeviceTensor, path: string) => byPath.get(path)!);
}

/**
 * A state in the form that a phase needs: what was learned of parameters trained before is kept, what is new begins
 * fresh, what is frozen now is dropped.
 */
export async function movedToPhase(
  backend: Backend,
  state: TrainState,
  { phase, settings }: { readonly phase: number; readonly settings: StateSettings },
): Promise<TrainState> {
  const params = await readTree(backend, state.params);
  const fresh = freshState(params, { step: state.step, phase }, settings);
  const learnedOf = ({ optState, average, lossScale }: TrainState | HostTrainState): object => ({
    optState,
    average,
    lossScale,
  });
  const known = new Map(flattenTree<DeviceTensor>(learnedOf(state)).map(({ path, leaf }) => [path, leaf]));
  const moved = mapTree(learnedOf(fresh), (leaf: HostTensor, path: string) => {
    const kept = known.get(path);
    known.delete(path);
    return kept ?? backend.upload(leaf);
  });
  for (const left of known.values()) left.release();
  return { ...(moved as Omit<TrainState, 'params' | 'step'>), params: state.params, step: state.step };
}
