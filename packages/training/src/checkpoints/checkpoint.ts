import type { HostTensor } from '@tesserae/tensor';
import { FormatError, flattenTree, formatSpec, mapTree } from '@tesserae/tensor';
import type { ByteSource, TensorFile } from '@tesserae/weights';
import { openSafetensors, writeSafetensors } from '@tesserae/weights';
import type { HostTrainState } from '../step/train-state.js';
import type { BestEvaluation } from '../trainer/events.js';
import { checksum } from './checksum.js';
import type { JsonValue } from './store.js';

/** What a run knows beside its tensors. */
export interface RunRecord {
  readonly step: number;
  /** Seed of dropout and masks. */
  readonly seed: number;
  /** Where the batches go on. */
  readonly cursor?: JsonValue;
  readonly config?: Readonly<Record<string, JsonValue>>;
  readonly best?: BestEvaluation;
  /** Evaluations in a row that were not better. */
  readonly numStale: number;
  /** The last step that was evaluated, if any. */
  readonly evaluatedAt?: number;
}

/** A whole run at a step. */
export interface Checkpoint {
  readonly record: RunRecord;
  readonly state: HostTrainState;
}

const VERSION = 1;
const KEY = 'tesserae.checkpoint';
const op = 'checkpoint';

/** The bytes of a checkpoint: a safetensors file whose metadata holds the record. */
export function checkpointBytes({ record, state }: Checkpoint): Uint8Array[] {
  const { step: _, ...trees } = state;
  return treeBytes(trees, { version: VERSION, ...record });
}

/** The bytes of parameters alone, such as the best of a run. */
export function paramsBytes(params: unknown, about: { readonly step: number }): Uint8Array[] {
  return treeBytes({ params }, { version: VERSION, ...about });
}

function treeBytes(tree: object, about: object): Uint8Array[] {
  const entries = flattenTree<HostTensor>(tree).map(({ path, leaf }) => [path, leaf] as const);
  return writeSafetensors(entries, {
    metadata: { [KEY]: JSON.stringify({ ...about, checksum: checksum(tree) }) },
  });
}

/**
 * Reads the record of a checkpoint; of the tensors nothing is read yet.
 * @throws FormatError when the file is damaged or is no checkpoint
 */
export async function readRecord(source: ByteSource): Promise<RunRecord> {
  return recordOf(await openSafetensors(source));
}

function recordOf(file: TensorFile): RunRecord & { readonly checksum: string } {
  const text = file.metadata[KEY];
  if (text === undefined) throw damaged(file.name, 'it is a safetensors file, but no checkpoint of a run');
  const record = parsed(text, file.name) as RunRecord & {
    readonly version: number;
    readonly checksum: string;
  };
  if (record.version === VERSION && Number.isSafeInteger(record.step)) return record;
  throw damaged(file.name, `its version is ${String(record.version)}, this library reads ${VERSION}`);
}

function parsed(text: string, file: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // told below
  }
  throw damaged(file, 'its record cannot be read');
}

/**
 * Reads tensors into the form of a tree: names, shapes and dtypes are compared before anything is allocated.
 * @param form  a tree of tensors of the same form
 * @throws FormatError when they do not fit together, naming what differs, or when the file is damaged
 */
export async function readTensors<Tree extends object>(source: ByteSource, form: Tree): Promise<Tree> {
  const file = await openSafetensors(source);
  const { checksum: wanted } = recordOf(file);
  requireSameForm(file, form);
  const tensors = new Map<string, HostTensor>();
  for (const name of file.names) tensors.set(name, await file.read(name));
  const tree = mapTree(form, (_: HostTensor, path: string) => tensors.get(path)!) as Tree;
  if (checksum(tree) === wanted) return tree;
  throw damaged(source.name, 'its numbers are not those that were written');
}

function requireSameForm(file: TensorFile, form: object): void {
  const expected = new Map(flattenTree<HostTensor>(form).map(({ path, leaf }) => [path, leaf]));
  const problems: string[] = [];
  for (const [path, leaf] of expected) {
    if (!file.has(path)) problems.push(`${path} is missing`);
    else if (!isLike(file.spec(path), leaf)) {
      const { stored, shape } = file.spec(path);
      problems.push(`${path} is ${stored}[${shape.join(',')}], needed ${formatSpec(leaf)}`);
    }
  }
  for (const name of file.names) if (!expected.has(name)) problems.push(`${name} has no place`);
  if (problems.length === 0) return;
  const more = problems.length > 5 ? ` and ${problems.length - 5} more` : '';
  throw new FormatError({
    op,
    problem: `the checkpoint is of another model or optimiser: ${problems.slice(0, 5).join('; ')}${more}`,
    likely: 'Train with the model, optimiser and frozen parameters of the run, or into another folder.',
    page: 'checkpoint-mismatch',
    file: file.name,
    got: problems,
  });
}

const isLike = (
  { stored, shape }: { readonly stored: string; readonly shape: readonly number[] },
  leaf: HostTensor,
): boolean =>
  stored.toLowerCase() === leaf.dtype &&
  shape.length === leaf.shape.length &&
  shape.every((size, axis) => size === leaf.shape[axis]);

function damaged(file: string, problem: string): FormatError {
  return new FormatError({
    op,
    problem,
    likely:
      'The file is damaged, or not a checkpoint of this library. Remove it to go on from the one before.',
    page: 'checkpoint-damaged',
    file,
  });
}
