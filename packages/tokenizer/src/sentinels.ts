import { TokenizerError } from './errors.js';

/** More sentinels than anyone has used; a larger number is a damaged file. */
const mostExtraIds = 100_000;

/** True for `<extra_id_0>` and its like. */
export function isSentinel(token: string): boolean {
  return /^<extra_id_\d+>$/.test(token);
}

/**
 * `<extra_id_0>` and so on.
 * @throws TokenizerError (bad-option) when there are absurdly many
 */
export function sentinels(op: string, extraIds: number): string[] {
  if (extraIds <= mostExtraIds) return Array.from({ length: extraIds }, (_, index) => `<extra_id_${index}>`);
  const problem = `extraIds (extra_ids in files) is ${extraIds}, at most ${mostExtraIds} are allowed`;
  const remedy = 'a damaged file: UMT5 has 300.';
  throw new TokenizerError({ code: 'bad-option', op, field: 'extraIds', problem, remedy });
}
