import { bertSpecialTokens } from '../bert.js';
import { byt5Sentinels, createByt5Tokenizer, FIRST_EXTRA_ID } from '../byt5.js';
import { createWordPieceDecoder } from '../decoders/word-piece-decoder.js';
import { checkOptions, checkText, show, TokenizerError } from '../errors.js';
import { createWordPiece, type WordPieceModel } from '../models/word-piece.js';
import { createBertNormalizer } from '../normalizers/bert-normalizer.js';
import { createBertProcessor } from '../post-processors/template-processor.js';
import { createBertPreTokenizer } from '../pre-tokenizers/bert-pre-tokenizer.js';
import { readSentencePieceModel } from '../sentencepiece/model-file.js';
import { isSentinel, t5Parts } from '../t5.js';
import {
  specialAddedToken,
  type AddedToken,
  type SpecialTokenRole,
  type TokenizerParts,
} from '../tokenizer-parts.js';
import { createTokenizer, type Tokenizer } from '../tokenizer.js';
import {
  arrayItems,
  failUnsupported,
  optionalField,
  parseJson,
  requiredField,
  type JsonField,
} from './json-field.js';
import { readAddedToken } from './read-added-token.js';
import { readConfig, type TokenizerConfig } from './read-config.js';
import { readDecoder } from './read-decoders.js';
import { readModel, unkTokenOf, type FileModel } from './read-models.js';
import { readNormalizer } from './read-normalizers.js';
import { readPostProcessor } from './read-post-processors.js';
import { readPreTokenizer } from './read-pre-tokenizers.js';
import { tokenizerFileNames, type TokenizerFiles } from './write-files.js';

/** Classes that read a `vocab.txt` as BERT's WordPiece. */
const bertClasses = ['BertTokenizer', 'ElectraTokenizer', 'DistilBertTokenizer'];
/** Classes that read a `spiece.model` as T5 does. */
const t5Classes = ['T5Tokenizer', 'MT5Tokenizer'];

/**
 * Loads a tokenizer from the files of a Hugging Face folder, given by name.
 * `tokenizer.json` is read when there; else `spiece.model` (T5) or `vocab.txt` (BERT, ELECTRA); a ByT5 folder has
 * only its config.
 * @throws TokenizerError naming file and field: missing, malformed or unsupported
 */
export function tokenizerFromFiles(files: TokenizerFiles): Tokenizer {
  checkOptions('tokenizerFromFiles', files, tokenizerFileNames);
  checkContents(files);
  const parse = (name: Exclude<keyof TokenizerFiles, 'spiece.model'>) => {
    const content = files[name];
    return content === undefined ? undefined : parseJson(name, content);
  };
  const configFile = parse('tokenizer_config.json');
  const config = readConfig(configFile, parse('special_tokens_map.json'), parse('added_tokens.json'));
  const tokenizerJson = parse('tokenizer.json');
  if (tokenizerJson !== undefined) {
    const parts = readTokenizerJson(tokenizerJson, config);
    return createTokenizer({ ...parts, ...defined({ sentencePieceFile: files['spiece.model'] }) });
  }
  const className = config.tokenizerClass?.replace(/Fast$/, '');
  if (className === 'ByT5Tokenizer') return readByt5(config);
  const checkClass = (known: readonly string[]) => {
    if (className === undefined || known.includes(className)) return;
    const supported = [...t5Classes, ...bertClasses, 'ByT5Tokenizer'];
    failUnsupported(requiredField(configFile!, 'tokenizer_class'), `"${className}"`, supported);
  };
  if (files['spiece.model'] !== undefined) {
    checkClass(t5Classes);
    return createTokenizer(readT5(files['spiece.model'], config));
  }
  if (files['vocab.txt'] !== undefined) {
    checkClass(bertClasses);
    return createTokenizer(readBertVocabulary(files['vocab.txt'], config));
  }
  throw new TokenizerError({
    code: 'missing-file',
    op: 'tokenizerFromFiles',
    file: 'tokenizer.json',
    problem: `none of tokenizer.json, spiece.model, vocab.txt is there (tokenizer_class: ${className ?? 'not given'})`,
    remedy:
      'the folder holds the model only. ' +
      'A ByT5 folder needs tokenizer_class "ByT5Tokenizer" in tokenizer_config.json.',
  });
}

