import { checkedReferences, type References } from './answers.js';
import { checkOptions } from './checks.js';
import { splitWords, trimEnd } from './python-text.js';
import { formatSignature } from './signature.js';
import { addInto, sum } from './statistics.js';
import { EditDistances, type Alignment } from './ter-alignment.js';
import { tercomLine, type TerTokenization } from './ter-tokenizer.js';

/** Options of TER, with sacreBLEU's defaults (all false). */
export type TerOptions = Partial<TerTokenization>;

/** Translation edit rate: edits per hundred words of the reference, lower is better, not bounded by 100. */
export interface TerScores {
  readonly ter: number;
  /** Insertions, deletions, substitutions and shifts. */
  readonly edits: number;
  /** Words of the references, averaged where there are several. */
  readonly referenceLength: number;
  /** The settings, as sacreBLEU prints them. */
  readonly signature: string;
}

const MAX_SHIFT_SIZE = 10;
const MAX_SHIFT_DISTANCE = 50;
const MAX_CANDIDATES = 1000;

/**
 * Translation edit rate with block shifts, as Tercom searches for them.
 * @throws MetricError (metric-length-mismatch, metric-empty, metric-bad-input, metric-bad-option)
 * @see Snover et al. 2006; sacreBLEU's TER
 */
export function ter(
  targets: readonly References[],
  predictions: readonly string[],
  options: TerOptions = {},
): TerScores {
  const total = new Float64Array(2);
  for (const statistics of terStatistics(targets, predictions, options)) addInto(total, statistics);
  const [edits, referenceLength] = total as unknown as [number, number];
  return { ter: terOfStatistics(total), edits, referenceLength, signature: terSignature(targets, options) };
}

/** sacreBLEU's signature of these settings. */
export function terSignature(targets: readonly References[], options: TerOptions = {}): string {
  const { caseSensitive, normalized, removePunctuation, asianSupport } = terSettings(options);
  return formatSignature(targets, {
    case: caseSensitive ? 'mixed' : 'lc',
    tok: 'tercom',
    norm: normalized,
    punct: !removePunctuation,
    asian: asianSupport,
  });
}

function terSettings(options: TerOptions): TerTokenization {
  checkOptions('ter', options, ['normalized', 'removePunctuation', 'asianSupport', 'caseSensitive']);
  const {
    normalized = false,
    removePunctuation = false,
    asianSupport = false,
    caseSensitive = false,
  } = options;
  return { normalized, removePunctuation, asianSupport, caseSensitive };
}

/** Per sentence: fewest edits to any reference, and mean length of the references. */
export function terStatistics(
  targets: readonly References[],
  predictions: readonly string[],
  options: TerOptions = {},
): readonly (readonly [edits: number, referenceLength: number])[] {
  const settings = terSettings(options);
  const lineOf = (text: string): string => tercomLine(trimEnd(text), settings);
  // sacreBLEU prepares references twice, and a second time can part what the first joined: "it's\tthe"
  const wordsOf = (reference: string): string[] => splitWords(lineOf(lineOf(reference)));
  return checkedReferences('ter', targets, predictions).map((references, index) => {
    const hypothesis = splitWords(lineOf(predictions[index]!));
    const all = references.map(wordsOf);
    const edits = all.reduce((fewest, words) => Math.min(fewest, countEdits(hypothesis, words)), Infinity);
    return [edits, sum(all.map((words) => words.length)) / all.length];
  });
}

/** TER from added-up statistics. */
export function terOfStatistics(statistics: ArrayLike<number>): number {
  const [edits, length] = [statistics[0]!, statistics[1]!];
  if (length > 0) return (100 * edits) / length;
  return edits > 0 ? 100 : 0;
}

/** Shifts while they pay, then the edits that are left. */
function countEdits(hypothesis: readonly string[], reference: readonly string[]): number {
  if (reference.length === 0) return hypothesis.length;
  const distances = new EditDistances(reference);
  let [words, shifts, candidates] = [hypothesis, 0, 0];
  for (;;) {
    const search = bestShift(words, { reference, distances, candidates });
    candidates = search.candidates;
    if (candidates >= MAX_CANDIDATES || search.gain <= 0) return shifts + search.cost;
    words = search.words;
    shifts++;
  }
}

