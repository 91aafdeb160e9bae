import { OptionError, checkOptions } from '@tesserae/tensor';
import type { GenerateOptions } from './generate-options.js';
import { OPTION_RULES, UNSUPPORTED } from './option-rules.js';

type Values = Record<string, unknown>;

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Options that say the same in two ways: the later level's choice replaces both of the earlier. */
const SAME_MATTER: readonly (readonly [string, string])[] = [
  ['maxLength', 'maxNewTokens'],
  ['minLength', 'minNewTokens'],
];

/**
 * Options by their camelCase names with checked values; null and undefined are left out.
 * @throws OptionError for names that are unknown, given twice or not supported, and for values out of range
 */
export function checkedOptions(options: object): GenerateOptions {
  const values: Values = {};
  for (const [given, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    const name = camelCase(given);
    if (name in values)
      fail(`'${given}' is given twice, as ${name} too`, { page: 'option-conflict', got: given });
    const refused = UNSUPPORTED[name];
    if (refused?.harmless.includes(value) === true) continue;
    if (refused !== undefined) {
      fail(`'${given}' is not supported`, {
        likely: refused.instead,
        page: 'generation-unsupported',
        got: value,
      });
    }
    values[name] = value;
  }
  checkOptions('generate', values, Object.keys(OPTION_RULES));
  for (const [name, value] of Object.entries(values)) {
    const needed = OPTION_RULES[name as keyof GenerateOptions](value);
    if (needed !== undefined)
      fail(`${name} is ${show(value)}, needed ${needed}`, { page: 'option-value', got: value });
  }
  for (const pair of SAME_MATTER) {
    if (pair.every((name) => name in values)) {
      fail(`${pair.join(' and ')} say the same in two ways`, {
        likely: 'Give one of them.',
        page: 'option-conflict',
      });
    }
  }
  return values as GenerateOptions;
}

/** Levels of options, each over the ones before it. */
export function mergeOptions(levels: readonly GenerateOptions[]): GenerateOptions {
  const merged: Values = {};
  for (const level of levels) {
    for (const pair of SAME_MATTER) {
      if (pair.some((name) => name in level)) for (const name of pair) delete merged[name];
    }
    Object.assign(merged, level);
  }
  return merged as GenerateOptions;
}

/** @throws OptionError always */
export function fail(
  problem: string,
  facts: { readonly page: string; readonly likely?: string; readonly got?: unknown },
): never {
  throw new OptionError({ op: 'generate', problem, ...facts });
}

function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value)?.slice(0, 80) ?? typeof value;
}
