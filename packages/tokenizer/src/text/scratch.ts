import { AlignedTextBuilder } from './aligned-text.js';
import { SpanList } from './span-list.js';

/** Arrays larger than this are not kept for the next text. */
const mostKept = 1 << 20;

/**
 * Memory that stages write to, used again for the next text: short texts would otherwise spend their time on
 * allocation. What was written is valid until the scratch is reset.
 */
export class Scratch {
  readonly #builders: AlignedTextBuilder[] = [];
  readonly #spanLists: SpanList[] = [];
  #builderCount = 0;
  #spanListCount = 0;

  /** An empty builder. @param sizeHint  expected length in code units */
  builder(sizeHint: number): AlignedTextBuilder {
    const known = this.#builders[this.#builderCount];
    if (known !== undefined) known.reset(sizeHint);
    const builder = known ?? new AlignedTextBuilder(sizeHint);
    this.#builders[this.#builderCount++] = builder;
    return builder;
  }

  /** An empty list of spans. */
  spans(): SpanList {
    const known = this.#spanLists[this.#spanListCount];
    known?.reset();
    const list = known ?? new SpanList(16);
    this.#spanLists[this.#spanListCount++] = list;
    return list;
  }

  /** Takes everything back. */
  reset(): void {
    this.#builderCount = 0;
    this.#spanListCount = 0;
    if (this.#builders.some(({ capacity }) => capacity > mostKept)) this.#builders.length = 0;
    if (this.#spanLists.some(({ capacity }) => capacity > mostKept)) this.#spanLists.length = 0;
  }
}
