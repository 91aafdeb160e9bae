import { FormatError, equalShapes, formatShape, formatSpec, isFloat, isInteger } from '@tesserae/tensor';
import type { NamedSpec } from './checkpoint-names.js';
import { quoted } from './errors.js';
import type { NameMap } from './name-map.js';
import type { ParamSpec } from './param-spec.js';
import type { StoredSpec } from './safetensors/header.js';
import type { TensorFile } from './tensor-file.js';

/** A tensor in a file. */
export interface StoredRef {
  readonly file: TensorFile;
  readonly name: string;
}

/** A parameter that a file has in another shape, or in a type that does not become the parameter's. */
export interface Mismatch {
  readonly name: string;
  readonly path: string;
  /** As stored: `F32[512,32128]`. */
  readonly got: string;
  /** As the model declares it: `f32[32128,512]`. */
  readonly needed: string;
}

/** Which stored tensor fills which parameter, found from headers alone. */
export interface LoadPlan {
  /** Parameters and their tensors; the first is read, the others (aliases) must be equal to it. */
  readonly matches: readonly { readonly target: NamedSpec; readonly sources: readonly StoredRef[] }[];
  readonly missing: readonly NamedSpec[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly Mismatch[];
}

/** How names in files are brought to those of the map. */
interface PlanOptions {
  readonly nameMap?: NameMap;
  readonly basePrefix?: string;
}

/**
 * Matches files against parameters.
 * @throws FormatError when two files hold the same tensor
 */
export function planLoad(
  targets: readonly NamedSpec[],
  files: readonly TensorFile[],
  options: PlanOptions,
): LoadPlan {
  const { nameMap } = options;
  const wanted = new Map(targets.map((target) => [target.name, target]));
  const direct = new Map<string, StoredRef>();
  const aliases = new Map<string, StoredRef[]>();
  const unexpected: string[] = [];
  const modelName = prefixRule([...wanted.keys()], files, options);
  for (const file of files) {
    for (const name of file.names) {
      const inModel = modelName(name);
      const canonical = wanted.has(inModel) ? undefined : nameMap?.canonicalName(inModel);
      if (wanted.has(inModel)) setOnce(direct, inModel, { file, name });
      else if (canonical !== undefined && wanted.has(canonical)) {
        aliases.set(canonical, [...(aliases.get(canonical) ?? []), { file, name }]);
      } else if (nameMap?.isIgnored(inModel) !== true) unexpected.push(name);
    }
  }
  const found = targets.map((target) => {
    const own = direct.get(target.name);
    return { target, sources: [...(own === undefined ? [] : [own]), ...(aliases.get(target.name) ?? [])] };
  });
  const mismatched = found.flatMap((match) =>
    match.sources.slice(0, 1).flatMap((source) => misfit(match.target, source)),
  );
  const isMisfit = new Set(mismatched.map(({ path }) => path));
  return {
    matches: found.filter(({ target, sources }) => sources.length > 0 && !isMisfit.has(target.path)),
    missing: found.filter(({ sources }) => sources.length === 0).map(({ target }) => target),
    unexpected,
    mismatched,
  };
}

function setOnce(places: Map<string, StoredRef>, name: string, ref: StoredRef): void {
  const other = places.get(name);
  if (other !== undefined) {
    throw new FormatError({
      op: 'loadParams',
      problem: `${quoted(ref.name)} is in ${ref.file.name} and in ${other.file.name}`,
      likely: 'Pass the files of one save only.',
      page: 'weights-mismatch',
      file: ref.file.name,
      got: name,
    });
  }
  places.set(name, ref);
}

/**
 * Bare models are saved without the prefix under which models with a head keep them (`electra.`,
 * `transformer.`): when one side has it and the other has not, names are brought to the model's form.
 */
function prefixRule(
  wanted: readonly string[],
  files: readonly TensorFile[],
  { basePrefix = '' }: PlanOptions,
): (name: string) => string {
  const hasPrefix = (name: string): boolean => name.startsWith(basePrefix);
  const inModel = wanted.some(hasPrefix);
  const inFiles = files.some((file) => file.names.some(hasPrefix));
  if (basePrefix === '' || inModel === inFiles) return (name) => name;
  if (inFiles) return (name) => (hasPrefix(name) ? name.slice(basePrefix.length) : name);
  const heads = new Set(wanted.filter((name) => !hasPrefix(name)));
  return (name) => (heads.has(name) ? name : basePrefix + name);
}

function misfit(target: NamedSpec, source: StoredRef): readonly Mismatch[] {
  const stored = source.file.spec(source.name);
  if (equalShapes(stored.shape, target.spec.shape) && canBecome(stored, target.spec)) return [];
  const got = `${stored.stored}${formatShape(stored.shape)}`;
  return [{ name: source.name, path: target.path, got, needed: formatSpec(target.spec) }];
}

/** Floats become floats, integers of any width i32; everything else must be stored as it is. */
function canBecome({ stored, dtype }: StoredSpec, spec: ParamSpec): boolean {
  if (dtype === spec.dtype) return true;
  if (dtype !== undefined && isFloat(dtype)) return isFloat(spec.dtype);
  return spec.dtype === 'i32' && (/^[IU]\d+$/.test(stored) || (dtype !== undefined && isInteger(dtype)));
}
