import type { Model } from '../pipeline.js';
import { flag } from '../errors.js';
import {
  createUnigram,
  type ScoredPiece,
  type UnigramModel,
  type UnigramOptions,
} from '../models/unigram.js';
import {
  createWordPiece,
  wordPieceRules,
  type WordPieceModel,
  type WordPieceOptions,
} from '../models/word-piece.js';
import {
  arrayItems,
  fail,
  failUnsupported,
  mustBe,
  objectEntries,
  optionalField,
  readOptions,
  requiredField,
  supportedRemedy,
  valueOf,
  type JsonField,
} from './json-field.js';
import { readStage, type StageReaders } from './stage-readers.js';

/** A model of a file; both tell their unknown token. */
type FileModel = WordPieceModel | UnigramModel;

/** The `model` section; files of before 2020 leave its type out. */
export function readModel(section: JsonField): FileModel {
  if (optionalField(section, 'type')) return readStage(section, { readers: modelReaders });
  if (optionalField(section, 'max_input_chars_per_word')) return readWordPiece(section);
  if (Array.isArray(optionalField(section, 'vocab')?.value)) return readUnigram(section);
  return failUnsupported(section, 'without a type', supportedRemedy(Object.keys(modelReaders)));
}

const modelReaders: StageReaders<FileModel> = { WordPiece: readWordPiece, Unigram: readUnigram };

function readWordPiece(section: JsonField): WordPieceModel {
  const vocab = objectEntries(requiredField(section, 'vocab'));
  return createWordPiece({
    vocab: new Map(vocab.map(([token, id]) => [token, valueOf(id, 0)])),
    ...readOptions<Omit<WordPieceOptions, 'vocab' | 'file'>>(section, wordPieceRules),
    file: section.file,
  });
}

function readUnigram(section: JsonField): UnigramModel {
  const vocab = requiredField(section, 'vocab');
  const pieces = vocab.value as readonly ScoredPiece[];
  if (!Array.isArray(pieces)) mustBe(vocab, 'an array');
  // Tens of thousands of pieces: a field object is made for a bad one only.
  const bad = pieces.findIndex((piece) => !isScoredPiece(piece));
  if (bad >= 0) fail(arrayItems(vocab)[bad]!, 'must be a piece and its score');
  return createUnigram({
    pieces,
    ...readOptions<Pick<UnigramOptions, 'unkId' | 'byteFallback'>>(section, { unkId: 0, byteFallback: flag }),
    file: section.file,
  });
}

function isScoredPiece(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  return typeof value[0] === 'string' && typeof value[1] === 'number';
}

/** The model's own name of its unknown token. */
export function unkTokenOf(model: FileModel): string | undefined {
  if (model.type === 'WordPiece') return model.unkToken;
  return model.unkId === undefined ? undefined : (model as Model).idToToken(model.unkId);
}
