import type { T5Config } from '../config.js';
import type { WordConstraint } from './constraints.js';
import { disjunctiveConstraint, phrasalConstraint } from './constraints.js';
import type { GenerateOptions } from './generate-options.js';
import { checkedOptions, fail, mergeOptions } from './merge-options.js';

/** How ids are chosen. */
export type Mode = 'single' | 'beams' | 'groups' | 'constrained' | 'assisted';

/** Options with every default filled in, known to agree with each other. */
export interface Settings {
  /** The options that were not resolved to something of their own. */
  readonly options: GenerateOptions;
  readonly mode: Mode;
  /** Longest history, start token included. */
  readonly maxLength: number;
  /** No end token in histories shorter than this, start token included. */
  readonly minLength: number;
  readonly numBeams: number;
  readonly numReturnSequences: number;
  readonly isSampling: boolean;
  readonly endIds: readonly number[];
  readonly padId: number;
  readonly startId: number;
  readonly withScores: boolean;
  readonly constraints: readonly WordConstraint[];
  readonly vocabSize: number;
}

/** Options that say something of one way of choosing ids only, with the values that say nothing. */
const NEUTRAL: Readonly<
  Record<'sampling' | 'beams' | 'drafts', Readonly<Record<string, readonly unknown[]>>>
> = {
  sampling: {
    temperature: [1],
    topK: [0, 50],
    topP: [1],
    minP: [0],
    topH: [1],
    typicalP: [1],
    epsilonCutoff: [0],
    etaCutoff: [0],
  },
  beams: {
    earlyStopping: [false],
    lengthPenalty: [1],
    lengthPenaltyKind: ['huggingFace'],
    numBeamGroups: [1],
    diversityPenalty: [0],
    constraints: [],
    forceWordsIds: [],
  },
  drafts: { numAssistantTokens: [], numAssistantTokensSchedule: [], assistantConfidenceThreshold: [] },
};

/**
 * Settings of a call: what the caller says, over the defaults of the model's files, over Hugging Face's.
 * @throws OptionError for what is unknown, out of range, contradictory or not supported
 */
export function resolveSettings(
  given: GenerateOptions,
  { defaults, config }: { readonly defaults: GenerateOptions; readonly config: T5Config },
): Settings {
  const own = checkedOptions(given);
  const options = mergeOptions([defaults, own]);
  const isSampling = options.doSample ?? false;
  const numBeams = options.numBeams ?? 1;
  const constraints = constraintsOf(options);
  const settings: Settings = {
    options,
    mode: modeOf(options, constraints),
    maxLength: options.maxLength ?? (options.maxNewTokens ?? 20) + 1,
    minLength: options.minLength ?? (options.minNewTokens === undefined ? 0 : options.minNewTokens + 1),
    numBeams,
    numReturnSequences: options.numReturnSequences ?? 1,
    isSampling,
    endIds: listOf(options.eosTokenId ?? config.eosTokenId),
    padId: options.padTokenId ?? config.padTokenId,
    startId: options.decoderStartTokenId ?? config.decoderStartTokenId,
    withScores: options.outputScores ?? true,
    constraints,
    vocabSize: config.vocabSize,
  };
  checkNotIdle(own, settings);
  checkAgreement(settings);
  return settings;
}

/** A value or a list as a list. */
export function listOf<Value>(value: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [value as Value];
}

function modeOf(options: GenerateOptions, constraints: readonly WordConstraint[]): Mode {
  if (options.assistantModel !== undefined || options.promptLookupNumTokens !== undefined) return 'assisted';
  if (constraints.length > 0) return 'constrained';
  if ((options.numBeams ?? 1) === 1) return 'single';
  return (options.numBeamGroups ?? 1) > 1 ? 'groups' : 'beams';
}

function constraintsOf({ forceWordsIds = [], constraints = [] }: GenerateOptions): readonly WordConstraint[] {
  const isPhrase = (words: readonly unknown[]): words is readonly number[] => typeof words[0] === 'number';
  return [
    ...constraints,
    ...forceWordsIds.map((words) =>
      isPhrase(words)
        ? phrasalConstraint(words)
        : disjunctiveConstraint(words as readonly (readonly number[])[]),
    ),
  ];
}

