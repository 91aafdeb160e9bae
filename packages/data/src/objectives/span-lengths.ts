import { checkInteger, checkOptions, checkRange, optionError } from '../errors.js';
import { roundHalfEven } from './half-even.js';

/** What the lengths of span corruption follow from. */
export interface SpanLengthOptions {
  /** Length of the corrupted inputs, EOS included, in tokens. */
  readonly inputsLength: number;
  /** Share of tokens that are noise. Default 0.15. */
  readonly noiseDensity?: number;
  /** Mean length of a noise span, in tokens. Default 3. */
  readonly meanSpanLength?: number;
  /** Sentinels that stand for a noise span in the inputs. Default 1. */
  readonly extraTokensPerSpanInputs?: number;
  /** Sentinels that announce a noise span in the targets. Default 1. */
  readonly extraTokensPerSpanTargets?: number;
}

/** Lengths that leave no padding. */
export interface SpanLengths {
  /** Length of the raw text to be corrupted, in tokens. */
  readonly tokensLength: number;
  /** Length of the targets, EOS included. */
  readonly targetsLength: number;
}

const optionNames = [
  'inputsLength',
  'noiseDensity',
  'meanSpanLength',
  'extraTokensPerSpanInputs',
  'extraTokensPerSpanTargets',
];

/**
 * The raw length whose corruption fills `inputsLength` exactly, and the length of its targets:
 * 512 inputs come from 568 tokens and leave 114 targets.
 * @throws DataError (unknown-option, option-value)
 * @see random_spans_helper of T5's preprocessors
 */
export function randomSpansHelper(options: SpanLengthOptions): SpanLengths {
  checkOptions('randomSpansHelper', options, optionNames);
  const { inputsLength, noiseDensity = 0.15, meanSpanLength = 3 } = options;
  checkInteger('randomSpansHelper', 'inputsLength', inputsLength, 2);
  checkDensity('randomSpansHelper', noiseDensity);
  checkRange('randomSpansHelper', 'meanSpanLength', meanSpanLength, [1, Infinity]);
  const lengthsOf = corruptedLengths({ ...options, noiseDensity, meanSpanLength });
  let tokensLength = inputsLength - 1;
  while (lengthsOf(tokensLength + 1).inputs <= inputsLength) tokensLength++;
  const { inputs, targets } = lengthsOf(tokensLength);
  // At a density of a half the two lengths should be equal: inputsLength is the round number.
  const surplus = noiseDensity === 0.5 && targets > inputs ? 1 : 0;
  return { tokensLength: tokensLength - surplus, targetsLength: targets - surplus };
}

function corruptedLengths({
  noiseDensity,
  meanSpanLength,
  extraTokensPerSpanInputs = 1,
  extraTokensPerSpanTargets = 1,
}: SpanLengthOptions & { readonly noiseDensity: number; readonly meanSpanLength: number }) {
  return (tokens: number): { readonly inputs: number; readonly targets: number } => {
    const noise = roundHalfEven(tokens * noiseDensity);
    const spans = roundHalfEven(noise / meanSpanLength);
    const eos = 1;
    return {
      inputs: tokens - noise + spans * extraTokensPerSpanInputs + eos,
      targets: noise + spans * extraTokensPerSpanTargets + eos,
    };
  };
}

/** Throws unless a noise density leaves text and noise: 0 < density < 1. */
function checkDensity(op: string, noiseDensity: number): void {
  if (noiseDensity > 0 && noiseDensity < 1) return;
  throw optionError(op, 'noiseDensity', `noiseDensity is ${noiseDensity}, must lie between 0 and 1`);
}
