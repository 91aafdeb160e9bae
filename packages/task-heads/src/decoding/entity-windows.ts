import type { Entity } from './entities.js';

/** One entity where windows found several that overlap: the longest, then the surest. In the order of the text. */
export function mergeWindows(entities: readonly Entity[]): readonly Entity[] {
  const merged: Entity[] = [];
  for (const entity of [...entities].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || entity.start >= last.end) merged.push(entity);
    else if (isBetter(entity, last)) merged[merged.length - 1] = entity;
  }
  return merged;
}

function isBetter(entity: Entity, other: Entity): boolean {
  const longer = Array.from(entity.text).length - Array.from(other.text).length; // in characters, as the reference
  return longer > 0 || (longer === 0 && entity.score > other.score);
}