function checkContents(files: TokenizerFiles): void {
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined || (name === 'spiece.model' && content instanceof Uint8Array)) continue;
    if (name !== 'spiece.model') checkText('tokenizerFromFiles', name, content);
    else {
      throw new TokenizerError({
        code: 'bad-input',
        op: 'tokenizerFromFiles',
        field: name,
        problem: `${name} must be a Uint8Array, got ${show(content)}`,
        remedy: 'read it without an encoding: it is no text.',
      });
    }
  }
}

function readTokenizerJson(json: JsonField, config: TokenizerConfig): TokenizerParts {
  const section = <T>(name: string, read: (field: JsonField) => T): T | undefined => {
    const field = optionalField(json, name);
    return field === undefined ? undefined : read(field);
  };
  const model = readModel(requiredField(json, 'model'));
  const listed = section('added_tokens', arrayItems)?.map((field) => readAddedToken(field)) ?? [];
  const addedTokens = mergeAddedTokens(listed, config.addedTokens);
  const has = (token: string) =>
    model.tokenToId(token) !== undefined || addedTokens.some(({ content }) => content === token);
  return {
    tokenizerClass: config.tokenizerClass?.replace(/Fast$/, '') ?? 'PreTrainedTokenizerFast',
    normalizer: section('normalizer', (field) => readNormalizer(field, config.normalizer)),
    preTokenizer: section('pre_tokenizer', readPreTokenizer),
    model,
    postProcessor: section('post_processor', readPostProcessor),
    decoder: section('decoder', readDecoder),
    addedTokens,
    specialTokens: { ...defaultRoles(model, has), ...config.specialTokens },
    modelMaxLength: config.modelMaxLength,
    cleanUpSpaces: config.cleanUpSpaces,
    savedDefaults: {
      truncation: (optionalField(json, 'truncation')?.value ?? null) as null,
      padding: (optionalField(json, 'padding')?.value ?? null) as null,
    },
    file: json.file,
  };
}

/** BERT's or T5's names stand for their roles wherever no file says otherwise. */
function defaultRoles(
  model: FileModel,
  has: (token: string) => boolean,
): Partial<Record<SpecialTokenRole, string>> {
  const usual = model.type === 'WordPiece' ? bertSpecialTokens : { pad: '<pad>', eos: '</s>' };
  const known = Object.entries({ ...usual, ...defined({ unk: unkTokenOf(model) }) });
  return Object.fromEntries(known.filter(([, token]) => has(token)));
}

/** What SentencePiece's model holds, with the names and added tokens of the side files. */
function readT5(bytes: Uint8Array, config: TokenizerConfig): TokenizerParts {
  const file = 'spiece.model';
  const { pieces } = readSentencePieceModel(bytes, file);
  const listed = config.additionalSpecialTokens ?? [];
  const sentinels = listed.filter((token) => isSentinel(token)).length;
  const extraIds = config.extraIds ?? (sentinels > 0 ? sentinels : undefined);
  const parts = t5Parts({
    model: bytes,
    file,
    specialTokens: config.specialTokens,
    addedTokens: config.addedTokens.map((token) =>
      listed.includes(token.content) ? { ...token, special: true } : token,
    ),
    ...defined({
      tokenizerClass: config.tokenizerClass?.replace(/Fast$/, ''),
      extraIds,
      legacy: config.legacy,
      modelMaxLength: config.modelMaxLength,
    }),
  });
  const known = new Set(parts.addedTokens!.map(({ content }) => content));
  let nextId = parts.addedTokens!.reduce((next, { id }) => Math.max(next, id + 1), pieces.length);
  const further = listed.flatMap((content) => {
    if (known.has(content)) return [];
    return [specialAddedToken(content, parts.model.tokenToId(content) ?? nextId++)];
  });
  return {
    ...parts,
    addedTokens: [...parts.addedTokens!, ...further],
    ...defined({ cleanUpSpaces: config.cleanUpSpaces }),
  };
}

