import { checkValue, TokenizerError } from './errors.js';
import type { Encoding, RowStore } from './encoding.js';

const op = 'encodeBatch';

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
    const problem = `a row has ${longest} tokens, the fixed length is ${wanted}`;
    const remedy = `pass maxLength: ${wanted}, too, and longer rows are cut.`;
    throw new TokenizerError({ code: 'bad-length', op, field: 'padding.length', problem, remedy });
  }
  return Math.ceil(wanted / padToMultipleOf) * padToMultipleOf;
}

/** What padding options may be. */
export const paddingRules = { padding: null, padToMultipleOf: 1, paddingSide: ['right', 'left'] };

/** Checks what the table of rules cannot say. @throws TokenizerError (bad-option) */
export function checkPadding({ padding = 'longest' }: PaddingOptions): void {
  if (padding === 'longest') return;
  const field = 'padding.length';
  if (typeof padding?.length === 'number') return checkValue(op, field, { value: padding.length, rule: 1 });
  const problem = "padding must be 'longest' or { length }";
  const remedy = 'leave it out to pad to the longest.';
  throw new TokenizerError({ code: 'bad-option', op, field: 'padding', problem, remedy });
}

function noPadToken(): TokenizerError {
  const problem = 'rows differ in length, and there is no padding token';
  const remedy = 'name pad_token in tokenizer_config.json, or encode rows of one length.';
  return new TokenizerError({ code: 'missing-token', op, field: 'pad', problem, remedy });
}
