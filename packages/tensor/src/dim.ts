import { ShapeError } from './errors.js';

/**
 * A size that is not known while tracing: an integer polynomial over named symbols in canonical form,
 * so that two sizes are equal exactly when their keys are (as JAX's shape polymorphism does).
 */
export interface SymbolicDim {
  readonly terms: readonly DimTerm[];
  /** Canonical text, e.g. `batch*seqLen + 2*batch + 1`. */
  readonly key: string;
}

/** One monomial: coefficient times the product of the symbols (sorted, repeated for powers). */
export interface DimTerm {
  readonly coefficient: number;
  readonly symbols: readonly string[];
}

/** An axis size: a number, or a polynomial over symbols. Always canonical: a constant is a number. */
export type Dim = number | SymbolicDim;

/** Values of the symbols at run time. */
export type DimBindings = Readonly<Record<string, number>>;

/**
 * A named unknown size.
 * @throws ShapeError when the name is not an identifier
 */
export function symbol(name: string): SymbolicDim {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new ShapeError({
      op: 'symbol',
      problem: `'${name}' is not an identifier`,
      page: 'dimension-symbol',
    });
  }
  return { terms: [{ coefficient: 1, symbols: [name] }], key: name };
}

const termsOf = (dim: Dim): readonly DimTerm[] =>
  typeof dim === 'number' ? (dim === 0 ? [] : [{ coefficient: dim, symbols: [] }]) : dim.terms;

function canonical(terms: Iterable<DimTerm>): Dim {
  const sums = new Map<string, DimTerm>();
  for (const { coefficient, symbols } of terms) {
    const key = symbols.join('*');
    sums.set(key, { coefficient: (sums.get(key)?.coefficient ?? 0) + coefficient, symbols });
  }
  const kept = [...sums.values()].filter((term) => term.coefficient !== 0).sort(compareTerms);
  if (kept.length === 0) return 0;
  if (kept.length === 1 && kept[0]!.symbols.length === 0) return kept[0]!.coefficient;
  return { terms: kept, key: kept.map(formatTerm).join(' + ').replaceAll('+ -', '- ') };
}

/** Graded lexicographic order: higher degree first, then by name. */
function compareTerms(a: DimTerm, b: DimTerm): number {
  if (a.symbols.length !== b.symbols.length) return b.symbols.length - a.symbols.length;
  const [left, right] = [a.symbols.join('*'), b.symbols.join('*')];
  return left < right ? -1 : left > right ? 1 : 0;
}

function formatTerm({ coefficient, symbols }: DimTerm): string {
  if (symbols.length === 0) return String(coefficient);
  const product = symbols.join('*');
  return coefficient === 1 ? product : coefficient === -1 ? `-${product}` : `${coefficient}*${product}`;
}

/** Sum of two sizes. */
export function addDims(a: Dim, b: Dim): Dim {
  return canonical([...termsOf(a), ...termsOf(b)]);
}

/** Difference of two sizes. */
export function subtractDims(a: Dim, b: Dim): Dim {
  return addDims(a, multiplyDims(b, -1));
}

/** Product of two sizes. */
export function multiplyDims(a: Dim, b: Dim): Dim {
  return canonical(termsOf(a).flatMap((left) => termsOf(b).map((right) => multiplyTerms(left, right))));
}

function multiplyTerms(a: DimTerm, b: DimTerm): DimTerm {
  return { coefficient: a.coefficient * b.coefficient, symbols: [...a.symbols, ...b.symbols].sort() };
}

/**
 * Exact quotient of two sizes, by polynomial long division.
 * @throws ShapeError when `b` does not provably divide `a`
 */
export function divideDims(a: Dim, b: Dim): Dim {
  const divisor = termsOf(b);
  const lead = divisor[0];
  let rest: Dim = a;
  let quotient: Dim = 0;
  while (lead !== undefined && rest !== 0) {
    const step = divideTerm(termsOf(rest)[0]!, lead);
    if (step === undefined) break;
    quotient = canonical([...termsOf(quotient), step]);
    rest = subtractDims(rest, multiplyDims(canonical([step]), b));
  }
  if (lead === undefined || rest !== 0) {
    throw new ShapeError({
      op: 'divideDims',
      problem: `${formatDim(b)} does not provably divide ${formatDim(a)}`,
      likely: 'State the size by numbers, or as a product of the symbols that make it up.',
      page: 'dimension-division',
      got: a,
      needed: b,
    });
  }
  return quotient;
}

function divideTerm(term: DimTerm, divisor: DimTerm): DimTerm | undefined {
  const symbols = [...term.symbols];
  for (const name of divisor.symbols) {
    const at = symbols.indexOf(name);
    if (at < 0) return undefined;
    symbols.splice(at, 1);
  }
  const coefficient = term.coefficient / divisor.coefficient;
  return Number.isInteger(coefficient) ? { coefficient, symbols } : undefined;
}

/** True when the two sizes are equal for every value of their symbols. */
export function equalDims(a: Dim, b: Dim): boolean {
  return typeof a === 'number' || typeof b === 'number' ? a === b : a.key === b.key;
}

/** Canonical text of a size. */
export function formatDim(dim: Dim): string {
  return typeof dim === 'number' ? String(dim) : dim.key;
}

/** Product of sizes: the number of elements of a shape. */
export function productOfDims(dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>((product, dim) => multiplyDims(product, dim), 1);
}

/** Names of the symbols in a size. */
export function dimSymbols(dim: Dim): readonly string[] {
  return typeof dim === 'number' ? [] : [...new Set(dim.terms.flatMap((term) => term.symbols))];
}

/**
 * The number a size stands for under `bindings`.
 * @throws ShapeError when a symbol has no value
 */
export function evaluateDim(dim: Dim, bindings: DimBindings): number {
  if (typeof dim === 'number') return dim;
  let sum = 0;
  for (const { coefficient, symbols } of dim.terms) {
    let product = coefficient;
    for (const name of symbols) product *= valueOf(name, bindings, dim);
    sum += product;
  }
  return sum;
}

function valueOf(name: string, bindings: DimBindings, dim: SymbolicDim): number {
  const value = Object.hasOwn(bindings, name) ? bindings[name] : undefined;
  if (value !== undefined) return value;
  throw new ShapeError({
    op: 'evaluateDim',
    problem: `symbol '${name}' of '${dim.key}' has no value`,
    likely: 'No input of the graph has this symbol as an axis of its own; give it one.',
    page: 'dimension-unbound',
    got: name,
  });
}
