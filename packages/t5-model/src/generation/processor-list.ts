import * as processors from './processors.js';
import type { LogitsProcessor } from './row-history.js';
import type { Settings } from './settings.js';
import { listOf } from './settings.js';
import * as warpers from './warpers.js';

/** What is done to scores before an id is chosen. */
export interface ProcessorList {
  /** What needs to know the ids; empty when the likeliest ids are enough. */
  readonly rules: readonly LogitsProcessor[];
  /** What shapes the distribution that is drawn from. */
  readonly warpers: readonly LogitsProcessor[];
}

/** The processors of a call in Hugging Face's order. @param sources  ids of each source without padding */
export function processorList(settings: Settings, sources: readonly Int32Array[]): ProcessorList {
  const { options, isSampling } = settings;
  const own = options.logitsProcessor === undefined ? [] : listOf(options.logitsProcessor);
  const rules = [...repetitionRules(settings, sources), ...tokenRules(settings), ...own];
  const shaping = isSampling ? warpersOf(settings) : [];
  const isNormalized = options.renormalizeLogits === true;
  return { rules, warpers: isNormalized ? [...shaping, processors.renormalize()] : shaping };
}

/** Runs processors over the scores of a row, in place. */
export function applyAll(
  list: readonly LogitsProcessor[],
  ...[scores, row]: Parameters<LogitsProcessor>
): void {
  for (const process of list) process(scores, row);
}

function repetitionRules({ options, endIds }: Settings, sources: readonly Int32Array[]): LogitsProcessor[] {
  const {
    sequenceBias,
    encoderRepetitionPenalty = 1,
    repetitionPenalty = 1,
    noRepeatNgramSize = 0,
    encoderNoRepeatNgramSize = 0,
    badWordsIds,
  } = options;
  const list: LogitsProcessor[] = [];
  if (sequenceBias !== undefined) list.push(processors.sequenceBias(sequenceBias));
  if (encoderRepetitionPenalty !== 1) {
    list.push(processors.encoderRepetitionPenalty(encoderRepetitionPenalty, sources));
  }
  if (repetitionPenalty !== 1) list.push(processors.repetitionPenalty(repetitionPenalty));
  if (noRepeatNgramSize > 0) list.push(processors.noRepeatNgram(noRepeatNgramSize));
  if (encoderNoRepeatNgramSize > 0)
    list.push(processors.encoderNoRepeatNgram(encoderNoRepeatNgramSize, sources));
  if (badWordsIds !== undefined) list.push(processors.badWords(badWordsIds, { endIds }));
  return list;
}

function tokenRules({ options, endIds, minLength, maxLength }: Settings): LogitsProcessor[] {
  const { prefixAllowedTokensFn, forcedBosTokenId, forcedEosTokenId, beginSuppressTokens } = options;
  const { removeInvalidValues, exponentialDecayLengthPenalty, suppressTokens } = options;
  const list: LogitsProcessor[] = [];
  if (minLength > 0) list.push(processors.suppress(endIds, { when: (length) => length < minLength }));
  if (prefixAllowedTokensFn !== undefined) list.push(processors.prefixConstraint(prefixAllowedTokensFn));
  if (forcedBosTokenId !== undefined) {
    list.push(processors.force([forcedBosTokenId], { when: (length) => length === 1 }));
  }
  if (forcedEosTokenId !== undefined) {
    list.push(processors.force(listOf(forcedEosTokenId), { when: (length) => length === maxLength - 1 }));
  }
  if (removeInvalidValues === true) list.push(processors.removeInvalid());
  if (exponentialDecayLengthPenalty !== undefined) {
    list.push(processors.exponentialDecay(exponentialDecayLengthPenalty, { endIds }));
  }
  if (suppressTokens !== undefined) list.push(processors.suppress(suppressTokens));
  if (beginSuppressTokens !== undefined) {
    const begin = forcedBosTokenId === undefined ? 1 : 2;
    list.push(processors.suppress(beginSuppressTokens, { when: (length) => length === begin }));
  }
  return list;
}

function warpersOf({ options, numBeams, endIds }: Settings): LogitsProcessor[] {
  const { temperature = 1, topH, topK = 50, topP = 1, minP, typicalP = 1 } = options;
  const { epsilonCutoff = 0, etaCutoff = 0 } = options;
  // Beams go on with what is no end token: one such must be left.
  const least = { leastKept: numBeams > 1 ? endIds.length + 1 : 1 };
  const list: LogitsProcessor[] = [];
  if (temperature !== 1) list.push(warpers.temperatureWarper(temperature));
  if (topH !== undefined) list.push(warpers.topHWarper(topH));
  if (topK > 0) list.push(warpers.topKWarper(topK, least));
  if (topP < 1) list.push(warpers.topPWarper(topP, least));
  if (minP !== undefined && minP > 0) list.push(warpers.minPWarper(minP, least));
  if (typicalP < 1) list.push(warpers.typicalWarper(typicalP, least));
  if (epsilonCutoff > 0) list.push(warpers.epsilonWarper(epsilonCutoff, least));
  if (etaCutoff > 0) list.push(warpers.etaWarper(etaCutoff, least));
  return list;
}
