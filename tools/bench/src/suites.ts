import type { Message } from './peer-process.js';

/** Sides of a comparison; ours is always there. */
export type Side = 'tesserae' | 'torch' | 'transformers.js';

/** One piece of work, done by several sides. */
export interface Job {
  readonly name: string;
  readonly setup: Message;
  /** Iterations a round. */
  readonly iterations: number;
  /** Least ratios that the project wants: time of the other side over ours. */
  readonly targets: Partial<Readonly<Record<Exclude<Side, 'tesserae'>, number>>>;
  /** Relative difference that values of the sides may have; undefined where each draws its own dropout. */
  readonly agreesWithin?: number;
  /** Name of the model's folder, where the work is on one. */
  readonly folder?: string;
}

const training = (name: string, setup: Message, iterations: number): Job => ({
  name,
  setup,
  iterations,
  targets: { torch: 1.3 },
});

const generation = (
  name: string,
  { folder, batch, numBeams }: { readonly folder: string; readonly batch: number; readonly numBeams: number },
  targets: Job['targets'],
): Job => ({
  name,
  folder,
  setup: { setup: 'generate', batch, seqLen: 128, newTokens: 64, numBeams },
  iterations: 2,
  targets,
  agreesWithin: 0,
});

const encoding = (
  folder: string,
  [batch, seqLen]: readonly [number, number],
  targets: Job['targets'],
): Job => ({
  name: `${folder} encoding ${batch} × ${seqLen}`,
  folder,
  setup: { setup: 'encode', batch, seqLen },
  iterations: Math.max(2, Math.round(4096 / (batch * seqLen))),
  targets,
  agreesWithin: 1e-4,
});

const ENCODER = { torch: 2, 'transformers.js': 1 };
const ENCODED = [
  [1, 128],
  [8, 128],
  [32, 128],
  [8, 512],
] as const;

/** All comparisons, by the name of their suite. */
export const SUITES: Readonly<Record<string, readonly Job[]>> = {
  t5: [
    generation(
      't5-small greedy, batch 1',
      { folder: 't5-small', batch: 1, numBeams: 1 },
      { torch: 3.3, 'transformers.js': 1.5 },
    ),
    generation(
      't5-small greedy, batch 8',
      { folder: 't5-small', batch: 8, numBeams: 1 },
      { torch: 2.2, 'transformers.js': 1 },
    ),
    generation('t5-small 4 beams', { folder: 't5-small', batch: 1, numBeams: 4 }, { torch: 3 }),
    generation(
      't5-base greedy, batch 1',
      { folder: 't5-base', batch: 1, numBeams: 1 },
      { torch: 2.75, 'transformers.js': 1 },
    ),
    encoding('t5-small', [1, 128], ENCODER),
  ],
  electra: [
    ...['electra-small', 'electra-base'].flatMap((folder) =>
      ENCODED.map((size) => encoding(folder, size, ENCODER)),
    ),
    training(
      'electra-small pre-training step 8 × 128',
      { setup: 'electra-small-pretrain', batch: 8, seqLen: 128 },
      2,
    ),
  ],
  training: [
    training(
      'ELECTRA-small fine-tuning step 32 × 128, dropout 0.1',
      { setup: 'electra-small-train', batch: 32, seqLen: 128, dropout: true },
      2,
    ),
    training(
      'ELECTRA-small fine-tuning step 32 × 128, no dropout',
      { setup: 'electra-small-train', batch: 32, seqLen: 128, dropout: false },
      2,
    ),
    training(
      'T5-small fine-tuning step 8 × 128/32, dropout 0.1',
      { setup: 't5-small-train', batch: 8, seqLen: 128, targetLen: 32 },
      2,
    ),
  ],
};

/** True when a side takes part in a job. transformers.js has no beams and no training. */
export function takesPart(side: Side, { targets }: Job): boolean {
  return side === 'tesserae' || targets[side] !== undefined;
}
