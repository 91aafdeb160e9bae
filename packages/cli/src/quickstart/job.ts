import type { Backend } from '@tesserae/tensor';
import type { Output } from '../output.js';
import type { Plan } from './plans.js';

/** What both halves of the quickstart work with. */
export interface Job {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly backend: Backend;
  readonly plan: Plan;
  /** Folder that the model folders go into. */
  readonly out: string;
  readonly overwrite: boolean;
  readonly seed: number;
  /** Time for training, in ms. */
  readonly budgetMs: number;
}

/** `91.5 %` */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** `42 s` */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)} s`;

/** The line that says whether a model answers alike after it was saved and loaded. */
export function reloadLine(folder: string, isSame: boolean): string {
  return `   saved to ${folder} and loaded back: ${isSame ? 'the same answers' : 'OTHER ANSWERS'}`;
}

/** @throws Error when a model answers differently after it was saved and loaded */
export function requireSame(isSame: boolean, what: string): void {
  if (!isSame) throw new Error(`the ${what} answers differently after it was saved and loaded`);
}
