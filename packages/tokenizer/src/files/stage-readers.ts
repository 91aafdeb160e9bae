import { TokenizerError, type Rules } from '../errors.js';
import type { Decoder, Normalizer, PreTokenizer } from '../pipeline.js';
import { moreStagesRemedy, type PatternEngine, type TextPattern } from '../regex/text-pattern.js';
import type { TokenizerParts } from '../tokenizer-parts.js';
import type { TokenizerConfig } from './read-config.js';
import {
  arrayItems,
  fail,
  failUnsupported,
  optional,
  required,
  requiredField,
  supportedRemedy,
  type JsonField,
} from './json-field.js';

/** Reads the section of one type of stage; `nested` reads the stages within it, one level deeper. */
type StageReader<T> = (section: JsonField, nested: NestedReaders<T>) => T;

/** A record a type: what `tokenizer.json` calls it, and how its section is read. */
export type StageReaders<T> = Readonly<Record<string, StageReader<T>>>;

interface NestedReaders<T> {
  readonly readers: StageReaders<T>;
  /** Reads patterns that are no run of one character. */
  readonly engine?: PatternEngine;
  readonly depth?: number;
}

/** Stages that `tokenizerFromFiles` reads when they are passed to it, and an engine for patterns. */
export interface StageSet {
  readonly normalizers: StageReaders<Normalizer>;
  readonly preTokenizers: StageReaders<PreTokenizer>;
  readonly decoders: StageReaders<Decoder>;
  readonly engine: PatternEngine;
  /** What a spiece.model and the files beside it hold. */
  readonly readSentencePiece: (bytes: Uint8Array, config: TokenizerConfig) => TokenizerParts;
}

/** What a StageSet may hold. */
export const stageSetRules: Rules<StageSet> = {
  normalizers: null,
  preTokenizers: null,
  decoders: null,
  engine: null,
  readSentencePiece: null,
};

/** Every stage of `moreStages`, by the names in files. */
const namesOfMore =
  /^(NFK?[CD]|Lowercase|StripAccents|Prepend|Whitespace|Punctuation|Digits|Split|ByteFallback|Fuse|Strip|Replace|Sequence)$/;
const MAX_DEPTH = 20;

/**
 * The stage that a section describes; an error about its options names file and section.
 * @throws TokenizerError (unsupported) naming the types that are read
 */
export function readStage<T>(section: JsonField, nested: NestedReaders<T>): T {
  const { readers } = nested;
  const type = required<string>(section, 'type', 'string');
  if (!Object.hasOwn(readers, type)) {
    const remedy = namesOfMore.test(type) ? moreStagesRemedy : supportedRemedy(Object.keys(readers));
    failUnsupported(requiredField(section, 'type'), `"${type}"`, remedy);
  }
  try {
    return readers[type]!(section, nested);
  } catch (error) {
    if (!(error instanceof TokenizerError) || error.file !== undefined) throw error;
    const place = error.field === undefined ? section.path : `${section.path}.${error.field}`;
    throw new TokenizerError({ ...error.facts, file: section.file, field: place });
  }
}

/** The stages of a Sequence, in the field `name`. */
export function readSequence<T>(
  section: JsonField,
  name: string,
  { depth = 0, ...nested }: NestedReaders<T>,
): readonly T[] {
  const field = requiredField(section, name);
  if (depth >= MAX_DEPTH) fail(field, `is nested more than ${MAX_DEPTH} deep`);
  return arrayItems(field).map((item) => readStage(item, { ...nested, depth: depth + 1 }));
}

/** The field `pattern`: `{"String": …}`, `{"Regex": …}`, or a plain string. */
export function readPattern(section: JsonField, engine: PatternEngine | undefined): TextPattern {
  const field = requiredField(section, 'pattern');
  if (typeof field.value === 'string') return field.value;
  const regex = optional<string>(field, 'Regex', 'string');
  return regex === undefined ? required(field, 'String', 'string') : { regex, engine };
}

/** The fields of a Replace stage. */
export function readReplacement(
  section: JsonField,
  engine: PatternEngine | undefined,
): { readonly pattern: TextPattern; readonly content: string } {
  return {
    pattern: readPattern(section, engine),
    content: required(section, 'content', 'string'),
  };
}