/** The fields that have a value. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function readBertVocabulary(text: string, config: TokenizerConfig): TokenizerParts {
  const file = 'vocab.txt';
  const names = { ...bertSpecialTokens, ...config.specialTokens };
  const model = createWordPiece({ vocab: vocabularyLines(text), unkToken: names.unk, file });
  const addedTokens = addedBertTokens(model, names, config);
  const find = (role: 'cls' | 'sep') => {
    const id = addedTokens.find(({ content }) => content === names[role])?.id;
    if (id !== undefined) return { token: names[role]!, id };
    throw new TokenizerError({
      code: 'missing-token',
      op: 'tokenizerFromFiles',
      file,
      field: `${role}_token`,
      problem: `the ${role} token "${names[role]}" is not among the ${model.vocabSize} lines`,
      remedy: 'a vocabulary of another model, or other names in tokenizer_config.json.',
    });
  };
  const has = (token: string) => addedTokens.some(({ content }) => content === token);
  return {
    tokenizerClass: config.tokenizerClass?.replace(/Fast$/, '') ?? 'BertTokenizer',
    normalizer: createBertNormalizer(config.normalizer),
    preTokenizer: createBertPreTokenizer(),
    model,
    postProcessor: createBertProcessor({ cls: find('cls'), sep: find('sep') }),
    decoder: createWordPieceDecoder(),
    addedTokens,
    specialTokens: { ...defaultRoles(model, has), ...config.specialTokens },
    modelMaxLength: config.modelMaxLength,
    cleanUpSpaces: config.cleanUpSpaces,
    file,
  };
}

/** One token a line; the line break at the end of the file does not begin another. */
function vocabularyLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function addedBertTokens(
  model: WordPieceModel,
  names: Readonly<Partial<Record<SpecialTokenRole, string>>>,
  { addedTokens, additionalSpecialTokens = [] }: TokenizerConfig,
): AddedToken[] {
  const special = new Set([...Object.values(names), ...additionalSpecialTokens]);
  const given = addedTokens.map((token) =>
    special.has(token.content) ? { ...token, special: true, normalized: false } : token,
  );
  const givenContents = new Set(given.map(({ content }) => content));
  const additional = new Set(additionalSpecialTokens);
  let nextId = given.reduce((next, { id }) => Math.max(next, id + 1), model.vocabSize);
  const declared = [...special].flatMap((content) => {
    if (givenContents.has(content)) return [];
    const id = model.tokenToId(content);
    if (id !== undefined) return [specialAddedToken(content, id)];
    return additional.has(content) ? [specialAddedToken(content, nextId++)] : [];
  });
  return mergeAddedTokens(given, declared);
}

/** The first list wins where both have a token. */
function mergeAddedTokens(first: readonly AddedToken[], second: readonly AddedToken[]): AddedToken[] {
  const known = new Set(first.map(({ content }) => content));
  return [...first, ...second.filter(({ content }) => !known.has(content))].sort((a, b) => a.id - b.id);
}

function readByt5(config: TokenizerConfig): Tokenizer {
  const { specialTokens, addedTokens, declaredTokens, additionalSpecialTokens, extraIds, modelMaxLength } =
    config;
  const { pad, eos, unk } = { pad: '<pad>', eos: '</s>', unk: '<unk>', ...specialTokens };
  const standard = createByt5Tokenizer({ extraIds: 0, specialTokens: { pad, eos, unk } }).parts.addedTokens!;
  const control = standard.map((token) => {
    const declared = declaredTokens.find(({ content }) => content === token.content);
    return declared === undefined ? token : { ...declared, id: token.id, special: true, normalized: false };
  });
  const listed = addedTokens.map((token) => ({ ...token, normalized: false }));
  const hasSentinels = listed.some(({ id }) => id > control.at(-1)!.id);
  const sentinels = hasSentinels ? [] : (additionalSpecialTokens ?? byt5Sentinels(extraIds ?? 125));
  const counted = sentinels.map((content, index) => specialAddedToken(content, FIRST_EXTRA_ID + index));
  return createByt5Tokenizer({
    addedTokens: mergeAddedTokens(listed, mergeAddedTokens(control, counted)),
    specialTokens: { pad, eos, unk },
    modelMaxLength,
  });
}
