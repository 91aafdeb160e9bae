/**
 * Where two JSON values differ: `batchSize: 32, now 64`.
 * @returns one line for each place, in the order of the keys
 */
export function differences(before: unknown, now: unknown, path = ''): readonly string[] {
  if (isObject(before) && isObject(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return keys.flatMap((key) => differences(before[key], now[key], path === '' ? key : `${path}.${key}`));
  }
  const [old, current] = [before, now].map((value) => JSON.stringify(value) ?? 'nothing');
  return old === current ? [] : [`${path}: ${old}, now ${current}`];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
