import { checkChoice, checkInteger, checkOptions, type DataError, optionError, show } from '../errors.js';
import type { Place } from './place.js';

/** What every reader of text may be told. */
export interface ReaderOptions {
  /** A label of the Encoding standard, such as `latin1`; default the byte order mark's, else UTF-8. */
  readonly encoding?: string;
  /** Bytes that are invalid in the encoding: an error (default), or replaced by U+FFFD. */
  readonly invalidBytes?: 'error' | 'replace';
  /** The longest line, or quoted record, in bytes; default 64 MiB. Longer ones are an error. */
  readonly maxLineBytes?: number;
  /** Whether a source without a single record is accepted; default false. */
  readonly allowEmpty?: boolean;
  /** Goes on behind the record that has this place (`placeOf`). The files must be the same. */
  readonly after?: Place;
  /** Takes errors of single records, which are then left out; default: the first one is thrown. */
  readonly onInvalid?: (error: DataError) => void;
  readonly signal?: AbortSignal;
}

/** Names of ReaderOptions. */
const READER_OPTIONS: readonly string[] = [
  'encoding',
  'invalidBytes',
  'maxLineBytes',
  'allowEmpty',
  'after',
  'onInvalid',
  'signal',
];

/** The limit of `maxLineBytes` unless said otherwise. */
export const MAX_LINE_BYTES = 64 * 2 ** 20;

/**
 * Checks the options that all readers share, and that there are none beside them and `further`.
 * @throws DataError (unknown-option, option-value)
 */
export function checkReaderOptions(
  op: string,
  options: ReaderOptions,
  further: readonly string[] = [],
): void {
  checkOptions(op, options, [...further, ...READER_OPTIONS]);
  checkChoice(op, 'invalidBytes', options.invalidBytes, ['error', 'replace']);
  checkInteger(op, 'maxLineBytes', options.maxLineBytes, 1);
  if (options.encoding !== undefined) checkEncoding(op, options.encoding);
  const next = options.after?.next;
  if (options.after !== undefined && typeof next?.byte !== 'number') {
    throw optionError(op, 'after', 'after is no place; take what placeOf(record) gave');
  }
}

function checkEncoding(op: string, label: string): void {
  try {
    new TextDecoder(label);
  } catch {
    const some = 'utf-8, utf-16le, latin1, shift_jis, euc-kr, gbk';
    throw optionError(op, 'encoding', `encoding ${show(label)} is not known; known are ${some} and others`);
  }
}
