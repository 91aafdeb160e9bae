import { FormatError, OptionError, checkOptions, isFloat, mapTree, sizeInBytes } from '@tesserae/tensor';
import type { DType, HostTensor } from '@tesserae/tensor';
import type { ReadOptions } from './byte-source.js';
import { castTensor } from './cast.js';
import type { NamedSpec } from './checkpoint-names.js';
import { namedSpecs } from './checkpoint-names.js';
import { listed, quoted } from './errors.js';
import { initParam } from './init.js';
import type { LoadPlan, Mismatch, StoredRef } from './load-plan.js';
import { planLoad } from './load-plan.js';
import type { NameMap } from './name-map.js';
import type { ParamSpec, ParamsOf } from './param-spec.js';
import type { TensorFile } from './tensor-file.js';

/** How parameters are loaded. */
export interface LoadOptions extends ReadOptions {
  /** Names of the parameters in the files; default: the specs' own names, or their paths. */
  readonly nameMap?: NameMap;
  /** True (the default): any missing, unexpected, wrong-shaped or contradicting tensor is an error. */
  readonly strict?: boolean;
  /** Element type of float parameters; default: the specs'. */
  readonly dtype?: DType;
  /** `electra.`: a file of the bare model fills a model with a head, and the other way round. */
  readonly basePrefix?: string;
  /** Parameters (by path) that may be absent, such as a new head; they are initialised from `seed`. */
  readonly allowMissing?: (path: string) => boolean;
  /** Tensors (by name in the file) that may be left over, such as another head. */
  readonly allowUnexpected?: (name: string) => boolean;
  /** For parameters that no file has; required as soon as there is one. */
  readonly seed?: number;
  readonly onProgress?: (progress: { readonly loadedBytes: number; readonly totalBytes: number }) => void;
}

/** Parameters, and what did not fit (by checkpoint name). */
export interface LoadedParams<T> {
  readonly params: ParamsOf<T>;
  /** Initialised, because no file has them. */
  readonly missing: readonly string[];
  /** In the files, used by nobody, not known as surplus. */
  readonly unexpected: readonly string[];
  /** Initialised, because what the files have does not fit; only with `strict: false`. */
  readonly mismatched: readonly Mismatch[];
  /** Aliases that differ from the tensor they should repeat; only with `strict: false`. */
  readonly conflicting: readonly string[];
}

const op = 'loadParams';
const KNOWN: readonly string[] =
  'nameMap strict dtype basePrefix allowMissing allowUnexpected seed onProgress signal'.split(' ');

/**
 * Fills a tree of specs from files, matched by name and shape before anything is read, then cast.
 * @throws FormatError that lists missing, unexpected and wrong-shaped tensors together · OptionError without
 *   a seed for what has to be initialised
 */
export async function loadParams<T>(
  specs: T,
  files: TensorFile | readonly TensorFile[],
  options: LoadOptions = {},
): Promise<LoadedParams<T>> {
  checkOptions(op, options, KNOWN);
  const { strict = true, dtype, allowMissing = () => false, allowUnexpected = () => false } = options;
  checkDtype(dtype);
  const sources: readonly TensorFile[] = Array.isArray(files) ? files : [files as TensorFile];
  const targets = namedSpecs(specs, options.nameMap);
  const plan = planLoad(targets, sources, options);
  if (strict) {
    const missing = plan.missing.filter(({ path }) => !allowMissing(path));
    const unexpected = plan.unexpected.filter((name) => !allowUnexpected(name));
    refuseMisfits({ ...plan, missing, unexpected }, sources);
  }
  const loaded = initialised(plan, targets, options);
  const conflicting = await readAll(plan, loaded, options);
  if (strict && conflicting.length > 0) refuseConflicts(conflicting, sources);
  return {
    params: mapTree(specs, (_: ParamSpec, path) => loaded.get(path)!) as ParamsOf<T>,
    missing: plan.missing.map(({ name }) => name),
    unexpected: plan.unexpected,
    mismatched: plan.mismatched,
    conflicting,
  };
}

/**
 * True when two tensors of a file are the same bit for bit (an output layer that repeats the embeddings).
 * @throws FormatError when the file lacks one of them
 */
export async function sameTensor(
  file: TensorFile,
  names: readonly [string, string],
  options: ReadOptions = {},
): Promise<boolean> {
  const [a, b] = names.map((name) => file.spec(name));
  if (a!.stored !== b!.stored || a!.shape.join() !== b!.shape.join()) return false;
  return equalBytes(await file.read(names[0], options), await file.read(names[1], options));
}

function checkDtype(dtype: DType | undefined): void {
  if (dtype === undefined || isFloat(dtype)) return;
  throw new OptionError({
    op,
    problem: `dtype is ${dtype}; parameters can be loaded as f32, f16, bf16 or f64`,
    likely: 'Integers among the parameters keep their type anyway.',
    page: 'option-value',
    got: dtype,
  });
}

