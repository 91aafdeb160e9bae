import type { References } from './answers.js';

/**
 * The sacreBLEU whose numbers BLEU, chrF and TER here are, digit for digit in the tests; signatures name it, since it
 * is what a reader must run to verify a score. The version of this package is another matter.
 */
export const SACREBLEU_VERSION = '2.6.0';

/** A signature in the long form of sacreBLEU; true and false become yes and no. */
export function formatSignature(
  targets: readonly References[],
  fields: Readonly<Record<string, string | number | boolean>>,
): string {
  const all = { nrefs: referenceCount(targets), ...fields, version: SACREBLEU_VERSION };
  const show = (value: string | number | boolean): string =>
    typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
  return Object.entries(all)
    .map(([name, value]) => `${name}:${show(value)}`)
    .join('|');
}

/** References per example; `var` where examples differ. */
function referenceCount(targets: readonly References[]): string {
  const counts = new Set(targets.map((target) => (typeof target === 'string' ? 1 : target.length)));
  return counts.size === 1 ? String([...counts][0]) : 'var';
}

/** Two digits after the point; an exact tie goes to the even digit, as Python prints it. */
export function twoDigits(value: number): string {
  const isTie = Number.isInteger(value * 8) && (value * 100) % 1 === 0.5;
  return isTie ? ((2 * Math.round(value * 50)) / 100).toFixed(2) : value.toFixed(2);
}
