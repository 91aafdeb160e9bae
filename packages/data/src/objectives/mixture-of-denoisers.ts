import { checkOptions, optionError } from '../errors.js';
import type { Random } from '../random/random.js';
import { spanCorruption } from './named-objectives.js';
import type { DenoiserMode, Objective } from './objective.js';

/** Objectives and how often each is taken. */
export interface ObjectiveMixture {
  readonly parts: readonly { readonly objective: Objective; readonly rate: number }[];
}

/** Sizes of UL2's denoisers. */
export interface MixtureOfDenoisersOptions {
  /** Longest inputs, EOS and mode token included. Default 512. */
  readonly inputsLength?: number;
  /** Longest targets. Default 512. */
  readonly targetsLength?: number;
  /** How often each mode is taken, shared evenly by its denoisers. Default 2, 1, 4: all seven alike. */
  readonly rates?: Readonly<Record<DenoiserMode, number>>;
}

/** Mean span length and density of the R- and X-denoisers. */
const settings: readonly (readonly [DenoiserMode, meanSpanLength: number, noiseDensity: number])[] = [
  ['R', 3, 0.15],
  ['R', 8, 0.15],
  ['X', 3, 0.5],
  ['X', 8, 0.5],
  ['X', 64, 0.15],
  ['X', 64, 0.5],
];

/**
 * UL2's seven denoisers: two regular, one sequential (the last quarter of the text follows from the rest), four
 * extreme ones (long spans or half of the text). Half of the text in spans of 3 makes more than 100 spans of
 * 512 inputs: give `sentinels` a larger `count`, or `overflow: 'descend'`.
 * @throws DataError (option-value, unknown-option)
 * @see Tay et al. 2022, "UL2: Unifying Language Learning Paradigms", §3.1
 */
export function mixtureOfDenoisers(options: MixtureOfDenoisersOptions = {}): ObjectiveMixture {
  checkOptions('mixtureOfDenoisers', options, ['inputsLength', 'targetsLength', 'rates']);
  const { inputsLength = 512, targetsLength = 512, rates = { R: 2, S: 1, X: 4 } } = options;
  if (Object.values(rates).some((rate) => !(rate >= 0 && Number.isFinite(rate)))) {
    throw optionError('mixtureOfDenoisers', 'rates', 'rates must be finite and not negative');
  }
  const sized = { inputsLength, targetsLength };
  const spans = settings.map(([mode, meanSpanLength, noiseDensity]) => {
    const name = `ul2_${mode}_${meanSpanLength}_${100 * noiseDensity}`;
    return { ...spanCorruption({ ...sized, meanSpanLength, noiseDensity, name }), mode };
  });
  const sequential: Objective = {
    ...spanCorruption(sized),
    name: 'ul2_S',
    mask: { kind: 'spans', noiseDensity: 0.25, meanSpanLength: 'whole' },
    mode: 'S',
  };
  const all = [...spans, sequential];
  const sharing = (mode: DenoiserMode): number => all.filter((one) => one.mode === mode).length;
  return {
    parts: all.map((objective) => ({
      objective,
      rate: rates[objective.mode!] / sharing(objective.mode!),
    })),
  };
}

/** Draws an objective by the rates. */
export function drawObjective({ parts }: ObjectiveMixture, random: Random): Objective {
  const total = parts.reduce((sum, { rate }) => sum + rate, 0);
  let left = random.uniform() * total;
  for (const { objective, rate } of parts) {
    left -= rate;
    if (left < 0) return objective;
  }
  return parts.findLast(({ rate }) => rate > 0)!.objective; // rounding may leave a crumb
}
