/** A priority queue: the item that is before all others comes out first. */
interface BinaryHeap<T> {
  push(item: T): void;
  /** Takes the first item out; undefined when there is none. */
  pop(): T | undefined;
}

/** @param isBefore  a strict order: true when the first item comes out before the second */
export function createBinaryHeap<T>(isBefore: (a: T, b: T) => boolean): BinaryHeap<T> {
  const items: T[] = [];
  const sink = (item: T): void => {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child++;
      if (child >= items.length || !isBefore(items[child]!, item)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  };
  return {
    push(item) {
      let at = items.push(item) - 1;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!isBefore(item, items[parent]!)) break;
        items[at] = items[parent]!;
        at = parent;
      }
      items[at] = item;
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0) sink(last!);
      return first;
    },
  };
}
