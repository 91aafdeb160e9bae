import type { TextDecoder } from './generate-options.js';
import type { FinishReason, RowHistory, StoppingCriterion } from './row-history.js';
import type { Settings } from './settings.js';
import { listOf } from './settings.js';

/** Says whether, and why, a row ends with its newest token. */
export type StopCheck = (row: RowHistory) => FinishReason | undefined;

/** The end of rows as the settings have it; time counts from this call. */
export function stopCheck({ options, endIds, maxLength }: Settings): StopCheck {
  const { maxTime, stopStrings, tokenizer, stoppingCriteria } = options;
  const until = maxTime === undefined ? Infinity : performance.now() + maxTime * 1000;
  const hasStopString = stopStrings === undefined ? never : endsText(listOf(stopStrings), tokenizer!);
  const criteria = stoppingCriteria === undefined ? [] : listOf(stoppingCriteria);
  return (row) => {
    const { ids } = row;
    if (endIds.includes(ids[ids.length - 1]!)) return 'endToken';
    if (hasStopString(row)) return 'stopString';
    if (criteria.some((isOver) => isOver(row))) return 'stoppingCriterion';
    if (ids.length >= maxLength) return 'length';
    return performance.now() > until ? 'time' : undefined;
  };
}

const never: StoppingCriterion = () => false;

/** True when the text has a stop string; one that spans tokens shows as soon as its last character does. */
function endsText(stopStrings: readonly string[], tokenizer: TextDecoder): StoppingCriterion {
  return ({ ids }) => {
    const text = tokenizer.decode(ids.slice(1));
    return stopStrings.some((stop) => text.includes(stop));
  };
}
