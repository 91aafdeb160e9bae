/** True for the first half of a surrogate pair. */
export function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

/** True for the second half of a surrogate pair. */
function isLowSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}

/** The code point of a surrogate pair. */
function joinSurrogates(high: number, low: number): number {
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/** The code point that starts at `index` of `units`, a lone surrogate as U+FFFD. */
export function codePointIn(units: Uint16Array, index: number, end: number): number {
  const unit = units[index]!;
  if ((unit & 0xf800) !== 0xd800) return unit;
  if (isHighSurrogate(unit) && index + 1 < end && isLowSurrogate(units[index + 1]!)) {
    return joinSurrogates(unit, units[index + 1]!);
  }
  return 0xfffd;
}

/**
 * The code point that starts at `index` of `text`, a lone surrogate as U+FFFD, as Rust and TextEncoder read
 * it.
 */
export function codePointAt(text: string, index: number, end: number): number {
  const unit = text.charCodeAt(index);
  if ((unit & 0xf800) !== 0xd800) return unit;
  if (isHighSurrogate(unit) && index + 1 < end) {
    const next = text.charCodeAt(index + 1);
    if (isLowSurrogate(next)) return joinSurrogates(unit, next);
  }
  return 0xfffd;
}

/** Number of code units, 1 or 2, of the code point that starts at `index` of `text`. */
export function widthAt(text: string, index: number, end: number): number {
  return codePointAt(text, index, end) > 0xffff ? 2 : 1;
}

/** A string from code units, in pieces small enough for the argument stack. */
export function stringFromUnits(units: Uint16Array, start: number, end: number): string {
  const chunk = 8192;
  if (end - start <= chunk)
    return String.fromCharCode.apply(null, units.subarray(start, end) as unknown as number[]);
  const parts: string[] = [];
  for (let i = start; i < end; i += chunk) {
    parts.push(
      String.fromCharCode.apply(null, units.subarray(i, Math.min(end, i + chunk)) as unknown as number[]),
    );
  }
  return parts.join('');
}
