import type { Dim, Shape } from '@tesserae/tensor';
import type { ModelBuilder } from '../model/builder.js';

/** Where the value of a symbol is read: an axis of a graph input. */
export interface SymbolSource {
  readonly input: string;
  readonly axis: number;
}

/**
 * Sizes as values inside the graph: constants where they are known, else computed from the shapes of the inputs.
 * All of them are i64.
 */
export class Sizes {
  constructor(
    private readonly builder: ModelBuilder,
    private readonly sources: ReadonlyMap<string, SymbolSource>,
  ) {}

  /** i64[1]: one size. */
  vectorOf(dim: Dim): string {
    if (typeof dim === 'number') return this.builder.integers([dim]);
    const terms = dim.terms.map(({ coefficient, symbols }) => {
      const factors = symbols.map((name) => this.symbol(name));
      if (coefficient !== 1 || factors.length === 0) factors.push(this.builder.integers([coefficient]));
      return factors.reduce((product, factor) => this.builder.node('Mul', [product, factor]));
    });
    return terms.reduce((sum, term) => this.builder.node('Add', [sum, term]));
  }

  /** i64[dims.length]: several sizes, such as a shape. */
  vector(dims: readonly Dim[]): string {
    const parts: string[] = [];
    let known: number[] = [];
    const flush = (): void => {
      if (known.length > 0) parts.push(this.builder.integers(known));
      known = [];
    };
    for (const dim of dims) {
      if (typeof dim === 'number') {
        known.push(dim);
        continue;
      }
      flush();
      parts.push(this.vectorOf(dim));
    }
    flush();
    if (parts.length <= 1) return parts[0] ?? this.builder.integers([]);
    return this.builder.node('Concat', parts, { attributes: { axis: { int: 0 } } });
  }

  /** i64 scalar: one size. */
  scalar(dim: Dim): string {
    if (typeof dim === 'number') return this.builder.integer(dim);
    return this.builder.node('Reshape', [this.vectorOf(dim), this.builder.integers([])]);
  }

  /**
   * Gives `name` (of shape `from`) the shape `to`. An open size (-1) stands for one symbolic size when every other
   * is a known number above 0; otherwise the sizes are computed, since -1 cannot be worked out beside a 0.
   */
  reshape(name: string, to: Shape): string {
    const open = to.filter((dim) => typeof dim !== 'number').length;
    const isSound = open === 1 && to.every((dim) => dim !== 0);
    const shape = isSound
      ? this.builder.integers(to.map((dim) => (typeof dim === 'number' ? dim : -1)))
      : this.vector(to);
    return this.builder.node('Reshape', [name, shape], { attributes: { allowzero: { int: 1 } } });
  }

  private symbol(name: string): string {
    const source = this.sources.get(name);
    if (source === undefined) throw new Error(`internal: symbol '${name}' is the size of no graph input`);
    const { input, axis } = source;
    return this.builder.node('Shape', [input], {
      attributes: { start: { int: axis }, end: { int: axis + 1 } },
    });
  }
}
