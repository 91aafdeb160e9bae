import { DataError } from '../errors.js';

/** The error for shards that are not what they should be. */
export function shardError(facts: {
  readonly file: string;
  readonly problem: string;
  readonly remedy?: string;
  readonly field?: string;
  readonly cause?: unknown;
}): DataError {
  const remedy =
    'a copy that was cut off, or a file changed since. Copy the folder again, or prepare it anew.';
  return new DataError({ op: 'shards', page: 'data-shards', remedy, ...facts });
}
