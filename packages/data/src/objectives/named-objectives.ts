import { DataError, show } from '../errors.js';
import type { Objective } from './objective.js';
import type { Sentinels } from './noise-functions.js';
import { randomSpansHelper } from './span-lengths.js';

/** Sentinels of T5 1.0, 1.1, LM-adapted and FLAN: `<extra_id_0>` is 32099. */
export const T5_SENTINELS: Sentinels = { first: 32099, count: 100 };

/** Sentinels of mT5: `<extra_id_0>` is 250099. */
export const MT5_SENTINELS: Sentinels = { first: 250099, count: 100 };

/** Sentinels of ByT5's pre-training: the bytes that no text has, from 258 down. */
export const BYT5_SENTINELS: Sentinels = { first: 258, count: 100 };

/** What `spanCorruption` may be told. */
export interface SpanCorruptionOptions {
  /** Default 512. */
  readonly inputsLength?: number;
  /** Default: what `randomSpansHelper` gives. */
  readonly targetsLength?: number;
  /** Default 0.15. */
  readonly noiseDensity?: number;
  /** Default 3; 20 for ByT5. */
  readonly meanSpanLength?: number;
  readonly name?: string;
}

/** T5's objective: spans replaced by sentinels of their own; the targets are the spans behind their sentinels. */
export function spanCorruption(options: SpanCorruptionOptions = {}): Objective {
  const { inputsLength = 512, noiseDensity = 0.15, meanSpanLength = 3 } = options;
  const lengths = randomSpansHelper({ inputsLength, noiseDensity, meanSpanLength });
  return {
    name: options.name ?? `span_${meanSpanLength}_${Math.round(100 * noiseDensity)}_u_u`,
    mask: { kind: 'spans', noiseDensity, meanSpanLength },
    inputs: 'noiseSpanToUniqueSentinel',
    targets: 'nonnoiseSpanToUniqueSentinel',
    joinsDocuments: true,
    inputsLength,
    targetsLength: options.targetsLength ?? lengths.targetsLength,
  };
}

function iidDenoising(percent: number, targetsLength: number): Objective {
  return {
    name: `iid_${percent}_u_u`,
    mask: { kind: 'iid', noiseDensity: percent / 100 },
    inputs: 'noiseSpanToUniqueSentinel',
    targets: 'nonnoiseSpanToUniqueSentinel',
    joinsDocuments: true,
    inputsLength: 512,
    targetsLength,
  };
}

const iid15 = iidDenoising(15, 192);

const objectives: readonly Objective[] = [
  spanCorruption({ name: 'span' }),
  ...[2, 3, 5, 10].map((meanSpanLength) => spanCorruption({ meanSpanLength })),
  iidDenoising(10, 103),
  iid15,
  iidDenoising(25, 256),
  iidDenoising(50, 512),
  {
    ...iid15,
    name: 'iid_15_r10s90_f', // BERT-style
    inputs: 'noiseTokenToRandomTokenOrSentinel',
    targets: 'allTokens',
    targetsLength: 512,
  },
  { ...iid15, name: 'iid_15_m_f', inputs: 'noiseTokenToSentinel', targets: 'allTokens', targetsLength: 512 },
  {
    ...iid15,
    name: 'iid_15_d_d', // drop
    inputs: 'dropNoiseTokens',
    targets: 'dropNonnoiseTokens',
    targetsLength: 104,
  },
  {
    name: 'all_permute', // deshuffle
    mask: { kind: 'iid', noiseDensity: 1 },
    inputs: 'permuteNoiseTokens',
    targets: 'allTokens',
    joinsDocuments: false,
    inputsLength: 512,
    targetsLength: 512,
  },
  {
    name: 'prefix_lm',
    mask: { kind: 'prefix', noiseDensity: 0.5 },
    inputs: 'dropNonnoiseTokens', // the prefix counts as noise
    targets: 'dropNoiseTokens',
    joinsDocuments: false,
    inputsLength: 512,
    targetsLength: 512,
  },
  {
    name: 'lm',
    mask: { kind: 'none' },
    inputs: 'none',
    targets: 'allTokens',
    joinsDocuments: true,
    inputsLength: 0,
    targetsLength: 512,
  },
  spanCorruption({ name: 'byt5', inputsLength: 1024, meanSpanLength: 20 }),
];

/**
 * The objectives of the T5 paper by their published names (`span`, `iid_15_r10s90_f`, `prefix_lm`, …), and
 * `byt5`.
 * @see Raffel et al. 2020, §3.3; Xue et al. 2022 for ByT5
 */
export const T5_OBJECTIVES: Readonly<Record<string, Objective>> = Object.freeze(
  Object.fromEntries(objectives.map((objective) => [objective.name, Object.freeze(objective)])),
);

/**
 * An objective of `T5_OBJECTIVES`, with other lengths if asked.
 * @throws DataError (data-objective)
 */
export function namedObjective(
  name: string,
  lengths: Partial<Pick<Objective, 'inputsLength' | 'targetsLength'>> = {},
): Objective {
  const objective = T5_OBJECTIVES[name];
  if (objective !== undefined) return { ...objective, ...lengths };
  throw new DataError({
    op: 'namedObjective',
    problem: `there is no objective ${show(name)}`,
    page: 'data-objective',
    remedy: `one of ${Object.keys(T5_OBJECTIVES).join(', ')}.`,
  });
}
