import type { CharTest } from './character-class.js';

/** A condition on a place between two characters of units[start, end). */
export type PlaceTest = (place: Place) => boolean;

/** A place in a text, with the characters around it: -1 beyond the text. */
export interface Place {
  readonly units: Uint16Array;
  readonly start: number;
  readonly end: number;
  position: number;
}

/** A parsed pattern. */
export type Node =
  | { readonly kind: 'literal'; readonly codePoint: number }
  | {
      readonly kind: 'class';
      readonly test: CharTest;
      /** The character itself, when it is one whose case is ignored. */
      readonly folded?: string;
    }
  | { readonly kind: 'place'; readonly test: PlaceTest }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly items: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly item: Node;
      readonly min: number;
      readonly max: number;
      readonly isLazy: boolean;
    };

/** The code point after a place, -1 at the end. */
export function charAfter({ units, position, end }: Place): number {
  if (position >= end) return -1;
  const unit = units[position]!;
  return (unit & 0xfc00) === 0xd800 && position + 1 < end
    ? 0x10000 + ((unit - 0xd800) << 10) + (units[position + 1]! - 0xdc00)
    : unit;
}

/** The code point before a place, -1 at the start. */
export function charBefore({ units, position, start }: Place): number {
  if (position <= start) return -1;
  const unit = units[position - 1]!;
  return (unit & 0xfc00) === 0xdc00 && position - 1 > start
    ? 0x10000 + ((units[position - 2]! - 0xd800) << 10) + (unit - 0xdc00)
    : unit;
}

const LINE_FEED = 0x0a;

/** Anchors, in Ruby's sense: `^` and `$` look at lines. */
export const anchors: Readonly<Record<string, PlaceTest>> = {
  '^': (place) =>
    place.position === place.start || (charBefore(place) === LINE_FEED && place.position < place.end),
  $: (place) => place.position === place.end || charAfter(place) === LINE_FEED,
  A: (place) => place.position === place.start,
  z: (place) => place.position === place.end,
  Z: (place) =>
    place.position === place.end || (place.position + 1 === place.end && charAfter(place) === LINE_FEED),
};

/** True when the node can match without taking a character. */
export function mayBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case 'sequence':
      return node.items.every(mayBeEmpty);
    case 'choice':
      return node.items.some(mayBeEmpty);
    case 'repeat':
      return node.min === 0 || mayBeEmpty(node.item);
    default:
      return node.kind === 'place';
  }
}