const targetDtype = (spec: ParamSpec, dtype: DType | undefined): DType =>
  isFloat(spec.dtype) ? (dtype ?? spec.dtype) : spec.dtype;

/** Parameters that no file fills, drawn afresh. */
function initialised(
  plan: LoadPlan,
  targets: readonly NamedSpec[],
  { seed, dtype }: LoadOptions,
): Map<string, HostTensor> {
  const absent = new Set([
    ...plan.missing.map(({ path }) => path),
    ...plan.mismatched.map(({ path }) => path),
  ]);
  const loaded = new Map<string, HostTensor>();
  if (absent.size > 0 && seed === undefined) {
    throw new OptionError({
      op,
      problem: `${listed([...absent])} must be initialised, but no seed was given`,
      likely: 'Pass seed, a whole number, so that the same call gives the same parameters.',
      page: 'seed-required',
      got: [...absent],
      needed: 'seed',
    });
  }
  for (const { path, spec } of targets) {
    if (!absent.has(path)) continue;
    loaded.set(path, initParam({ ...spec, dtype: targetDtype(spec, dtype) }, { seed: seed!, path }));
  }
  return loaded;
}

/** Reads one tensor after another, so that only one is in memory twice; gives the aliases that differ. */
async function readAll(
  plan: LoadPlan,
  loaded: Map<string, HostTensor>,
  options: LoadOptions,
): Promise<readonly string[]> {
  const { dtype, onProgress, signal } = options;
  const conflicting: string[] = [];
  const totalBytes = plan.matches.reduce((bytes, { sources }) => bytes + bytesOf(sources[0]!), 0);
  let loadedBytes = 0;
  for (const { target, sources } of plan.matches) {
    signal?.throwIfAborted();
    const [source, ...aliases] = sources;
    const tensor = await readAs(source!, targetDtype(target.spec, dtype), { signal });
    loaded.set(target.path, tensor);
    for (const alias of aliases) {
      const copy = await readAs(alias, tensor.dtype, { signal });
      if (!equalBytes(tensor, copy)) conflicting.push(alias.name);
    }
    loadedBytes += bytesOf(source!);
    onProgress?.({ loadedBytes, totalBytes });
  }
  return conflicting;
}

function bytesOf({ file, name }: StoredRef): number {
  const { begin, end } = file.spec(name);
  return end - begin;
}

async function readAs({ file, name }: StoredRef, dtype: DType, options: ReadOptions): Promise<HostTensor> {
  const stored = file.spec(name).dtype;
  const isExact = stored === dtype || (stored !== undefined && isFloat(stored));
  return castTensor(isExact ? await file.read(name, options) : await file.readIntegers(name, options), dtype);
}

function equalBytes(a: HostTensor, b: HostTensor): boolean {
  if (sizeInBytes(a) !== sizeInBytes(b)) return false;
  const [left, right] = [a, b].map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  for (let index = 0; index < left!.length; index++) if (left![index] !== right![index]) return false;
  return true;
}

function refuseMisfits({ missing, unexpected, mismatched }: LoadPlan, files: readonly TensorFile[]): void {
  if (missing.length + unexpected.length + mismatched.length === 0) return;
  const names = missing.map(({ name }) => name);
  const lines = [
    `the weights do not fit the model: ${names.length} missing, ${unexpected.length} unexpected, ` +
      `${mismatched.length} of another shape or type`,
    ...(names.length > 0 ? [`    missing: ${listed(names)}`] : []),
    ...(unexpected.length > 0 ? [`    unexpected: ${listed(unexpected)}`] : []),
    ...mismatched
      .slice(0, 8)
      .map(({ name, path, got, needed }) => `    ${quoted(name)} is ${got}; ${path} needs ${needed}`),
  ];
  const likely =
    mismatched.length > 0
      ? 'Weights of another model size: compare the sizes in config.json with those above.'
      : 'Weights of another class, or without this head. Say which may differ with allowMissing and ' +
        'allowUnexpected, or pass strict: false.';
  throw new FormatError({
    op,
    problem: lines.join('\n'),
    likely,
    page: 'weights-mismatch',
    file: files.map(({ name }) => name).join(', '),
    got: { missing: names, unexpected, mismatched },
  });
}

function refuseConflicts(conflicting: readonly string[], files: readonly TensorFile[]): never {
  throw new FormatError({
    op,
    problem: `${listed(conflicting)} should repeat another tensor of the file and differ from it`,
    likely:
      'The model was trained with these untied: load it with tieWordEmbeddings false, or drop them with ' +
      'strict: false.',
    page: 'weights-alias',
    file: files.map(({ name }) => name).join(', '),
    got: conflicting,
  });
}