interface ShiftSearch {
  readonly reference: readonly string[];
  readonly distances: EditDistances;
  /** How many shifts were tried before; there is a limit to all of them. */
  readonly candidates: number;
}

interface Shift {
  /** By how much the distance falls. */
  readonly gain: number;
  readonly length: number;
  readonly start: number;
  readonly target: number;
  readonly words: readonly string[];
}

/** The shift that lowers the distance most. */
function bestShift(
  words: readonly string[],
  { reference, distances, candidates }: ShiftSearch,
): {
  readonly gain: number;
  readonly words: readonly string[];
  readonly cost: number;
  readonly candidates: number;
} {
  const alignment = distances.align(words);
  let best: Shift | undefined;
  let tried = candidates;
  for (const pair of matchingRuns(words, reference)) {
    if (!isWorthShifting(pair, alignment)) continue;
    for (const target of shiftTargets(pair, alignment.positions)) {
      const shifted = moveWords(words, pair, target);
      const gain = alignment.cost - distances.cost(shifted);
      const shift = { gain, length: pair.length, start: pair.start, target, words: shifted };
      if (best === undefined || isBetter(shift, best)) best = shift;
      tried++;
    }
    if (tried >= MAX_CANDIDATES) break;
  }
  return { gain: best?.gain ?? 0, words: best?.words ?? words, cost: alignment.cost, candidates: tried };
}

/** Tercom's order: highest gain, then longest, then earliest, then nearest to the beginning. */
function isBetter(a: Shift, b: Shift): boolean {
  if (a.gain !== b.gain) return a.gain > b.gain;
  if (a.length !== b.length) return a.length > b.length;
  return a.start !== b.start ? a.start < b.start : a.target < b.target;
}

/** The same words in both: `length` words from `start` in the hypothesis, from `goal` in the reference. */
interface Run {
  readonly start: number;
  readonly goal: number;
  readonly length: number;
}

function* matchingRuns(words: readonly string[], reference: readonly string[]): Generator<Run> {
  for (let start = 0; start < words.length; start++) {
    const from = Math.max(0, start - MAX_SHIFT_DISTANCE);
    const to = Math.min(reference.length - 1, start + MAX_SHIFT_DISTANCE);
    for (let goal = from; goal <= to; goal++) {
      const room = Math.min(MAX_SHIFT_SIZE, words.length - start, reference.length - goal);
      for (
        let length = 1;
        length <= room && words[start + length - 1] === reference[goal + length - 1];
        length++
      ) {
        yield { start, goal, length };
      }
    }
  }
}

/** Only where both sides are wrong now, and not within itself. */
function isWorthShifting({ start, goal, length }: Run, alignment: Alignment): boolean {
  const { hypothesisErrors, referenceErrors, positions } = alignment;
  const isInside = start <= positions[goal]! && positions[goal]! < start + length;
  const hasError = (errors: readonly boolean[], first: number): boolean =>
    errors.slice(first, first + length).includes(true);
  return !isInside && hasError(hypothesisErrors, start) && hasError(referenceErrors, goal);
}

/** Places before which the run may be put: after the word that each of its words is aligned beside. */
function shiftTargets({ goal, length }: Run, positions: readonly number[]): readonly number[] {
  const targets: number[] = [];
  for (let offset = -1; offset < length; offset++) {
    const at = goal + offset;
    const target = at === -1 ? 0 : positions[at]! + 1;
    if (target !== targets.at(-1)) targets.push(target);
  }
  return targets;
}

function moveWords(words: readonly string[], { start, length }: Run, target: number): readonly string[] {
  const run = words.slice(start, start + length);
  const rest = [...words.slice(0, start), ...words.slice(start + length)];
  const at = target > start + length ? target - length : target;
  return [...rest.slice(0, at), ...run, ...rest.slice(at)];
}
