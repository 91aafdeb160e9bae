import { bertParts, bertSpecialTokens } from '../bert.js';
import { byt5ControlTokens, byt5Sentinels, createByt5Tokenizer } from '../byt5.js';
import { checkOptions, checkValue, show, TokenizerError } from '../errors.js';
import { moreStagesRemedy } from '../regex/text-pattern.js';
import { sentinels } from '../sentinels.js';
import { mergeAddedTokens, type SpecialTokenNames, type TokenizerParts } from '../tokenizer-parts.js';
import { createTokenizer, type Tokenizer } from '../tokenizer.js';
import {
  arrayItems,
  failUnsupported,
  mapField,
  optionalField,
  parseJson,
  requiredField,
  supportedRemedy,
  type JsonField,
} from './json-field.js';
import { readAddedToken } from './read-added-token.js';
import { readConfig, type TokenizerConfig } from './read-config.js';
import { decoderReaders } from './read-decoders.js';
import { readModel, unkTokenOf } from './read-models.js';
import { normalizerReaders } from './read-normalizers.js';
import { postProcessorReaders } from './read-post-processors.js';
import { preTokenizerReaders } from './read-pre-tokenizers.js';
import { readStage, stageSetRules, type StageReaders, type StageSet } from './stage-readers.js';
import { fileRules, type TokenizerFiles } from './write-files.js';

/** What files are read with. */
export interface TokenizerFromFilesOptions {
  /**
   * `moreStages` of `@tesserae/tokenizer/stages`: reads spiece.model, and stages that T5 and BERT do not use, such as
   * normal forms and regular expressions. Default: those are refused as unsupported.
   */
  readonly stages?: StageSet;
}

/** Classes that read a `vocab.txt` as BERT's WordPiece. */
const bertClasses = ['BertTokenizer', 'ElectraTokenizer', 'DistilBertTokenizer'];
/** Classes that read a `spiece.model` as T5 does. */
const t5Classes = ['T5Tokenizer', 'MT5Tokenizer'];
const byt5Class = 'ByT5Tokenizer';
const op = 'tokenizerFromFiles';

/**
 * Loads a tokenizer from the files of a Hugging Face folder, given by name.
 * `tokenizer.json` is read when there; else `spiece.model` (T5) or `vocab.txt` (BERT, ELECTRA); a ByT5 folder has
 * only its config.
 * @throws TokenizerError naming file and field: missing, malformed or unsupported
 */
export function tokenizerFromFiles(
  files: TokenizerFiles,
  options: TokenizerFromFilesOptions = {},
): Tokenizer {
  checkOptions(op, files, fileRules);
  checkOptions(op, options, { stages: null });
  checkOptions(op, options.stages ?? {}, stageSetRules);
  checkContents(files);
  const configFile = parse(files, 'tokenizer_config.json');
  const config = readConfig(
    configFile,
    parse(files, 'special_tokens_map.json'),
    parse(files, 'added_tokens.json'),
  );
  if (files['tokenizer.json'] !== undefined) {
    const parts = readTokenizerJson(parse(files, 'tokenizer.json'), config, options);
    return createTokenizer({ ...parts, sentencePieceFile: files['spiece.model'] });
  }
  if (config.tokenizerClass === byt5Class) return readByt5(config);
  return createTokenizer(readVocabulary(files, { configFile, config, stages: options.stages }));
}

interface VocabularyJob extends TokenizerFromFilesOptions {
  readonly configFile: JsonField;
  readonly config: TokenizerConfig;
}

/** A folder without tokenizer.json, read as the class that tokenizer_config.json names. */
function readVocabulary(
  files: TokenizerFiles,
  { configFile, config, stages }: VocabularyJob,
): TokenizerParts {
  const { tokenizerClass } = config;
  const checkClass = (known: readonly string[]) => {
    if (tokenizerClass === undefined || known.includes(tokenizerClass)) return;
    const remedy = supportedRemedy([...t5Classes, ...bertClasses, byt5Class]);
    failUnsupported(requiredField(configFile, 'tokenizer_class'), `"${tokenizerClass}"`, remedy);
  };
  const { 'spiece.model': sentencePieceFile, 'vocab.txt': vocabulary } = files;
  if (sentencePieceFile !== undefined) {
    checkClass(t5Classes);
    if (stages !== undefined) return stages.readSentencePiece(sentencePieceFile, config);
    const problem = 'spiece.model is not read by the main entry';
    const remedy = moreStagesRemedy;
    throw new TokenizerError({ code: 'unsupported', op, file: 'spiece.model', problem, remedy });
  }
  if (vocabulary !== undefined) {
    checkClass(bertClasses);
    return bertParts({ ...config, vocab: vocabularyLines(vocabulary), file: 'vocab.txt' });
  }
  throw new TokenizerError({
    code: 'missing-file',
    op,
    file: 'tokenizer.json',
    problem: `there is no tokenizer.json, spiece.model or vocab.txt (tokenizer_class: ${tokenizerClass})`,
    remedy: `a folder of a model only. ByT5 needs tokenizer_class "${byt5Class}" in tokenizer_config.json.`,
  });
}

