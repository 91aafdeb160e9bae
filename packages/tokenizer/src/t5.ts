import { createMetaspaceDecoder } from './decoders/metaspace-decoder.js';
import { checkChoice, checkInteger, checkOptions, TokenizerError } from './errors.js';
import { createUnigram } from './models/unigram.js';
import { createEosTemplate } from './post-processors/template-processor.js';
import {
  readSentencePieceModel,
  writeSentencePieceModel,
  type SentencePieceModel,
} from './sentencepiece/model-file.js';
import { createSentencePieceStages } from './sentencepiece/sentencepiece-stages.js';
import {
  specialAddedToken,
  type AddedToken,
  type SpecialTokenRole,
  type TokenizerParts,
} from './tokenizer-parts.js';
import { createTokenizer, type Tokenizer } from './tokenizer.js';

/** A T5 tokenizer; also that of mT5, UMT5 and any other SentencePiece Unigram model. */
export interface T5TokenizerOptions {
  /** The bytes of `spiece.model`, or what `readSentencePieceModel` made of them. */
  readonly model: Uint8Array | SentencePieceModel;
  /**
   * Number of sentinels `<extra_id_0>` and up; the first has the highest id. Default 100, and none where the
   * model has pieces of that name, or ids of padding and end other than T5's 0 and 1.
   */
  readonly extraIds?: number;
  /**
   * True puts a space before the text after every added token, as Hugging Face did before it had this switch and
   * does by default; false only where the text has one. Default true.
   */
  readonly legacy?: boolean;
  /** Names of special tokens, where they are not those of the model's own control pieces. */
  readonly specialTokens?: Readonly<Partial<Record<SpecialTokenRole, string>>>;
  /** Further added tokens, such as those of tokenizer_config.json. */
  readonly addedTokens?: readonly AddedToken[];
  readonly modelMaxLength?: number;
  /** The class Hugging Face loads the saved files with. Default `T5Tokenizer`. */
  readonly tokenizerClass?: string;
  /** Names the file in errors. */
  readonly file?: string;
}

const optionNames = [
  'model',
  'extraIds',
  'legacy',
  'specialTokens',
  'addedTokens',
  'modelMaxLength',
  'tokenizerClass',
  'file',
];

/** Sentinels of T5 and mT5; UMT5 has 300. */
const usualExtraIds = 100;
/** More sentinels than anyone has used; a larger number is a damaged file. */
const mostExtraIds = 100_000;

/**
 * T5's tokenizer: SentencePiece's character map and Unigram model, sentinels after the pieces, `</s>` at the end.
 * Ids are those of SentencePiece itself.
 * @throws TokenizerError when the model is damaged or of another type, or special tokens are missing
 * @see Raffel et al. 2020, §2.2.1; Hugging Face T5Tokenizer
 */
export function createT5Tokenizer(options: T5TokenizerOptions): Tokenizer {
  return createTokenizer(t5Parts(options));
}

/** The stages of `createT5Tokenizer`. */
export function t5Parts(options: T5TokenizerOptions): TokenizerParts {
  const op = 'createT5Tokenizer';
  checkOptions(op, options, optionNames);
  checkChoice(op, 'legacy', options.legacy, [true, false]);
  checkExtraIds(op, options.extraIds);
  const { legacy = true, file, tokenizerClass = 'T5Tokenizer', modelMaxLength } = options;
  const source =
    options.model instanceof Uint8Array ? readSentencePieceModel(options.model, file) : options.model;
  const { pieces, kinds, unkId, byteFallback } = source;
  const origin = file === undefined ? {} : { file };
  const model = createUnigram({ pieces, kinds, unkId, byteFallback, precision: 'single', ...origin });
  const stages = createSentencePieceStages(source, { prefixes: legacy ? 'always' : 'first', ...origin });
  const specialTokens = { ...controlNames(source), ...options.specialTokens };
  const addedTokens = allAddedTokens(source, { ...options, specialTokens });
  const eosId =
    specialTokens.eos === undefined
      ? undefined
      : (model.tokenToId(specialTokens.eos) ??
        addedTokens.find(({ content }) => content === specialTokens.eos)?.id);
  return {
    tokenizerClass,
    ...stages,
    model,
    ...(eosId === undefined
      ? {}
      : { postProcessor: createEosTemplate({ eos: { token: specialTokens.eos!, id: eosId } }) }),
    decoder: createMetaspaceDecoder(),
    addedTokens,
    specialTokens,
    ...(modelMaxLength === undefined ? {} : { modelMaxLength }),
    sentencePieceFile: options.model instanceof Uint8Array ? options.model : writeSentencePieceModel(source),
    legacy,
    ...origin,
  };
}

/** The model's own names of its special pieces. */
function controlNames({
  pieces,
  unkId,
  padId,
  eosId,
  bosId,
}: SentencePieceModel): Partial<Record<SpecialTokenRole, string>> {
  const ids = { unk: unkId, pad: padId, bos: bosId, eos: eosId };
  const named = Object.entries(ids).flatMap(([role, id]) =>
    id === undefined ? [] : [[role, pieces[id]![0]]],
  );
  return Object.fromEntries(named) as Partial<Record<SpecialTokenRole, string>>;
}

/** Special pieces, tokens of the files, and sentinels; each text once. */
function allAddedTokens(
  { pieces, padId, eosId }: SentencePieceModel,
  { specialTokens = {}, addedTokens = [], extraIds }: T5TokenizerOptions,
): AddedToken[] {
  const isT5Like = padId === 0 && eosId === 1;
  const idOfPiece = new Map(pieces.map(([piece], id) => [piece, id]));
  const known = new Map(addedTokens.map((token) => [token.content, token]));
  for (const content of Object.values(specialTokens)) {
    const id = idOfPiece.get(content);
    if (id !== undefined && !known.has(content)) known.set(content, specialAddedToken(content, id));
  }
  const hasSentinels = idOfPiece.has(sentinel(0)) || known.has(sentinel(0)) || !isT5Like;
  const count = extraIds ?? (hasSentinels ? 0 : usualExtraIds);
  for (let index = 0; index < count; index++) {
    const content = sentinel(index);
    const id = idOfPiece.get(content) ?? pieces.length + count - 1 - index;
    if (!known.has(content)) known.set(content, specialAddedToken(content, id));
  }
  return [...known.values()].sort((a, b) => a.id - b.id);
}

/** True for `<extra_id_0>` and its like. */
export function isSentinel(token: string): boolean {
  return /^<extra_id_\d+>$/.test(token);
}

function sentinel(index: number): string {
  return `<extra_id_${index}>`;
}

function checkExtraIds(op: string, extraIds: number | undefined): void {
  checkInteger(op, 'extraIds', extraIds, 0);
  if (extraIds === undefined || extraIds <= mostExtraIds) return;
  throw new TokenizerError({
    code: 'bad-option',
    op,
    field: 'extraIds',
    problem: `extraIds (extra_ids in files) is ${extraIds}, at most ${mostExtraIds} are allowed`,
    remedy: 'a damaged file; T5 has 100, UMT5 300.',
  });
}
