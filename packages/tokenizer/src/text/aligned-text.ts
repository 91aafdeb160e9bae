import { grown } from './growing-array.js';
import { isHighSurrogate, stringFromUnits } from './code-units.js';

/**
 * Normalised text that remembers where in the original each part came from.
 *
 * `segments` holds triples (first unit here, original start, original end): a *linear* segment (end = -1)
 * maps unit by unit; a *block* maps every unit of it to the whole original range. They ascend and cover the
 * text.
 */
export interface AlignedText {
  /** UTF-16 code units; only the first `length` are the text. */
  readonly units: Uint16Array;
  readonly length: number;
  readonly segments: Int32Array;
}

const LINEAR = -1;

/** Writes an AlignedText from left to right. */
export class AlignedTextBuilder {
  #units: Uint16Array;
  #length = 0;
  #segments = new Int32Array(12);
  #segmentsLength = 0;
  /** Segment of the text that pushAligned read last; such texts are read from left to right. */
  #cursor = 0;

  /** @param sizeHint  expected length in code units; the text may grow beyond it */
  constructor(sizeHint: number) {
    this.#units = new Uint16Array(sizeHint);
  }

  /** Forgets the text; the memory stays. */
  reset(sizeHint: number): void {
    if (this.#units.length < sizeHint) this.#units = new Uint16Array(sizeHint);
    this.#length = 0;
    this.#segmentsLength = 0;
    this.#cursor = 0;
  }

  /** Number of entries that there is room for. */
  get capacity(): number {
    return this.#units.length + this.#segments.length;
  }

  /** Number of code units so far. */
  get size(): number {
    return this.#length;
  }

  /** Starts a linear stretch: units pushed from here on map one to one from `originalStart`. */
  beginLinear(originalStart: number): void {
    this.#pushSegment(originalStart, LINEAR);
  }

  /** Starts a block: units pushed from here on all come from [originalStart, originalEnd). */
  beginBlock(originalStart: number, originalEnd: number): void {
    this.#pushSegment(originalStart, originalEnd);
  }

  /** Appends one code unit. */
  push(unit: number): void {
    if (this.#length === this.#units.length) this.#units = grown(this.#units, this.#length + 1);
    this.#units[this.#length++] = unit;
  }

  /**
   * Appends text[start, end) through `table`, up to the first unit whose entry is negative.
   * @returns the index where it stopped
   */
  pushMapped(text: string, table: Int32Array, start: number, end: number): number {
    if (this.#length + end - start > this.#units.length)
      this.#units = grown(this.#units, this.#length + end - start);
    const units = this.#units;
    let at = this.#length;
    let i = start;
    for (; i < end; i++) {
      const mapped = table[text.charCodeAt(i)]!;
      if (mapped < 0) break;
      units[at++] = mapped;
    }
    this.#length = at;
    return i;
  }

  /** Appends units [from, to) of another text, aligned with that text's original. */
  pushAligned({ units, segments }: AlignedText, from: number, to: number): void {
    if (this.#length + to - from > this.#units.length)
      this.#units = grown(this.#units, this.#length + to - from);
    const last = segments.length - 3;
    let segment = this.#cursor <= last && segments[this.#cursor]! <= from ? this.#cursor : 0;
    for (let i = from; i < to;) {
      while (segment < last && segments[segment + 3]! <= i) segment += 3;
      const stop = segment < last && segments[segment + 3]! < to ? segments[segment + 3]! : to;
      const isLinear = segments[segment + 2] === LINEAR;
      this.#pushSegment(
        segments[segment + 1]! + (isLinear ? i - segments[segment]! : 0),
        segments[segment + 2]!,
      );
      let at = this.#length;
      for (; i < stop; i++) this.#units[at++] = units[i]!;
      this.#length = at;
    }
    this.#cursor = segment;
  }

  /** Appends a mark and units [start, end) of another text; the mark shares the source of the first character. */
  pushMarked(text: AlignedText, { start, end, mark }: { start: number; end: number; mark: number }): void {
    const { units, segments } = text;
    const width = isHighSurrogate(units[start]!) && start + 1 < end ? 2 : 1;
    if (segments.length === 3 && segments[2] === LINEAR) {
      const from = segments[1]! + start - segments[0]!;
      this.#pushSegment(from, from + width);
    } else {
      const [from, to] = sourceOf(text, start, start + width);
      this.#pushSegment(from, to);
    }
    this.push(mark);
    this.push(units[start]!);
    if (width === 2) this.push(units[start + 1]!);
    if (start + width < end) this.pushAligned(text, start + width, end);
  }

  /** Appends units[start, end). */
  pushUnits(units: Uint16Array, start: number, end: number): void {
    const length = this.#length;
    this.#length += end - start;
    if (this.#length > this.#units.length) this.#units = grown(this.#units, this.#length);
    this.#units.set(units.subarray(start, end), length);
  }

  /** Takes the last unit back. */
  dropLast(): void {
    this.#length--;
  }

  /** Appends one code point. */
  pushCodePoint(codePoint: number): void {
    if (codePoint < 0x10000) {
      this.push(codePoint);
      return;
    }
    this.push(0xd800 + ((codePoint - 0x10000) >> 10));
    this.push(0xdc00 + ((codePoint - 0x10000) & 0x3ff));
  }

  /** The finished text. */
  finish(): AlignedText {
    return {
      units: this.#units,
      length: this.#length,
      segments: this.#segments.subarray(0, this.#segmentsLength),
    };
  }

  #pushSegment(originalStart: number, originalEnd: number): void {
    const at = this.#segmentsLength;
    if (at > 0 && this.#segments[at - 3] === this.#length) {
      this.#segments[at - 2] = originalStart; // the segment before stayed empty
      this.#segments[at - 1] = originalEnd;
      return;
    }
    if (at + 3 > this.#segments.length) this.#segments = grown(this.#segments, at + 3);
    this.#segments[at] = this.#length;
    this.#segments[at + 1] = originalStart;
    this.#segments[at + 2] = originalEnd;
    this.#segmentsLength = at + 3;
  }
}

/**
 * text[start, end) as it is, aligned with itself; lone surrogates become U+FFFD, as in Rust and in
 * TextEncoder.
 */
export function alignedSlice(
  text: string,
  start: number,
  end: number,
  slice = new AlignedTextBuilder(end - start),
): AlignedText {
  slice.beginLinear(start);
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if ((unit & 0xf800) !== 0xd800) slice.push(unit);
    else if (unit < 0xdc00 && i + 1 < end && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      slice.push(unit);
      slice.push(text.charCodeAt(++i));
    } else slice.push(0xfffd);
  }
  return slice.finish();
}

/** Units [from, to) as a text of its own, aligned with the same original. */
export function sliceAligned(text: AlignedText, from: number, to: number): AlignedText {
  const builder = new AlignedTextBuilder(to - from);
  builder.pushAligned(text, from, to);
  return builder.finish();
}

/**
 * Two normalisations in a row as one: `outer` is aligned with the units of `inner`, `inner` with the original.
 * @param origin  start of the original: where what was put in before the first character belongs
 */
export function composeAligned(
  outer: AlignedText,
  inner: AlignedText,
  { origin }: { readonly origin: number },
): AlignedText {
  const segments: number[] = [];
  const add = (at: number, start: number, end: number) => {
    const last = segments.length - 3;
    const isMore = end === LINEAR && segments[last + 2] === LINEAR;
    if (isMore && start - segments[last + 1]! === at - segments[last]!) return;
    segments.push(at, start, end);
  };
  const cursor = new SegmentCursor(inner);
  for (let i = 0; i < outer.segments.length; i += 3) {
    const at = outer.segments[i]!;
    const start = outer.segments[i + 1]!;
    const end = outer.segments[i + 2]!;
    if (end !== LINEAR) {
      const from = end === 0 ? origin : cursor.startOf(start);
      add(at, from, end === 0 ? origin : cursor.endOf(end - 1));
      continue;
    }
    const stop = i + 3 < outer.segments.length ? outer.segments[i + 3]! : outer.length;
    for (let unit = start; unit < start + stop - at; unit = cursor.segmentEnd) {
      const from = cursor.startOf(unit);
      add(at + unit - start, from, inner.segments[cursor.segment + 2]!);
    }
  }
  return { units: outer.units, length: outer.length, segments: Int32Array.from(segments) };
}

/** The text as one word, as a pipeline begins. */
export function wholeText(text: AlignedText): { readonly text: AlignedText; readonly spans: Int32Array } {
  return { text, spans: text.length === 0 ? new Int32Array(0) : Int32Array.of(0, text.length) };
}

/** Where units [from, to) of the text came from: the start, and the end, in the original. */
export function sourceOf({ segments }: AlignedText, from: number, to: number): readonly [number, number] {
  let low = 0;
  let high = segments.length / 3 - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (segments[3 * middle]! <= from) low = middle;
    else high = middle - 1;
  }
  const start = segments[3 * low + 1]! + (segments[3 * low + 2] === LINEAR ? from - segments[3 * low]! : 0);
  while (3 * low + 3 < segments.length && segments[3 * low + 3]! < to) low++;
  const blockEnd = segments[3 * low + 2]!;
  return [start, blockEnd === LINEAR ? segments[3 * low + 1]! + to - segments[3 * low]! : blockEnd];
}

/** The text as a string. */
export function textOf(aligned: AlignedText): string {
  return stringFromUnits(aligned.units, 0, aligned.length);
}

/**
 * Rewrites offsets from the normalised text to the original, in place.
 * @param offsets  pairs (start, end) in code units; pairs ascend and none is empty
 */
export function mapToOriginal(
  aligned: AlignedText,
  offsets: Int32Array,
  from = 0,
  to = offsets.length,
): void {
  const { segments } = aligned;
  if (segments.length === 3 && segments[2] === LINEAR) {
    const shift = segments[1]! - segments[0]!;
    if (shift !== 0) for (let i = from; i < to; i++) offsets[i]! += shift;
    return;
  }
  const cursor = new SegmentCursor(aligned);
  for (let i = from; i < to; i += 2) {
    const start = cursor.startOf(offsets[i]!);
    offsets[i + 1] = cursor.endOf(offsets[i + 1]! - 1);
    offsets[i] = start;
  }
}

/** Looks units up in the segments; quick when they are asked for from left to right. */
class SegmentCursor {
  segment = 0;
  readonly #segments: Int32Array;
  readonly #length: number;

  constructor({ segments, length }: AlignedText) {
    this.#segments = segments;
    this.#length = length;
  }

  /** The first unit after the segment. */
  get segmentEnd(): number {
    const next = this.segment + 3;
    return next < this.#segments.length ? this.#segments[next]! : this.#length;
  }

  /** Where the source of a unit begins. */
  startOf(unit: number): number {
    this.#seek(unit);
    const { segment } = this;
    const segments = this.#segments;
    return segments[segment + 1]! + (segments[segment + 2] === LINEAR ? unit - segments[segment]! : 0);
  }

  /** Where the source of a unit ends. */
  endOf(unit: number): number {
    const start = this.startOf(unit);
    const end = this.#segments[this.segment + 2]!;
    return end === LINEAR ? start + 1 : end;
  }

  #seek(unit: number): void {
    const segments = this.#segments;
    while (this.segment > 0 && segments[this.segment]! > unit) this.segment -= 3;
    while (this.segment + 3 < segments.length && segments[this.segment + 3]! <= unit) this.segment += 3;
  }
}
