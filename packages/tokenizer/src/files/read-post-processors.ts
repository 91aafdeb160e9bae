import type { PostProcessor, TemplatePiece } from '../pipeline.js';
import {
  createBertProcessor,
  createTemplateProcessor,
  type TemplateToken,
} from '../post-processors/template-processor.js';
import {
  arrayItems,
  countValue,
  fail,
  objectEntries,
  optionalField,
  requiredField,
  stringValue,
  type JsonField,
} from './json-field.js';
import { readStage, type StageReaders } from './stage-readers.js';

/** The `post_processor` section. */
export function readPostProcessor(section: JsonField): PostProcessor {
  return readStage(section, postProcessorReaders);
}

const postProcessorReaders: StageReaders<PostProcessor> = {
  TemplateProcessing(section) {
    const specialTokens = new Map(objectEntries(requiredField(section, 'special_tokens')));
    const read = (name: string) =>
      arrayItems(requiredField(section, name)).map((piece) => readPiece(piece, specialTokens));
    return createTemplateProcessor({ single: read('single'), pair: read('pair') });
  },
  BertProcessing: (section) =>
    createBertProcessor({ cls: readTokenPair(section, 'cls'), sep: readTokenPair(section, 'sep') }),
};

function readTokenPair(section: JsonField, name: string): TemplateToken {
  const field = requiredField(section, name);
  const [token, id] = arrayItems(field);
  if (token === undefined || id === undefined) return fail(field, 'must be a token and its id');
  return { token: stringValue(token), id: countValue(id) };
}

function readPiece(piece: JsonField, specialTokens: ReadonlyMap<string, JsonField>): TemplatePiece {
  const input = optionalField(piece, 'Sequence');
  const field = input ?? requiredField(piece, 'SpecialToken');
  const name = stringValue(requiredField(field, 'id'));
  const typeId = countValue(requiredField(field, 'type_id'));
  if (input !== undefined) {
    return name === 'A' || name === 'B' ? { sequence: name, typeId } : fail(input, 'id must be A or B');
  }
  const special = specialTokens.get(name) ?? fail(field, `"${name}" is not among special_tokens`);
  const ids = arrayItems(requiredField(special, 'ids')).map(countValue);
  const tokens = arrayItems(requiredField(special, 'tokens')).map(stringValue);
  if (ids.length !== tokens.length || ids.length === 0)
    fail(special, 'needs as many ids as tokens, at least one');
  return { name, ids, tokens, typeId };
}
