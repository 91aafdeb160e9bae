import { FormatError } from '@tesserae/tensor';
import type { ReadOptions } from '../byte-source.js';
import { FolderError, listed, quoted } from '../errors.js';
import type { ModelFolder } from '../folder.js';
import { describe, isRecord, parseJsonObject } from '../json.js';
import type { TensorFile } from '../tensor-file.js';
import type { SafetensorsFile } from './reader.js';
import { openSafetensors, unknownTensor } from './reader.js';

/** Names under which Hugging Face folders keep their weights. */
export const WEIGHTS_FILE = 'model.safetensors';
/** The index of weights in several files. */
export const WEIGHTS_INDEX = 'model.safetensors.index.json';

const op = 'sharded';
const page = 'safetensors-index';

/**
 * Opens the weights of a model folder: `model.safetensors`, or the shards of its index.
 * @throws FolderError when there are none, saying what there is instead
 */
export async function openWeights(folder: ModelFolder, options: ReadOptions = {}): Promise<TensorFile> {
  if (await folder.has(WEIGHTS_FILE))
    return openSafetensors(await folder.open(WEIGHTS_FILE, options), options);
  if (await folder.has(WEIGHTS_INDEX)) return openSharded(folder, { indexFile: WEIGHTS_INDEX, ...options });
  const names = await folder.list();
  const other = names.find((name) => /\.(bin|h5|msgpack|ckpt\.index|pt)$/.test(name));
  throw new FolderError({
    op: 'openWeights',
    problem: `neither ${WEIGHTS_FILE} nor ${WEIGHTS_INDEX} is in ${folder.name}`,
    likely:
      other === undefined
        ? `The folder has ${names.length > 0 ? listed(names) : 'no files'}. Is it the folder of a model?`
        : `${quoted(other)} is of another format: load it in Python and save_pretrained it as safetensors.`,
    page: 'weights-missing',
    file: folder.name,
    got: names,
    needed: [WEIGHTS_FILE, WEIGHTS_INDEX],
  });
}

/** Which index to open. */
export interface ShardedOptions extends ReadOptions {
  /** Default `model.safetensors.index.json`. */
  readonly indexFile?: string;
}

/**
 * Opens all shards of an index (their headers only) as one file of tensors.
 * Tensors that a shard holds beyond the index are visible too, as Hugging Face's loader sees them.
 * @throws FormatError for a missing shard, a tensor its shard lacks, a shard outside the folder, a tensor in
 *   two shards
 */
export async function openSharded(folder: ModelFolder, options: ShardedOptions = {}): Promise<TensorFile> {
  const { indexFile = WEIGHTS_INDEX, ...readOptions } = options;
  const weightMap = checkIndex(await folder.readText(indexFile, readOptions), `${folder.name}/${indexFile}`);
  const shardNames = [...new Set(weightMap.values())].sort();
  const absent = await absentFiles(folder, shardNames);
  if (absent.length > 0) {
    throw new FormatError({
      op,
      problem: `${absent.length} of ${shardNames.length} shards are missing: ${listed(absent)}`,
      likely: 'The download was not finished. Put the missing files beside the index.',
      page,
      file: `${folder.name}/${indexFile}`,
      got: absent,
      needed: shardNames,
    });
  }
  const shards = new Map<string, SafetensorsFile>();
  for (const name of shardNames)
    shards.set(name, await openSafetensors(await folder.open(name, readOptions), readOptions));
  return joined(`${folder.name}/${indexFile}`, locate(weightMap, shards));
}

function checkIndex(text: string, file: string): ReadonlyMap<string, string> {
  const likely = 'The index is damaged. Fetch it again, or save the model anew.';
  const json = parseJsonObject(text, { op, file, page, likely });
  const map = json['weight_map'];
  if (!isRecord(map)) {
    const problem = `weight_map must map tensors to files, got ${describe(map)}`;
    throw new FormatError({ op, problem, likely, page, file, got: map });
  }
  for (const [tensor, shard] of Object.entries(map)) {
    if (typeof shard === 'string' && /^[^/\\:]+\.safetensors$/.test(shard) && !shard.startsWith('.'))
      continue;
    const problem = `${quoted(tensor)} is said to be in ${describe(shard)}, not in a .safetensors file here`;
    throw new FormatError({ op, problem, likely, page, file, got: shard });
  }
  return new Map(Object.entries(map) as [string, string][]);
}

async function absentFiles(folder: ModelFolder, names: readonly string[]): Promise<readonly string[]> {
  const present = await Promise.all(names.map((name) => folder.has(name)));
  return names.filter((_, index) => !present[index]);
}

function locate(
  weightMap: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, SafetensorsFile>,
): ReadonlyMap<string, SafetensorsFile> {
  const places = new Map<string, SafetensorsFile>();
  for (const [tensor, shardName] of weightMap) {
    const shard = shards.get(shardName)!;
    if (!shard.has(tensor)) {
      const problem = `the index says that ${quoted(tensor)} is in this file, which has no such tensor`;
      const likely = 'Index and shards come from different saves. Fetch all of them again.';
      throw new FormatError({
        op,
        problem,
        likely,
        page,
        file: shard.name,
        got: shard.names,
        needed: tensor,
      });
    }
    places.set(tensor, shard);
  }
  for (const shard of shards.values()) {
    for (const tensor of shard.names) {
      const place = places.get(tensor);
      if (place === undefined) places.set(tensor, shard);
      else if (place !== shard) {
        const problem = `${quoted(tensor)} is in this file and in ${place.name}`;
        const likely = 'Shards of different saves lie in one folder. Save the model anew, into an empty one.';
        throw new FormatError({ op, problem, likely, page, file: shard.name, got: tensor });
      }
    }
  }
  return places;
}

function joined(name: string, places: ReadonlyMap<string, SafetensorsFile>): TensorFile {
  const names = [...places.keys()];
  const fileOf = (tensor: string): SafetensorsFile =>
    places.get(tensor) ?? unknownTensor(tensor, names, name);
  return {
    name,
    names,
    metadata: Object.assign({}, ...[...places.values()].map(({ metadata }) => metadata)) as Record<
      string,
      string
    >,
    has: (tensor) => places.has(tensor),
    spec: (tensor) => fileOf(tensor).spec(tensor),
    read: async (tensor, options) => fileOf(tensor).read(tensor, options),
    readIntegers: async (tensor, options) => fileOf(tensor).readIntegers(tensor, options),
  };
}
