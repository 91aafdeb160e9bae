import type { Model } from '../pipeline.js';
import { createUnigram, type ScoredPiece, type UnigramModel } from '../models/unigram.js';
import { createWordPiece, type WordPieceModel } from '../models/word-piece.js';
import {
  arrayItems,
  countValue,
  fail,
  failUnsupported,
  objectEntries,
  optionalField,
  requiredField,
  stringValue,
  type JsonField,
} from './json-field.js';
import { flagOr, readStage, type StageReaders } from './stage-readers.js';

/** A model of a file; both tell their unknown token. */
export type FileModel = WordPieceModel | UnigramModel;

/** The `model` section; files of before 2020 leave its type out. */
export function readModel(section: JsonField): FileModel {
  if (optionalField(section, 'type') !== undefined) return readStage(section, modelReaders);
  if (optionalField(section, 'max_input_chars_per_word') !== undefined) return readWordPiece(section);
  if (Array.isArray(optionalField(section, 'vocab')?.value)) return readUnigram(section);
  return failUnsupported(section, 'without a type', Object.keys(modelReaders));
}

const modelReaders: StageReaders<FileModel> = { WordPiece: readWordPiece, Unigram: readUnigram };

function readWordPiece(section: JsonField): WordPieceModel {
  const unkToken = optionalField(section, 'unk_token');
  const prefix = optionalField(section, 'continuing_subword_prefix');
  const maxChars = optionalField(section, 'max_input_chars_per_word');
  return createWordPiece({
    vocab: new Map(
      objectEntries(requiredField(section, 'vocab')).map(([token, id]) => [token, countValue(id)]),
    ),
    unkToken: unkToken && stringValue(unkToken),
    continuingSubwordPrefix: prefix && stringValue(prefix),
    maxInputCharsPerWord: maxChars && countValue(maxChars),
    file: section.file,
  });
}

function readUnigram(section: JsonField): UnigramModel {
  const unkId = optionalField(section, 'unk_id');
  const vocab = requiredField(section, 'vocab');
  if (!Array.isArray(vocab.value)) fail(vocab, 'must be an array');
  // Tens of thousands of pieces: a field object is made for a bad one only.
  const bad = (vocab.value as readonly unknown[]).findIndex((piece) => !isScoredPiece(piece));
  if (bad >= 0) fail(arrayItems(vocab)[bad]!, 'must be a piece and its score');
  return createUnigram({
    pieces: vocab.value as readonly ScoredPiece[],
    unkId: unkId && countValue(unkId),
    byteFallback: flagOr(section, 'byte_fallback', { missing: false }),
    file: section.file,
  });
}

function isScoredPiece(value: unknown): value is ScoredPiece {
  if (!Array.isArray(value) || value.length !== 2) return false;
  return typeof value[0] === 'string' && typeof value[1] === 'number';
}

/** The model's own name of its unknown token. */
export function unkTokenOf(model: FileModel): string | undefined {
  if (model.type === 'WordPiece') return model.unkToken;
  return model.unkId === undefined ? undefined : (model as Model).idToToken(model.unkId);
}
