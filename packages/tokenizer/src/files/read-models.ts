import { createWordPiece, type WordPieceModel } from '../models/word-piece.js';
import {
  countValue,
  failUnsupported,
  objectEntries,
  optionalField,
  requiredField,
  stringValue,
  type JsonField,
} from './json-field.js';
import { readStage, type StageReaders } from './stage-readers.js';

/** The `model` section; files of before 2020 leave its type out. */
export function readModel(section: JsonField): WordPieceModel {
  if (optionalField(section, 'type') !== undefined) return readStage(section, modelReaders);
  if (optionalField(section, 'max_input_chars_per_word') === undefined)
    failUnsupported(section, 'without a type', Object.keys(modelReaders));
  return readWordPiece(section);
}

const modelReaders: StageReaders<WordPieceModel> = { WordPiece: readWordPiece };

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
