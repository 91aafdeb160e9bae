import { OptionError } from '@tesserae/tensor';

/** Sizes that examples are padded to: [seqLen], or [srcLen, tgtLen]. */
export type Box = readonly number[];

/** How shapes are chosen. */
interface BucketOptions {
  /** The most shapes; each is a graph of its own to compile. */
  readonly count: number;
  /** Sizes are rounded up to multiples of this. */
  readonly multipleOf: number;
  /** Sizes are never larger than these, which no example is. */
  readonly limits: Box;
}

/** Shares of a bucket's examples at which it may be cut. */
const QUANTILES = Array.from({ length: 15 }, (_, index) => (index + 1) / 16);

/** A bucket is left whole when a cut would save less than this share of all padded tokens. */
const LEAST_SAVING = 0.01;

/**
 * Few shapes for many lengths: the box around all examples is cut in two, at the quantile of an axis that saves most
 * padded tokens, then the parts, until there are `count` or a cut saves hardly anything.
 * @param lengths  of each example, as many as a box has axes
 * @returns boxes in ascending order of their size; the last one holds every example
 */
export function chooseBoxes(lengths: readonly Box[], { count, multipleOf, limits }: BucketOptions): Box[] {
  const boxOf = (rows: readonly Box[]): Box =>
    limits.map((limit, axis) => {
      const longest = rows.reduce((most, row) => Math.max(most, row[axis]!), 1);
      return Math.min(limit, Math.ceil(longest / multipleOf) * multipleOf);
    });
  const costOf = (rows: readonly Box[]): number => rows.length * areaOf(boxOf(rows));
  const all = boxOf(lengths);
  const least = LEAST_SAVING * lengths.length * areaOf(all);
  let parts: (readonly Box[])[] = [lengths];
  while (parts.length < count) {
    const cuts = parts.flatMap((rows, index) => cutsOf(rows, costOf).map((cut) => ({ ...cut, index })));
    const best = cuts.reduce<(typeof cuts)[number] | undefined>(
      (found, cut) => (found === undefined || cut.saving > found.saving ? cut : found),
      undefined,
    );
    if (best === undefined || best.saving < least) break;
    parts = [...parts.filter((_, index) => index !== best.index), ...best.halves];
  }
  return sortedBoxes([...parts.map(boxOf), all]);
}

/** Tokens of a padded example. */
const areaOf = (box: Box): number => box.reduce((sum, size) => sum + size, 0);

/** True when examples of one box fit into another. */
export const fitsInto = (lengths: Box, box: Box): boolean =>
  lengths.every((length, axis) => length <= box[axis]!);

function cutsOf(
  rows: readonly Box[],
  costOf: (rows: readonly Box[]) => number,
): { readonly saving: number; readonly halves: readonly (readonly Box[])[] }[] {
  const whole = costOf(rows);
  return (rows[0] ?? []).flatMap((_, axis) => {
    const sorted = Float64Array.from(rows, (row) => row[axis]!).sort();
    const places = new Set(QUANTILES.map((share) => sorted[Math.floor(share * (sorted.length - 1))]!));
    return [...places].map((place) => {
      const halves = [rows.filter((row) => row[axis]! <= place), rows.filter((row) => row[axis]! > place)];
      return { saving: whole - costOf(halves[0]!) - costOf(halves[1]!), halves };
    });
  });
}

/** Boxes without repeats, small ones first. */
function sortedBoxes(boxes: readonly Box[]): Box[] {
  const unique = new Map(boxes.map((box) => [box.join(), box]));
  return [...unique.values()].sort((a, b) => areaOf(a) - areaOf(b));
}

/**
 * Boxes that a user chose, checked; a number is a box of one axis.
 * @throws OptionError (training-buckets) when they are of the wrong form or an example fits into none
 */
export function givenBoxes(
  given: readonly (number | Box)[],
  { lengths, axes }: { readonly lengths: readonly Box[]; readonly axes: number },
): Box[] {
  const boxes = given.map((box) => (typeof box === 'number' ? [box] : box));
  const isSound = boxes.every(
    (box) => box.length === axes && box.every((size) => Number.isSafeInteger(size) && size > 0),
  );
  const longest = lengths.find((row) => !boxes.some((box) => fitsInto(row, box)));
  if (boxes.length > 0 && isSound && longest === undefined) return sortedBoxes(boxes);
  throw new OptionError({
    op: 'training',
    problem:
      longest === undefined || !isSound
        ? `buckets are ${JSON.stringify(given)}, needed ${axes === 1 ? 'lengths' : 'pairs [srcLen, tgtLen]'} from 1 up`
        : `an example has ${longest.join(' and ')} tokens, and buckets are ${JSON.stringify(given)}`,
    likely:
      'Add a larger bucket, or cut examples with maxLength; without buckets they are chosen from the data.',
    page: 'training-buckets',
    got: given,
  });
}
