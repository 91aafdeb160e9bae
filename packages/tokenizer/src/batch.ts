import { checkChoice, checkInteger, TokenizerError } from './errors.js';
import type { Encoding, RowStore } from './encoding.js';

/** Rows brought to one length. */
export interface PaddingOptions {
  /** 'longest' pads to the longest row; { length } to a fixed one. Default 'longest'. */
  readonly padding?: 'longest' | { readonly length: number };
  /** Rounds the length up to a multiple of this. Default 1. */
  readonly padToMultipleOf?: number;
  /** Where padding goes. Default 'right'. */
  readonly paddingSide?: 'right' | 'left';
}

/** A batch as flat arrays, row after row. */
export interface BatchEncoding {
  readonly inputIds: Int32Array; // [batch, seqLen]
  /** 1 for tokens, 0 for padding. */
  readonly attentionMask: Int32Array; // [batch, seqLen]
  readonly typeIds: Int32Array; // [batch, seqLen]
  /** Which of the texts each row is from; with `returnOverflowing` a text may have several. */
  readonly sampleIds: Int32Array; // [batch]
  readonly batch: number;
  readonly seqLen: number;
  /** The rows before padding, with tokens and offsets. */
  readonly encodings: readonly Encoding[];
}

/** What is padded: rows, and the text each is from. */
interface BatchRows {
  readonly rows: RowStore;
  readonly sampleIds: readonly number[];
  readonly idToToken: (id: number) => string | undefined;
  /** Id of padding; only needed when rows differ in length. */
  readonly padId: number | undefined;
}

/**
 * Pads rows into one batch.
 * @throws TokenizerError (bad-length) when a row is longer than the fixed length
 */
export function padBatch(
  { rows, sampleIds, idToToken, padId }: BatchRows,
  options: PaddingOptions,
): BatchEncoding {
  const { paddingSide = 'right' } = options;
  const batch = rows.size;
  const seqLen = paddedLength(rows, options);
  const inputIds = new Int32Array(batch * seqLen); // [batch, seqLen]
  const attentionMask = new Int32Array(batch * seqLen);
  const typeIds = new Int32Array(batch * seqLen);
  if (padId !== undefined) inputIds.fill(padId);
  for (let row = 0; row < batch; row++) {
    const length = rows.lengthOf(row);
    if (length < seqLen && padId === undefined) throw noPadToken();
    const at = row * seqLen + (paddingSide === 'left' ? seqLen - length : 0);
    rows.copyColumn(row, 0, { array: inputIds, at });
    rows.copyColumn(row, 3, { array: typeIds, at });
    attentionMask.fill(1, at, at + length);
  }
  let encodings: readonly Encoding[] | undefined;
  return Object.freeze({
    inputIds,
    attentionMask,
    typeIds,
    sampleIds: Int32Array.from(sampleIds),
    batch,
    seqLen,
    get encodings() {
      return (encodings ??= sampleIds.map((_, row) => rows.encoding(row, idToToken)));
    },
  });
}

function paddedLength(rows: RowStore, options: PaddingOptions): number {
  const { padding = 'longest', padToMultipleOf = 1 } = options;
  let longest = 0;
  for (let row = 0; row < rows.size; row++) longest = Math.max(longest, rows.lengthOf(row));
  const wanted = padding === 'longest' ? longest : padding.length;
  if (longest > wanted) {
    throw new TokenizerError({
      code: 'bad-length',
      op: 'encodeBatch',
      field: 'padding.length',
      problem: `a row has ${longest} tokens, the fixed length is ${wanted}`,
      remedy: `pass maxLength: ${wanted} as well, so that longer rows are cut.`,
    });
  }
  return Math.ceil(wanted / padToMultipleOf) * padToMultipleOf;
}

/** Checks the values of padding options. */
export function checkPadding(op: string, { padding, padToMultipleOf, paddingSide }: PaddingOptions): void {
  checkChoice(op, 'paddingSide', paddingSide, ['right', 'left']);
  checkInteger(op, 'padToMultipleOf', padToMultipleOf, 1);
  if (padding === undefined || padding === 'longest') return;
  if (padding === null || typeof padding !== 'object' || padding.length === undefined) {
    throw new TokenizerError({
      code: 'bad-option',
      op,
      field: 'padding',
      problem: "padding must be 'longest' or { length }",
      remedy: "leave it out for 'longest'; encode() pads nothing.",
    });
  }
  checkInteger(op, 'padding.length', padding.length, 1);
}

function noPadToken(): TokenizerError {
  return new TokenizerError({
    code: 'missing-token',
    op: 'encodeBatch',
    field: 'pad',
    problem: 'rows differ in length, and this tokenizer has no padding token',
    remedy: 'name one in tokenizer_config.json (pad_token), or encode rows of one length.',
  });
}
