import type { GenerateOptions } from './generate-options.js';

/** Says what is needed of a value, or nothing when it is right. */
type Rule = (value: unknown) => string | undefined;

const rule =
  (needed: string, isRight: (value: unknown) => boolean): Rule =>
  (value) =>
    isRight(value) ? undefined : needed;

const isWhole = (value: unknown, least: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least;
const isIds = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every((id) => isWhole(id, 0));
const isIdLists = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isIds);
const isOneOrMore = (value: unknown, isRight: (item: unknown) => boolean): boolean =>
  Array.isArray(value) ? value.length > 0 && value.every(isRight) : isRight(value);

const wholeFrom = (least: number): Rule =>
  rule(`a whole number from ${least} up`, (value) => isWhole(value, least));
const numberThat = (needed: string, isRight: (value: number) => boolean): Rule =>
  rule(needed, (value) => typeof value === 'number' && isRight(value));
const positive = numberThat('a number above 0', (value) => value > 0 && value < Infinity);
const fromZero = numberThat('a number from 0 up', (value) => value >= 0 && value < Infinity);
const finite = numberThat('a number', Number.isFinite);
const share = numberThat('a number above 0, at most 1', (value) => value > 0 && value <= 1);
const shareFromZero = numberThat('a number from 0 to 1', (value) => value >= 0 && value <= 1);
const cutOff = numberThat('a number from 0 up, below 1', (value) => value >= 0 && value < 1);
const flag = rule('true or false', (value) => typeof value === 'boolean');
const id = wholeFrom(0);
const ids = rule('a list of ids', isIds);
const oneOrMoreIds = rule('an id or a list of ids', (value) => isWhole(value, 0) || isIds(value));
const idLists = rule('a list of lists of ids', isIdLists);
const callable = rule('a function', (value) => typeof value === 'function');
const callables = rule('a function or a list of them', (value) =>
  isOneOrMore(value, (item) => typeof item === 'function'),
);
const oneOf = (...names: readonly string[]): Rule =>
  rule(names.map((name) => `'${name}'`).join(' or '), (value) => names.includes(value as string));
const having = (field: string): Rule =>
  rule(`an object with '${field}'`, (value) => typeof value === 'object' && value !== null && field in value);

/** What each option may be. The keys are the known options. */
export const OPTION_RULES: Readonly<Record<keyof GenerateOptions, Rule>> = {
  maxLength: wholeFrom(2),
  maxNewTokens: wholeFrom(1),
  minLength: wholeFrom(0),
  minNewTokens: wholeFrom(0),
  maxTime: positive,
  stopStrings: rule('a text or a list of texts', (value) =>
    isOneOrMore(value, (text) => typeof text === 'string' && text !== ''),
  ),
  numBeams: wholeFrom(1),
  numBeamGroups: wholeFrom(1),
  diversityPenalty: fromZero,
  lengthPenalty: finite,
  lengthPenaltyKind: oneOf('huggingFace', 'mesh'),
  earlyStopping: rule("true, false or 'never'", (value) => typeof value === 'boolean' || value === 'never'),
  numReturnSequences: wholeFrom(1),
  doSample: flag,
  seed: rule('a whole number, or one for each row', (value) => isOneOrMore(value, Number.isSafeInteger)),
  temperature: positive,
  topK: wholeFrom(0),
  topP: share,
  minP: shareFromZero,
  topH: share,
  typicalP: share,
  epsilonCutoff: cutOff,
  etaCutoff: cutOff,
  repetitionPenalty: positive,
  encoderRepetitionPenalty: positive,
  noRepeatNgramSize: wholeFrom(0),
  encoderNoRepeatNgramSize: wholeFrom(0),
  badWordsIds: idLists,
  sequenceBias: rule('a list of [ids, bias]', isBiases),
  forcedBosTokenId: id,
  forcedEosTokenId: oneOrMoreIds,
  suppressTokens: ids,
  beginSuppressTokens: ids,
  exponentialDecayLengthPenalty: rule('[tokens, factor above 0]', isDecay),
  removeInvalidValues: flag,
  renormalizeLogits: flag,
  prefixAllowedTokensFn: callable,
  forceWordsIds: rule('a list whose items are lists of ids, or lists of such', (value) =>
    isOneOrMoreList(value, (item) => isIds(item) || isIdLists(item)),
  ),
  constraints: rule('a list of constraints', (value) =>
    isOneOrMoreList(value, (item) => isObjectWith(item, 'words')),
  ),
  logitsProcessor: callables,
  stoppingCriteria: callables,
  assistantModel: having('engine'),
  numAssistantTokens: wholeFrom(1),
  numAssistantTokensSchedule: oneOf('constant', 'heuristic', 'heuristic_transient'),
  assistantConfidenceThreshold: shareFromZero,
  promptLookupNumTokens: wholeFrom(1),
  maxMatchingNgramSize: wholeFrom(1),
  eosTokenId: oneOrMoreIds,
  padTokenId: id,
  decoderStartTokenId: id,
  outputScores: flag,
  tokenizer: having('decode'),
  streamer: callable,
  onStep: callable,
  signal: having('aborted'),
};

