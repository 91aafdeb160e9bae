/** Inputs of the metric fixtures, as tools/golden/topics/metric_cases.py makes them. */
import type { RankedOption, SpanQuestion } from '../src/index.js';
import { seededRandom } from '../src/rng.js';
import { goldenFile } from './golden-file.js';

const golden = goldenFile('metrics-text');
const WORDS = golden.fact<readonly string[]>('words');
const SEPARATORS = golden.fact<readonly string[]>('separators');
const STEMS = golden.fact<readonly string[]>('stems');
const SUFFIXES = golden.fact<readonly string[]>('suffixes');
const TYPES = goldenFile('metrics-numbers').fact<readonly string[]>('types');

class Draws {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  next = (): number => this.#random();
  below = (limit: number): number => Math.floor(this.#random() * limit);
  pick = <T>(items: readonly T[]): T => items[this.below(items.length)]!;
  chance = (share: number): boolean => this.#random() < share;
  list = <T>(length: number, make: (index: number) => T): T[] =>
    Array.from({ length }, (_, index) => make(index));
}

function textOf(draws: Draws, words: readonly string[]): string {
  let text = '';
  words.forEach((word, index) => {
    text += (index > 0 ? draws.pick(SEPARATORS) : '') + word;
  });
  return text + draws.pick(['', '', ' ', '\n', '\u001f']);
}

const wordsOf = (draws: Draws, most: number): string[] =>
  draws.list(draws.below(most + 1), () => draws.pick(WORDS));

function edited(draws: Draws, words: readonly string[]): string[] {
  const copy: string[] = [];
  for (const word of words) {
    const kind = draws.below(10);
    if (kind === 0) continue;
    copy.push(kind === 1 ? draws.pick(WORDS) : word);
    if (kind === 2) copy.push(word);
  }
  if (!(copy.length > 3 && draws.chance(0.5))) return copy;
  const start = draws.below(copy.length - 1);
  const length = 1 + draws.below(Math.min(4, copy.length - start));
  const block = copy.splice(start, length);
  copy.splice(draws.below(copy.length + 1), 0, ...block);
  return copy;
}

export interface Corpus {
  readonly targets: readonly (readonly string[])[];
  readonly predictions: readonly string[];
}

export function corpus(seed: number): Corpus {
  const draws = new Draws(seed);
  const size = 1 + draws.below(8);
  const most = seed % 10 === 9 ? 70 : 14;
  const references = 1 + draws.below(3);
  const varies = draws.chance(0.2);
  const targets: string[][] = [];
  const predictions: string[] = [];
  for (let row = 0; row < size; row++) {
    const words = wordsOf(draws, most);
    predictions.push(textOf(draws, edited(draws, words)));
    const count = varies ? 1 + draws.below(3) : references;
    targets.push(draws.list(count, (index) => textOf(draws, index === 0 ? words : edited(draws, words))));
  }
  return { targets, predictions };
}

export function editPair(seed: number): { target: string; prediction: string } {
  const draws = new Draws(seed);
  const kinds = draws.pick([3, 8, 30, 120]);
  const words = draws.list(40 + draws.below(100), () => `w${draws.below(kinds)}`);
  const target = words.join(' ');
  if (seed % 5 === 4) {
    const rest = words.slice(draws.below(30));
    return { target, prediction: rest.slice(0, 1 + draws.below(2)).join(' ') };
  }
  const moves = 1 + draws.below(4);
  for (let move = 0; move < moves; move++) {
    const start = draws.below(words.length);
    const block = words.splice(start, 1 + draws.below(14));
    words.splice(draws.below(words.length + 1), 0, ...block);
  }
  return { target, prediction: words.join(' ') };
}

export function labels(seed: number): {
  classes: number;
  targets: number[];
  predictions: number[];
  weights: number[];
} {
  const draws = new Draws(seed);
  const size = 1 + draws.below(40);
  const classes = 2 + draws.below(4);
  const targets = draws.list(size, () => draws.below(classes));
  const predictions = targets.map((target) => (draws.chance(0.5) ? target : draws.below(classes)));
  return { classes, targets, predictions, weights: draws.list(size, () => draws.below(5) + 0.5) };
}

export function scores(seed: number): { targets: number[]; values: number[]; weights: number[] } {
  const draws = new Draws(seed);
  const size = 2 + draws.below(40);
  const targets = [0, 1, ...draws.list(size - 2, () => draws.below(2))];
  const coarse = draws.chance(0.5) ? 4 : 1000;
  const values = targets.map((target) => draws.below(coarse) / coarse + 0.25 * target);
  return { targets, values, weights: draws.list(size, () => draws.below(3) + 1) };
}

export function tags(seed: number, prefixes: string): { targets: string[][]; predictions: string[][] } {
  const draws = new Draws(seed);
  const tag = (): string => {
    if (draws.chance(0.3)) return 'O';
    const prefix = draws.pick([...prefixes]);
    return draws.chance(0.05) ? prefix : `${prefix}-${draws.pick(TYPES)}`;
  };
  const targets = draws.list(1 + draws.below(5), () => draws.list(draws.below(12), tag));
  const predictions = targets.map((row) => row.map((one) => (draws.chance(0.7) ? one : tag())));
  return { targets, predictions };
}

export function questions(seed: number): {
  targets: string[][];
  predictions: string[];
  noAnswerScores: number[];
} {
  const draws = new Draws(seed);
  const targets: string[][] = [];
  const predictions: string[] = [];
  const noAnswerScores: number[] = [];
  const size = 1 + draws.below(12);
  for (let row = 0; row < size; row++) {
    const words = wordsOf(draws, 5);
    const count = draws.chance(0.3) ? 0 : 1 + draws.below(3);
    targets.push(draws.list(count, () => textOf(draws, edited(draws, words))));
    predictions.push(draws.chance(0.2) ? '' : textOf(draws, edited(draws, words)));
    noAnswerScores.push(draws.below(6) / 4);
  }
  return { targets, predictions, noAnswerScores };
}

const SPAN_FORMS = [
  ...new Array<string>(5).fill('start: {} end: {}'),
  '{} {}',
  'start: {}',
  'start: x{} end: {}',
  'start {} end {} 9',
];

export function spanQuestions(seed: number): { targets: SpanQuestion[]; predictions: string[] } {
  const draws = new Draws(seed);
  const targets: SpanQuestion[] = [];
  const predictions: string[] = [];
  const size = 1 + draws.below(5);
  for (let row = 0; row < size; row++) {
    const words = wordsOf(draws, 14);
    const [start, length] = [draws.below(14), draws.below(4)];
    const answers = [textOf(draws, words.slice(start, start + length + 1)), textOf(draws, wordsOf(draws, 3))];
    targets.push({ context: textOf(draws, words), answers });
    const shown = [String(start + draws.below(2)), String(start + length)];
    predictions.push(draws.pick(SPAN_FORMS).replace(/\{\}/g, () => shown.shift()!));
  }
  return { targets, predictions };
}

export function options(
  seed: number,
  classes: number | undefined,
): { targets: RankedOption[]; scores: number[] } {
  const draws = new Draws(seed);
  const targets: RankedOption[] = [];
  const values: number[] = [];
  const size = 2 + draws.below(10);
  for (let example = 0; example < size; example++) {
    const count = classes ?? 1 + draws.below(4);
    const right = example < 2 ? example % count : draws.below(count);
    const weight = 1 + draws.below(3);
    for (let option = 0; option < count; option++) {
      targets.push({ example, option, isCorrect: option === right, weight, length: 1 + draws.below(6) });
      values.push(-draws.below(64) / 8 - 0.125);
    }
  }
  return { targets, scores: values };
}

export function distributions(seed: number): { targets: number[]; rows: number[][] } {
  const draws = new Draws(seed);
  const classes = 2 + draws.below(3);
  const targets: number[] = [];
  const rows: number[][] = [];
  const size = 2 + draws.below(30);
  for (let row = 0; row < size; row++) {
    const raw = draws.list(classes, () => draws.next() + 0.01);
    const total = raw.reduce((a, b) => a + b, 0);
    rows.push(raw.map((value) => value / total));
    targets.push(draws.below(classes));
  }
  return { targets, rows };
}

export function englishWords(seed: number): string[] {
  const draws = new Draws(seed);
  return draws.list(20, () => draws.pick(STEMS) + draws.pick(SUFFIXES) + draws.pick(SUFFIXES));
}

const SIGMA = ['Σ', 'Σ', 'Α', 'σ', '.', "'", '\u0301', ' ', '1', 'İ', 'ʰ', '\u00ad'];

export function sigmaText(seed: number): string {
  const draws = new Draws(seed);
  return draws.list(draws.below(9), () => draws.pick(SIGMA)).join('');
}
