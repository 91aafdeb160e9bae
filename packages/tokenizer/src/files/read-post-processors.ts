import type { PostProcessor, TemplatePiece } from '../pipeline.js';
import {
  createBertProcessor,
  createTemplateProcessor,
  type TemplateToken,
} from '../post-processors/template-processor.js';
import {
  arrayItems,
  fail,
  objectEntries,
  optionalField,
  required,
  requiredField,
  valueOf,
  type JsonField,
} from './json-field.js';
import type { StageReaders } from './stage-readers.js';

/** Readers of the `post_processor` section. */
export const postProcessorReaders: StageReaders<PostProcessor> = {
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
  if (!token || !id) return fail(field, 'must be a token and its id');
  return { token: valueOf(token, 'string'), id: valueOf(id, 0) };
}

function readPiece(piece: JsonField, specialTokens: ReadonlyMap<string, JsonField>): TemplatePiece {
  const input = optionalField(piece, 'Sequence');
  const field = input ?? requiredField(piece, 'SpecialToken');
  const name = required<string>(field, 'id', 'string');
  const typeId = required<number>(field, 'type_id', 0);
  if (input !== undefined) {
    return name === 'A' || name === 'B' ? { sequence: name, typeId } : fail(input, 'id must be A or B');
  }
  const special = specialTokens.get(name) ?? fail(field, `"${name}" is not among special_tokens`);
  const ids = arrayItems(requiredField(special, 'ids')).map((id) => valueOf<number>(id, 0));
  const tokens = arrayItems(requiredField(special, 'tokens')).map((token) =>
    valueOf<string>(token, 'string'),
  );
  if (ids.length !== tokens.length || ids.length === 0)
    fail(special, 'needs as many ids as tokens, at least one');
  return { name, ids, tokens, typeId };
}