function isOneOrMoreList(value: unknown, isRight: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && isOneOrMore(value, isRight);
}

function isObjectWith(value: unknown, field: string): boolean {
  return typeof value === 'object' && value !== null && field in value;
}

function isBiases(value: unknown): boolean {
  return isOneOrMoreList(
    value,
    (item) => Array.isArray(item) && item.length === 2 && isIds(item[0]) && typeof item[1] === 'number',
  );
}

function isDecay(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && isWhole(value[0], 0) && (value[1] as number) > 0;
}

/** A name of Hugging Face that does nothing here: the values that may be given all the same, and what to do instead. */
interface Unsupported {
  readonly harmless: readonly unknown[];
  readonly instead: string;
}

const unsupported = (instead: string, ...harmless: readonly unknown[]): Unsupported => ({
  harmless,
  instead,
});

/** Options of Hugging Face that are refused, unless their value asks for what happens anyway. */
export const UNSUPPORTED: Readonly<Record<string, Unsupported>> = {
  penaltyAlpha: unsupported('Contrastive search is not offered; use sampling with typicalP or minP.', 0),
  dolaLayers: unsupported('DoLa is not offered; use beams.'),
  guidanceScale: unsupported('Guidance is not offered; write a logitsProcessor.', 1),
  lowMemory: unsupported('Beams share the source already; leave it out.', false),
  useCache: unsupported('The cache is always used.', true),
  cacheImplementation: unsupported('There is one cache; its size follows maxLength.'),
  cacheConfig: unsupported('There is one cache; its size follows maxLength.'),
  maxCacheLen: unsupported('The size of the cache follows maxLength.'),
  returnLegacyCache: unsupported('The cache is not returned.', false, true),
  outputAttentions: unsupported('Attention is not returned.', false),
  outputHiddenStates: unsupported('Hidden states are not returned; run the forward pass.', false),
  outputLogits: unsupported('Read the scores in a logitsProcessor.', false),
  returnDictInGenerate: unsupported('Call generateDetailed, which gives scores and reasons.', false),
  watermarkingConfig: unsupported('Write a logitsProcessor.'),
  tokenHealing: unsupported('A T5 has no prompt to heal.', false),
  assistantEarlyExit: unsupported('Give another model as assistantModel.'),
  assistantTokenizer: unsupported('The assistant must share the vocabulary.'),
  assistantLookbehind: unsupported('The assistant must share the vocabulary.', 10),
  targetLookbehind: unsupported('The assistant must share the vocabulary.', 10),
  assistantEnsembleWeight: unsupported('Drafts are checked exactly.'),
  isAssistant: unsupported('Give the assistant as assistantModel to the larger model.', false),
  prefillChunkSize: unsupported('The encoder reads the source at once.'),
  disableCompile: unsupported('Graphs are always compiled.', false),
  compileConfig: unsupported('Graphs are always compiled.'),
  negativePromptIds: unsupported('Guidance is not offered; write a logitsProcessor.'),
  syncedGpus: unsupported('There is one device.', false),
  maxNewToken: unsupported('Did you mean maxNewTokens?'),
};