/** An option the caller gave that nothing would read. The model's files may hold such: they serve several modes. */
function checkNotIdle(own: GenerateOptions, { isSampling, numBeams, mode, options }: Settings): void {
  const idle = (kind: keyof typeof NEUTRAL, remedy: string): void => {
    for (const [name, neutral] of Object.entries(NEUTRAL[kind])) {
      const value = own[name as keyof GenerateOptions];
      if (value === undefined || neutral.includes(value)) continue;
      fail(`${name} would do nothing`, { likely: remedy, page: 'option-conflict', got: value });
    }
  };
  if (!isSampling) idle('sampling', 'Set doSample: true, or leave it out.');
  if (numBeams === 1) idle('beams', 'Set numBeams to 2 or more, or leave it out.');
  if (options.assistantModel === undefined) idle('drafts', 'Give an assistantModel, or leave it out.');
  if (own.maxMatchingNgramSize !== undefined && options.promptLookupNumTokens === undefined) {
    fail('maxMatchingNgramSize would do nothing', {
      likely: 'Set promptLookupNumTokens, or leave it out.',
      page: 'option-conflict',
    });
  }
  if (mode !== 'groups' && (own.diversityPenalty ?? 0) > 0) {
    fail('diversityPenalty would do nothing', {
      likely: 'Set numBeamGroups to 2 or more.',
      page: 'option-conflict',
    });
  }
}

/** What must not be, what is wrong then, and the remedy. */
type Conflict = readonly [isWrong: boolean, problem: string, likely: string];

function checkAgreement(settings: Settings): void {
  const conflicts = [...countConflicts(settings), ...modeConflicts(settings), ...draftConflicts(settings)];
  for (const [isWrong, problem, likely] of conflicts) {
    if (isWrong) fail(problem, { likely, page: 'option-conflict' });
  }
  checkForcedTokens(settings.options);
}

function countConflicts(settings: Settings): readonly Conflict[] {
  const { options, numBeams, numReturnSequences, isSampling, maxLength, minLength } = settings;
  const { numBeamGroups = 1, seed } = options;
  return [
    [
      isSampling && seed === undefined,
      'sampling needs a seed',
      'Give seed: the same seed gives the same text.',
    ],
    [
      minLength > maxLength,
      `minLength ${minLength} is above maxLength ${maxLength}`,
      'Both count the start token.',
    ],
    [
      numBeams === 1 && !isSampling && numReturnSequences > 1,
      `greedy search has one result, not ${numReturnSequences}`,
      'Set doSample: true, or numBeams to at least numReturnSequences.',
    ],
    [
      numBeams > 1 && numReturnSequences > numBeams,
      `numReturnSequences ${numReturnSequences} is above numBeams ${numBeams}`,
      'Raise numBeams.',
    ],
    [
      numBeams % numBeamGroups !== 0,
      `${numBeams} beams cannot be divided into ${numBeamGroups} groups`,
      'Use a multiple.',
    ],
  ];
}

function modeConflicts({ options, mode, numBeams, isSampling }: Settings): readonly Conflict[] {
  const { numBeamGroups = 1, stopStrings, stoppingCriteria, tokenizer } = options;
  const isOwnStop = stopStrings !== undefined || stoppingCriteria !== undefined;
  const isSpecial = mode === 'groups' || mode === 'constrained';
  const name = mode === 'groups' ? 'numBeamGroups' : 'forced words';
  return [
    [
      mode === 'groups' && !((options.diversityPenalty ?? 0) > 0),
      'numBeamGroups needs a diversityPenalty above 0',
      'Without it all groups write the same.',
    ],
    [isSpecial && isSampling, `doSample cannot be used with ${name}`, 'Leave out one of them.'],
    [
      mode === 'constrained' && (numBeams === 1 || numBeamGroups > 1),
      'forced words need beams without groups',
      'Set numBeams to 2 or more, and leave out numBeamGroups.',
    ],
    [
      isSpecial && isOwnStop,
      `stopStrings and stoppingCriteria cannot be used with ${name}`,
      'Use plain beams, or cut the text afterwards.',
    ],
    [stopStrings !== undefined && tokenizer === undefined, 'stopStrings need a tokenizer', 'Give tokenizer.'],
  ];
}

function draftConflicts(settings: Settings): readonly Conflict[] {
  const { options, mode, numBeams, numReturnSequences } = settings;
  return [
    [
      mode === 'assisted' && (numBeams > 1 || numReturnSequences > 1 || settings.constraints.length > 0),
      'drafts are checked for one sequence a row',
      'Leave out numBeams, numReturnSequences and forced words, or the assistant.',
    ],
    [
      options.assistantModel !== undefined && options.promptLookupNumTokens !== undefined,
      'assistantModel and promptLookupNumTokens both write drafts',
      'Give one of them.',
    ],
    [
      options.assistantModel !== undefined && options.assistantModel.config.vocabSize !== settings.vocabSize,
      `the assistant has ${options.assistantModel?.config.vocabSize} ids, the model ${settings.vocabSize}`,
      'Both must share the vocabulary.',
    ],
  ];
}

function checkForcedTokens({
  suppressTokens = [],
  forcedBosTokenId,
  forcedEosTokenId,
}: GenerateOptions): void {
  for (const [name, forced] of Object.entries({ forcedBosTokenId, forcedEosTokenId })) {
    if (forced === undefined || !listOf(forced).every((id) => suppressTokens.includes(id))) continue;
    fail(`${name} is in suppressTokens`, { likely: 'Take it out of one of them.', page: 'option-conflict' });
  }
}
