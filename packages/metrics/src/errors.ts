/** Facts of a MetricError; its message is derived from them. */
export interface MetricErrorFacts {
  /** The metric or function that complains. */
  readonly op: string;
  /** What was got and what was needed, with the values. */
  readonly problem: string;
  /** The probable cause and the remedy, in a sentence or two. */
  readonly likely?: string;
  /** Anchor in docs/errors.md, without the hash. */
  readonly page: string;
  readonly got?: unknown;
  readonly needed?: unknown;
  readonly cause?: unknown;
}

/** The one error class of this package; `code` is what programs branch on, and the anchor in docs/errors.md. */
export class MetricError extends Error {
  readonly facts: MetricErrorFacts;

  constructor(facts: MetricErrorFacts) {
    super(renderMessage(facts), facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'MetricError';
    this.facts = facts;
  }

  /** Anchor in docs/errors.md, stable across releases. */
  get code(): string {
    return this.facts.page;
  }

  /** What to do about it, when that is known. */
  get remedy(): string | undefined {
    return this.facts.likely;
  }
}

function renderMessage({ op, problem, likely, page }: MetricErrorFacts): string {
  const hint = likely === undefined ? [] : [`  Likely: ${likely}`];
  return [`[${op}]: ${problem}`, ...hint, `  docs/errors.md#${page}`].join('\n');
}

/** A value as an error message shows it: quoted, and cut after 60 characters. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === 'object') return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
