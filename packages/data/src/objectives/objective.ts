import { checkOptions, DataError } from '../errors.js';
import type { Random } from '../random/random.js';
import {
  noiseFunctions,
  type NoiseContext,
  type NoiseFunctionName,
  type Sentinels,
} from './noise-functions.js';
import {
  iidNoiseMask,
  randomPrefixNoiseMask,
  randomSpansNoiseMask,
  regularNoiseMask,
  type NoiseMask,
} from './noise-masks.js';
import { randomSpansHelper } from './span-lengths.js';

/** Which tokens are noise, as data. */
export type MaskRule =
  | { readonly kind: 'none' }
  | { readonly kind: 'iid'; readonly noiseDensity: number }
  | {
      readonly kind: 'regular';
      readonly noiseDensity: number;
      readonly minSpanLength?: number;
      readonly maxSpanLength?: number;
    }
  | { readonly kind: 'prefix'; readonly noiseDensity: number }
  | {
      readonly kind: 'spans';
      readonly noiseDensity: number;
      /** In tokens, or 'whole' for one span that holds all noise and ends the text. */
      readonly meanSpanLength: number | 'whole';
      readonly randomRoll?: boolean;
    };

/** A pre-training objective, as data. */
export interface Objective {
  readonly name: string;
  readonly mask: MaskRule;
  /** How the inputs are made; 'none' for a language model, which has targets only. */
  readonly inputs: NoiseFunctionName | 'none';
  readonly targets: NoiseFunctionName;
  /** Documents are joined before they are cut, so that no example is short. */
  readonly joinsDocuments: boolean;
  /** Longest inputs, EOS included. */
  readonly inputsLength: number;
  /** Longest targets, EOS included. */
  readonly targetsLength: number;
  /** UL2's mode: a token of that mode begins the inputs when `modeIds` has one. */
  readonly mode?: DenoiserMode;
}

/** Regular, sequential and extreme denoising. */
export type DenoiserMode = 'R' | 'S' | 'X';

/** What turns an objective's data into ids of one vocabulary. */
export interface DenoiseOptions {
  readonly objective: Objective;
  readonly random: Random;
  readonly sentinels: Sentinels;
  /** Bound of the ids that random tokens are drawn from: 32100 for T5. */
  readonly vocabSize: number;
  /** Appended to inputs and targets, which are cut to leave room for it; null appends nothing. */
  readonly eosId: number | null;
  /** Ids of the mode tokens, if the model has them. */
  readonly modeIds?: Readonly<Partial<Record<DenoiserMode, number>>>;
  /** Default 3. */
  readonly numReservedIds?: number;
}

/** Ids of one example. */
export interface Seq2SeqIds {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
}

const optionNames = ['objective', 'random', 'sentinels', 'vocabSize', 'eosId', 'modeIds', 'numReservedIds'];

/**
 * One example of a raw text: draws a mask, makes inputs and targets, cuts them to the objective's lengths and
 * appends EOS.
 * @param tokens  ids of the text, without EOS
 * @throws DataError (data-sentinels, unknown-option)
 */
export function denoise(tokens: Int32Array, options: DenoiseOptions): Seq2SeqIds {
  checkOptions('denoise', options, optionNames);
  const { objective, random, eosId, modeIds = {}, sentinels, vocabSize, numReservedIds } = options;
  const mask = drawMask(tokens.length, objective.mask, random);
  const context: NoiseContext = { sentinels, random, vocabSize, numReservedIds };
  const corrupted =
    objective.inputs === 'none' ? new Int32Array(0) : noiseFunctions[objective.inputs](tokens, mask, context);
  const modeId = objective.mode === undefined ? undefined : modeIds[objective.mode];
  const inputs = modeId === undefined ? corrupted : Int32Array.of(modeId, ...corrupted);
  const targets = noiseFunctions[objective.targets](tokens, mask, context);
  return {
    inputs:
      objective.inputs === 'none'
        ? inputs
        : trimAndAppendEos(inputs, { eosId, maxLength: objective.inputsLength }),
    targets: trimAndAppendEos(targets, { eosId, maxLength: objective.targetsLength }),
  };
}

function drawMask(length: number, rule: MaskRule, random: Random): NoiseMask {
  switch (rule.kind) {
    case 'none':
      return new Uint8Array(length);
    case 'iid':
      return iidNoiseMask(length, { ...rule, random });
    case 'regular':
      return regularNoiseMask(length, { ...rule, random });
    case 'prefix':
      return randomPrefixNoiseMask(length, { ...rule, random });
    case 'spans': {
      const { meanSpanLength } = rule;
      const mean = meanSpanLength === 'whole' ? Math.max(length, 2) : meanSpanLength;
      return randomSpansNoiseMask(length, { ...rule, meanSpanLength: mean, random });
    }
  }
}

/** Cuts ids to `maxLength` with EOS at the end; without an EOS id it only cuts. */
export function trimAndAppendEos(
  ids: Int32Array,
  { eosId, maxLength }: { readonly eosId: number | null; readonly maxLength: number },
): Int32Array {
  if (eosId === null) return ids.slice(0, maxLength);
  const kept = ids.subarray(0, maxLength - 1);
  const ended = new Int32Array(kept.length + 1);
  ended.set(kept);
  ended[kept.length] = eosId;
  return ended;
}

/**
 * Length of the raw text that an objective is applied to, in tokens; `hasMode` leaves room for a mode token.
 * @throws DataError (data-lengths) when the targets of span corruption would not fit
 */
export function rawLength(
  objective: Objective,
  { hasMode = false }: { readonly hasMode?: boolean } = {},
): number {
  const { mask, inputsLength, targetsLength } = objective;
  if (objective.inputs === 'none') return targetsLength - 1;
  const room = inputsLength - (hasMode && objective.mode !== undefined ? 1 : 0);
  const isCounted = mask.kind === 'spans' && mask.meanSpanLength !== 'whole';
  if (!isCounted || objective.inputs !== 'noiseSpanToUniqueSentinel') return room - 1;
  const { noiseDensity } = mask;
  const meanSpanLength = mask.meanSpanLength as number;
  const lengths = randomSpansHelper({ inputsLength: room, noiseDensity, meanSpanLength });
  if (lengths.targetsLength <= targetsLength) return lengths.tokensLength;
  throw new DataError({
    op: 'rawLength',
    field: 'targetsLength',
    problem: `${objective.name}: targets take ${lengths.targetsLength} tokens, but targetsLength is ${targetsLength}`,
    page: 'data-lengths',
    remedy: 'randomSpansHelper gives the targets length that belongs to an inputs length.',
  });
}
