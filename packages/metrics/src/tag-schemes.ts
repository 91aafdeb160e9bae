import { MetricError, show } from './errors.js';

/**
 * How spans are read from tags.
 * - `conlleval`: forgiving, any mixture of the prefixes; what conlleval and seqeval's default do.
 * - `strict`: only what is well-formed in the scheme is a span; seqeval's `mode='strict'`.
 * - `electra`: as ELECTRA's tagging code, where a change of type alone does not end a span.
 */
export type SpanMode = 'conlleval' | 'strict' | 'electra';

/** Tag schemes of `strict`. IOBES is also called BIOES; BILOU is the same with other letters. */
export type TagScheme = 'IOB1' | 'IOB2' | 'IOBES' | 'BILOU';

/** A tag taken apart: `B-PER` is prefix B and type PER. */
export interface Tag {
  readonly prefix: string;
  readonly type: string;
}

/** Rules of a scheme: pairs of previous and current prefix, then `=` same type, `!` other type, `*` any. */
interface SchemeRules {
  readonly prefixes: string;
  readonly start: readonly string[];
  readonly inside: readonly string[];
  readonly end: readonly string[];
}

const bounded = (end: string, single: string): SchemeRules => ({
  prefixes: `IOB${end}${single}`,
  start: ['?B*', `?${single}*`],
  inside: ['BI=', `B${end}=`, 'II=', `I${end}=`],
  end: [`${single}?*`, `${end}?*`],
});

/** @see seqeval.scheme */
const SCHEMES: Readonly<Record<TagScheme, SchemeRules>> = {
  IOB1: {
    prefixes: 'IOB',
    start: ['OI*', 'II!', 'BI*', 'IB=', 'BB='],
    inside: ['BI=', 'II='],
    end: ['II!', 'IO*', 'IB*', 'BO*', 'BI!', 'BB='],
  },
  IOB2: {
    prefixes: 'IOB',
    start: ['?B*'],
    inside: ['BI=', 'II='],
    end: ['IO*', 'II!', 'IB*', 'BO*', 'BI!', 'BB*'],
  },
  IOBES: bounded('E', 'S'),
  BILOU: bounded('L', 'U'),
};

/** Names of all schemes. */
export const TAG_SCHEMES = Object.keys(SCHEMES) as readonly TagScheme[];

/** Prefixes that a scheme allows; all of them together where no scheme is given. */
export function allowedPrefixes(scheme: TagScheme | undefined): string {
  return scheme === undefined ? 'OBIES' : SCHEMES[scheme].prefixes;
}

/** Whether `rule` of the scheme holds between two neighbouring tags. */
export function holds(
  rule: 'start' | 'inside' | 'end',
  {
    scheme,
    previous,
    current,
  }: { readonly scheme: TagScheme; readonly previous: Tag; readonly current: Tag },
): boolean {
  return SCHEMES[scheme][rule].some(([before, now, types]) => {
    const isSame = previous.type === current.type;
    const fits = (wanted: string | undefined, prefix: string): boolean => wanted === '?' || wanted === prefix;
    return (
      fits(before, previous.prefix) &&
      fits(now, current.prefix) &&
      (types === '*' || (types === '=') === isSame)
    );
  });
}

/**
 * Takes a tag apart. A prefix alone (`B`) has the type `_`.
 * @throws MetricError (metric-bad-tag) when the prefix is not among `prefixes`
 */
export function parseTag(
  tag: string,
  { prefixes, where }: { readonly prefixes: string; readonly where: string },
): Tag {
  if (tag === 'O') return { prefix: 'O', type: '_' };
  const prefix = typeof tag === 'string' ? tag.charAt(0) : '';
  const isTag =
    prefix !== '' && prefix !== 'O' && prefixes.includes(prefix) && (tag.length === 1 || tag[1] === '-');
  if (isTag) return { prefix, type: tag.slice(2) || '_' };
  throw new MetricError({
    op: 'spans',
    problem: `${where} is ${show(tag)}, needed: O, or one of ${[...prefixes.replace('O', '')].join(', ')} with -TYPE`,
    likely: "Ids were not mapped to names, or the tags follow another scheme (option 'scheme').",
    page: 'metric-bad-tag',
    got: tag,
  });
}
