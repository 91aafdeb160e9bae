import { ConfigError, flattenTree } from '@tesserae/tensor';
import { quoted } from './errors.js';
import type { NameMap } from './name-map.js';
import type { ParamSpec } from './param-spec.js';

/** A parameter, where it sits in the tree, and how checkpoints call it. */
export interface NamedSpec {
  readonly path: string;
  readonly name: string;
  readonly spec: ParamSpec;
}

/**
 * The parameters of a tree with their checkpoint names: by the map when one is given, else (or where the map
 * is silent) the spec's own name, else, without a map, the path.
 * @throws ConfigError when a map leaves a parameter without a name, or two parameters would share one
 */
export function namedSpecs(specs: unknown, map?: NameMap): readonly NamedSpec[] {
  const seen = new Map<string, string>();
  return flattenTree<ParamSpec>(specs).map(({ path, leaf: spec }) => {
    const name = map?.toCheckpoint(path) ?? spec.name ?? (map === undefined ? path : undefined);
    if (name === undefined) return unnamed(path);
    const other = seen.get(name);
    if (other !== undefined) shared(name, [other, path]);
    seen.set(name, path);
    return { path, name, spec };
  });
}

function unnamed(path: string): never {
  throw new ConfigError({
    op: 'nameMap',
    problem: `no checkpoint name for the parameter ${quoted(path)}`,
    likely: 'Add the path to the name map, or a name to its spec.',
    page: 'name-map',
    got: path,
  });
}

function shared(name: string, paths: readonly string[]): never {
  throw new ConfigError({
    op: 'nameMap',
    problem: `${paths.map(quoted).join(' and ')} have the same checkpoint name ${quoted(name)}`,
    likely: 'Tied parameters are one leaf that is used twice, not two leaves.',
    page: 'name-map',
    got: paths,
  });
}
