import { describe, expect, it } from 'vitest';
import {
  AlignedTextBuilder,
  alignedSlice,
  composeAligned,
  mapToOriginal,
  sliceAligned,
  textOf,
} from './aligned-text.js';

/** 'ab' as it is, 'XYZ' for units 2 to 4, then 'cd' as it is from 4 on. */
const sample = () => {
  const builder = new AlignedTextBuilder(1);
  builder.beginLinear(0);
  for (const char of 'ab') builder.push(char.charCodeAt(0));
  builder.beginBlock(2, 4);
  for (const char of 'XYZ') builder.push(char.charCodeAt(0));
  builder.beginLinear(4);
  for (const char of 'cd') builder.push(char.charCodeAt(0));
  return builder.finish();
};

const mapped = (text: Parameters<typeof mapToOriginal>[0], ...offsets: number[]): number[] => {
  const pairs = Int32Array.from(offsets);
  mapToOriginal(text, pairs);
  return [...pairs];
};

describe('alignedText', () => {
  it('linear parts map unit by unit, blocks as a whole', () => {
    expect(textOf(sample())).toBe('abXYZcd');
    expect(mapped(sample(), 0, 1, 1, 2, 2, 3, 3, 5, 5, 6, 6, 7)).toEqual([
      0, 1, 1, 2, 2, 4, 2, 4, 4, 5, 5, 6,
    ]);
  });

  it('a range over several parts goes from the first to the last', () => {
    expect(mapped(sample(), 1, 3, 0, 7)).toEqual([1, 4, 0, 6]);
  });

  it('a slice stays aligned with the same original', () => {
    const slice = sliceAligned(sample(), 1, 6);
    expect(textOf(slice)).toBe('bXYZc');
    expect(mapped(slice, 0, 1, 1, 2, 4, 5)).toEqual([1, 2, 2, 4, 4, 5]);
  });

  it('a part of a text counts from the start of the text, and lone surrogates become U+FFFD', () => {
    const slice = alignedSlice('xx\ud800😀\udc00', 2, 6);
    expect(textOf(slice)).toBe('\ufffd😀\ufffd');
    expect(mapped(slice, 1, 3)).toEqual([3, 5]);
  });

  it('two in a row are aligned with the first original', () => {
    const outer = new AlignedTextBuilder(1);
    outer.beginBlock(0, 0); // put in before the first character
    outer.push(0x3e);
    outer.beginLinear(1); // 'bXYZ'
    outer.pushUnits(sample().units, 1, 5);
    outer.beginBlock(5, 6); // 'c' becomes two
    for (const char of '12') outer.push(char.charCodeAt(0));
    const both = composeAligned(outer.finish(), sample(), { origin: 0 });
    expect(textOf(both)).toBe('>bXYZ12');
    expect(mapped(both, 0, 1, 1, 2, 2, 3, 4, 5, 5, 6, 6, 7)).toEqual([0, 0, 1, 2, 2, 4, 2, 4, 4, 5, 4, 5]);
    expect(
      mapped(composeAligned(alignedSlice('abXYZcd', 0, 7), sample(), { origin: 0 }), 1, 3, 0, 7),
    ).toEqual([1, 4, 0, 6]);
  });
});
