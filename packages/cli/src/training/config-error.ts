import { levenshtein } from '@tesserae/metrics';
import { ConfigError } from '@tesserae/tensor';
import { z } from 'zod';

type Issue = z.core.$ZodIssue;

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
}

/** Longest edit that still looks like a misspelling. */
const FARTHEST = 3;

/** The error for a config that does not follow its schema: the first thing that is wrong, and the nearest known key. */
export function configError(
  issues: readonly Issue[],
  { file, schema }: { readonly file: string; readonly schema: z.ZodType },
): ConfigError {
  const { issue, path } = innermost(issues[0]!, []);
  const where = path.map(String).join('.') || 'the config';
  if (issue.code !== 'unrecognized_keys') {
    return new ConfigError({
      op: 'config',
      problem: `${where}: ${issue.message}`,
      likely: 'The published schema in docs/schemas says what every key may be.',
      page: 'training-config',
      file,
      got: issue.input,
    });
  }
  const key = issue.keys[0]!;
  const known = keysAt(z.toJSONSchema(schema) as JsonSchema, path);
  const near = nearest(key, known);
  return new ConfigError({
    op: 'config',
    problem: `unknown key '${[...path, key].join('.')}'; known here: ${known.join(', ')}`,
    likely: near === undefined ? 'Remove it.' : `Did you mean '${near}'?`,
    page: 'training-config',
    file,
    got: key,
    needed: known,
  });
}

interface Found {
  readonly issue: Issue;
  readonly path: readonly PropertyKey[];
}

/** Of a union the branch that was meant: the one that failed deepest, then the one with fewest complaints. */
function innermost(issue: Issue, before: readonly PropertyKey[]): Found {
  const path = [...before, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return { issue, path };
  const isOfType = (branch: readonly Issue[]): boolean =>
    !branch.some(
      ({ code, path: at }) => (code === 'invalid_type' || code === 'invalid_value') && at.length <= 1,
    );
  const meant = issue.errors.filter((branch) => branch.length > 0 && isOfType(branch));
  const branch = [...(meant.length > 0 ? meant : issue.errors)].sort((a, b) => a.length - b.length)[0];
  return branch?.[0] === undefined || meant.length === 0 ? { issue, path } : innermost(branch[0], path);
}

/** Keys that objects at a path may have. */
function keysAt(schema: JsonSchema, path: readonly PropertyKey[]): readonly string[] {
  const branches = (schemas: readonly JsonSchema[]): readonly JsonSchema[] =>
    schemas.flatMap((one) => [one, ...branches(one.anyOf ?? [])]);
  let at = branches([schema]);
  for (const key of path) {
    at = branches(
      at.flatMap(
        ({ properties, items }) =>
          properties?.[String(key)] ?? (typeof key === 'number' ? (items ?? []) : []),
      ),
    );
  }
  return [...new Set(at.flatMap(({ properties = {} }) => Object.keys(properties)))];
}

/** The known key that is least far from a wrong one; undefined when none is near. */
export function nearest(key: string, known: readonly string[]): string | undefined {
  const distance = (name: string): number => levenshtein([...key.toLowerCase()], [...name.toLowerCase()]);
  const found = [...known].sort((a, b) => distance(a) - distance(b))[0];
  if (found === undefined) return undefined;
  return distance(found) <= Math.min(FARTHEST, Math.ceil(key.length / 2)) ? found : undefined;
}
