import { checkChoice, checkInteger, TokenizerError } from './errors.js';
import type { Encoding } from './encoding.js';

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
  readonly batch: number;
  readonly seqLen: number;
  /** The rows before padding, with tokens and offsets. */
  readonly encodings: readonly Encoding[];
}

/**
 * Pads rows into one batch.
 * @param padId  id of padding; only needed when rows differ in length
 * @throws TokenizerError (bad-length) when a row is longer than the fixed length
 */
export function padBatch(
  encodings: readonly Encoding[],
  { padId, ...options }: PaddingOptions & { readonly padId: number | undefined },
): BatchEncoding {
  const { paddingSide = 'right' } = options;
  const batch = encodings.length;
  const seqLen = paddedLength(encodings, options);
  const shape = batch * seqLen;
  const inputIds = new Int32Array(shape); // [batch, seqLen]
  const attentionMask = new Int32Array(shape);
  const typeIds = new Int32Array(shape);
  if (padId !== undefined) inputIds.fill(padId);
  encodings.forEach((encoding, row) => {
    const length = encoding.ids.length;
    if (length < seqLen && padId === undefined) throw noPadToken();
    const at = row * seqLen + (paddingSide === 'left' ? seqLen - length : 0);
    inputIds.set(encoding.ids, at);
    attentionMask.fill(1, at, at + length);
    typeIds.set(encoding.typeIds, at);
  });
  return Object.freeze({ inputIds, attentionMask, typeIds, batch, seqLen, encodings });
}

function paddedLength(encodings: readonly Encoding[], options: PaddingOptions): number {
  const { padding = 'longest', padToMultipleOf = 1 } = options;
  const longest = encodings.reduce((most, { ids }) => Math.max(most, ids.length), 0);
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