/** A file of the folder; one that is not there is as good as an empty one. */
function parse(files: TokenizerFiles, name: Exclude<keyof TokenizerFiles, 'spiece.model'>): JsonField {
  return parseJson(name, files[name] ?? '{}');
}

function checkContents(files: TokenizerFiles): void {
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) continue;
    if (name !== 'spiece.model') checkValue(op, name, { value: content, rule: 'string' });
    else if (!(content instanceof Uint8Array)) {
      const problem = `${name} must be a Uint8Array, got ${show(content)}`;
      const remedy = 'it is no text: read it without an encoding.';
      throw new TokenizerError({ code: 'bad-input', op, field: name, problem, remedy });
    }
  }
}

function readTokenizerJson(
  json: JsonField,
  config: TokenizerConfig,
  { stages }: TokenizerFromFilesOptions,
): TokenizerParts {
  const engine = stages?.engine;
  const section = <T>(name: string, readers: StageReaders<T>): T | undefined =>
    mapField(optionalField(json, name), (field) => readStage(field, { readers, engine }));
  const model = readModel(requiredField(json, 'model'));
  const listed = mapField(optionalField(json, 'added_tokens'), arrayItems) ?? [];
  const addedTokens = mergeAddedTokens(
    listed.map((field) => readAddedToken(field)),
    config.addedTokens,
  );
  const has = (token: string) =>
    model.tokenToId(token) !== undefined || addedTokens.some(({ content }) => content === token);
  // BERT's or T5's names stand for their roles wherever no file says otherwise
  const usual: SpecialTokenNames =
    model.type === 'WordPiece' ? bertSpecialTokens : { pad: '<pad>', eos: '</s>' };
  const roles = Object.entries({ ...usual, unk: unkTokenOf(model) ?? usual.unk });
  const kept = (name: string) => (optionalField(json, name)?.value ?? null) as null;
  return {
    tokenizerClass: config.tokenizerClass ?? 'PreTrainedTokenizerFast',
    normalizer: section('normalizer', { ...normalizerReaders(config.normalizer), ...stages?.normalizers }),
    preTokenizer: section('pre_tokenizer', { ...preTokenizerReaders, ...stages?.preTokenizers }),
    model,
    postProcessor: section('post_processor', postProcessorReaders),
    decoder: section('decoder', { ...decoderReaders, ...stages?.decoders }),
    addedTokens,
    specialTokens: {
      ...Object.fromEntries(roles.filter(([, token]) => token !== undefined && has(token))),
      ...config.specialTokens,
    },
    modelMaxLength: config.modelMaxLength,
    cleanUpSpaces: config.cleanUpSpaces,
    savedDefaults: { truncation: kept('truncation'), padding: kept('padding') },
    file: json.file,
  };
}

/** One token a line; the line break at the end of the file does not begin another. */
function vocabularyLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function readByt5(config: TokenizerConfig): Tokenizer {
  const { addedTokens, additionalSpecialTokens, extraIds, modelMaxLength } = config;
  const { pad, eos, unk } = config.specialTokens;
  const control = byt5ControlTokens({ pad, eos, unk }).map((token) => {
    const declared = config.declaredTokens.find(({ content }) => content === token.content);
    return declared === undefined ? token : { ...declared, id: token.id, special: true, normalized: false };
  });
  const listed = addedTokens.map((token) => ({ ...token, normalized: false }));
  const hasSentinels = listed.some(({ id }) => id > control.at(-1)!.id);
  const counted = hasSentinels ? [] : (additionalSpecialTokens ?? sentinels(op, extraIds ?? 125));
  const [padToken, eosToken, unkToken] = control;
  return createByt5Tokenizer({
    addedTokens: mergeAddedTokens(listed, mergeAddedTokens(control, byt5Sentinels(counted))),
    specialTokens: { pad: padToken!.content, eos: eosToken!.content, unk: unkToken!.content },
    modelMaxLength,
  });
}
