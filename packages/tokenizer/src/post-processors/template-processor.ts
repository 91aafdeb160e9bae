import type { Json, PostProcessor, TemplatePiece } from '../pipeline.js';

/** What surrounds one text, and what surrounds two. */
export interface TemplateOptions {
  readonly single: readonly TemplatePiece[];
  readonly pair: readonly TemplatePiece[];
}

/** Puts special tokens where two templates say: Hugging Face's TemplateProcessing. */
export function createTemplateProcessor({ single, pair }: TemplateOptions): PostProcessor {
  return Object.freeze({
    type: 'TemplateProcessing',
    single,
    pair,
    skipsRepeated: false,
    toJson: (): Json => ({
      type: 'TemplateProcessing',
      single: single.map(pieceJson),
      pair: pair.map(pieceJson),
      special_tokens: Object.fromEntries([...single, ...pair].flatMap(specialTokenEntry)),
    }),
  });
}

/** A special token and its id, as the post-processors take them. */
export interface TemplateToken {
  readonly token: string;
  readonly id: number;
}

/** BERT's layout: `[CLS] A [SEP]`, or `[CLS] A [SEP] B [SEP]` with type 1 from B on. */
export function createBertProcessor({
  cls,
  sep,
}: {
  readonly cls: TemplateToken;
  readonly sep: TemplateToken;
}): PostProcessor {
  const single = [special(cls, 0), sequence('A', 0), special(sep, 0)];
  return createTemplateProcessor({ single, pair: [...single, sequence('B', 1), special(sep, 1)] });
}

/** T5's layout: `A </s>`, or `A </s> B </s>`, all of type 0. */
export function createEosTemplate({ eos }: { readonly eos: TemplateToken }): PostProcessor {
  const single = [sequence('A', 0), special(eos, 0)];
  return createTemplateProcessor({ single, pair: [...single, sequence('B', 0), special(eos, 0)] });
}

/** ByT5's layout: `A </s>`, or `A </s> B </s>`; a text that already ends with `</s>` gets no second one. */
export function createEosProcessor({ eos }: { readonly eos: TemplateToken }): PostProcessor {
  return Object.freeze({ ...createEosTemplate({ eos }), type: 'EosUnlessPresent', skipsRepeated: true });
}

/** A place for one of the input texts. */
function sequence(name: 'A' | 'B', typeId: number): TemplatePiece {
  return { sequence: name, typeId };
}

function special({ token, id }: TemplateToken, typeId: number): TemplatePiece {
  return { name: token, ids: [id], tokens: [token], typeId };
}

function pieceJson(piece: TemplatePiece): Json {
  return 'sequence' in piece
    ? { Sequence: { id: piece.sequence, type_id: piece.typeId } }
    : { SpecialToken: { id: piece.name, type_id: piece.typeId } };
}

function specialTokenEntry(piece: TemplatePiece): [string, Json][] {
  if ('sequence' in piece) return [];
  return [[piece.name, { id: piece.name, ids: [...piece.ids], tokens: [...piece.tokens] }]];
}
