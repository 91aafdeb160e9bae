/** Facts of an error; the message is derived from them, so tests and tools read fields, not text. */
export interface ErrorFacts {
  /** Who complains: an op, a function or a file reader. */
  readonly op: string;
  /** What happened, with the values got and needed. */
  readonly problem: string;
  /** The probable cause and the remedy, in a sentence or two. */
  readonly likely?: string;
  /** Anchor in docs/errors.md, without the hash. */
  readonly page?: string;
  readonly got?: unknown;
  readonly needed?: unknown;
  /** The file concerned, when there is one. */
  readonly file?: string;
  readonly cause?: unknown;
}

/**
 * Base of every error thrown by Tesserae packages.
 * `scopes` is filled from the inside out while the error passes `inScope` calls.
 */
export class TesseraeError extends Error {
  readonly facts: ErrorFacts;
  readonly scopes: string[] = [];

  constructor(facts: ErrorFacts) {
    super('', facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.facts = facts;
    this.message = this.render();
  }

  /** Page anchor, stable across releases: what programs should branch on. */
  get code(): string {
    return this.facts.page ?? this.name;
  }

  /** Adds an enclosing name scope (`encoder.blocks.3`) to the message. */
  enterScope(scope: string): void {
    this.scopes.unshift(scope);
    this.message = this.render();
  }

  private render(): string {
    const { op, problem, likely, page, file } = this.facts;
    const lines = [`[${op}]: ${problem}`];
    if (this.scopes.length > 0) lines.push(`  at ${this.scopes.join('.')}`);
    if (file !== undefined) lines.push(`  in ${file}`);
    if (likely !== undefined) lines.push(`  Likely: ${likely}`);
    if (page !== undefined) lines.push(`  docs/errors.md#${page}`);
    return lines.join('\n');
  }
}

/** Shapes that do not fit, or cannot be proven to fit. */
export class ShapeError extends TesseraeError {}
/** An element type that an op or a backend does not take. */
export class DtypeError extends TesseraeError {}
/** A gradient asked for where there is none. */
export class GradientError extends TesseraeError {}
/** A graph that breaks an invariant; always a defect of the pass or function that built it. */
export class GraphError extends TesseraeError {}
/** A compiled function used against its contract: too many graphs, wrong arguments. */
export class CompileError extends TesseraeError {}
/** A backend or the runtime under it failed or is missing. */
export class BackendError extends TesseraeError {}
/** A device tensor touched after its release or donation. */
export class OwnershipError extends TesseraeError {}
/** An option that is unknown, contradictory or not supported here. */
export class OptionError extends TesseraeError {}
/** A model configuration that is missing a field or contradicts itself. */
export class ConfigError extends TesseraeError {}
/** A file that is damaged, truncated or not what it claims to be. */
export class FormatError extends TesseraeError {}

/** Runs `body`; an error leaving it carries `scope` in its `at` line. */
export function inScope<T>(scope: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof TesseraeError) error.enterScope(scope);
    throw error;
  }
}

/**
 * Throws when `options` has a key that is not in `known`.
 * @throws OptionError naming the key and the nearest known one
 */
export function checkOptions(op: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = known.find((name) => name.toLowerCase().startsWith(key.slice(0, 4).toLowerCase()));
    throw new OptionError({
      op,
      problem: `unknown option '${key}'; known are ${known.join(', ')}`,
      likely: near === undefined ? 'Remove it.' : `Did you mean '${near}'?`,
      page: 'unknown-option',
      got: key,
      needed: known,
    });
  }
}
