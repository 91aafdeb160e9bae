import { join } from 'node:path';
import type { Job, Side } from './bench-job.js';
import type { Message } from './peer-process.js';

/** What a suite is made for. */
export interface SuiteContext {
  /** Folder of the models. */
  readonly models: string;
  /** Folder of the data sets. */
  readonly data: string;
  /** Folder for files that are needed during the run. */
  readonly scratch: string;
  /** Tiny models in place of the real sizes, to see that everything runs. */
  readonly isTiny: boolean;
}

/** Jobs that belong together. */
export interface Suite {
  /** Models that must be there, as peers/export_models.py calls them. */
  readonly models: readonly string[];
  readonly jobs: readonly Job[];
}

/** Path of a model. */
export const modelPath = ({ models }: SuiteContext, name: string): string => join(models, name);

/** Our side and those of the libraries that do the same work, with the least ratios that are promised. */
export function sidesOf(
  setup: Message,
  needed: { readonly torch?: number; readonly transformersJs?: number; readonly hasTransformersJs?: boolean },
): readonly Side[] {
  const { torch, transformersJs, hasTransformersJs = true } = needed;
  const others: Side[] = [{ name: 'PyTorch', peer: 'torch', setup, needed: torch }];
  if (hasTransformersJs) {
    others.push({ name: 'transformers.js', peer: 'transformers.js', setup, needed: transformersJs });
  }
  return [{ name: 'tesserae', peer: 'tesserae', setup }, ...others];
}

/** Our training step and PyTorch's, under its default AdamW and under its fastest one. */
export function trainingSides(setup: Message, needed: number): readonly Side[] {
  return [
    { name: 'tesserae', peer: 'tesserae', setup },
    { name: 'PyTorch', peer: 'torch', setup, needed },
    { name: 'PyTorch, fused AdamW', peer: 'torch', setup: { ...setup, optimizer: 'fused' } },
  ];
}
