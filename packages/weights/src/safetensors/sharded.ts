import { FormatError } from '@tesserae/tensor';
import { listed, quoted } from '../errors.js';
import type { ModelFolder } from '../folder.js';
import { describe, isRecord, parseJsonObject } from '../json.js';
import type { ByteSource, ReadOptions } from '../byte-source.js';
import type { StoredFile } from '../stored/stored-file.js';
import { openSafetensors } from './reader.js';
import { storedFile } from '../stored/stored-file.js';

/** Names under which Hugging Face folders keep their weights. */
export const WEIGHTS_FILE = 'model.safetensors';
/** The index of weights in several files. */
export const WEIGHTS_INDEX = 'model.safetensors.index.json';

const op = 'sharded';
const page = 'safetensors-index';

/** Which index to open, and how its shards are opened. */
export interface ShardedOptions extends ReadOptions {
  /** Default `model.safetensors.index.json`. */
  readonly indexFile?: string;
  /** What shards' names end with; default `.safetensors`. */
  readonly extension?: string;
  /** Default: as safetensors. */
  readonly openShard?: (source: ByteSource, options: ReadOptions) => Promise<StoredFile>;
}

/**
 * Opens all shards of an index (their headers only) as one file of tensors.
 * Tensors that a shard holds beyond the index are visible too, as Hugging Face's loader sees them.
 * @throws FormatError for a missing shard, a tensor its shard lacks, a shard outside the folder, a tensor in
 *   two shards
 */
export async function openSharded(folder: ModelFolder, options: ShardedOptions = {}): Promise<StoredFile> {
  const {
    indexFile = WEIGHTS_INDEX,
    extension = '.safetensors',
    openShard = openSafetensors,
    ...readOptions
  } = options;
  const file = `${folder.name}/${indexFile}`;
  const weightMap = checkIndex(await folder.readText(indexFile, readOptions), { file, extension });
  const shardNames = [...new Set(weightMap.values())].sort();
  const absent = await absentFiles(folder, shardNames);
  if (absent.length > 0) {
    throw new FormatError({
      op,
      problem: `${absent.length} of ${shardNames.length} shards are missing: ${listed(absent)}`,
      likely: 'The download was not finished. Put the missing files beside the index.',
      page,
      file,
      got: absent,
      needed: shardNames,
    });
  }
  const shards = new Map<string, StoredFile>();
  for (const name of shardNames)
    shards.set(name, await openShard(await folder.open(name, readOptions), readOptions));
  const places = [...locate(weightMap, shards)];
  return storedFile({
    name: file,
    op,
    tensors: new Map(places.map(([tensor, shard]) => [tensor, shard.tensors.get(tensor)!])),
    metadata: Object.assign({}, ...[...shards.values()].map(({ metadata }) => metadata)) as Record<
      string,
      string
    >,
  });
}

function checkIndex(
  text: string,
  { file, extension }: { readonly file: string; readonly extension: string },
): ReadonlyMap<string, string> {
  const likely = 'The index is damaged. Fetch it again, or save the model anew.';
  const json = parseJsonObject(text, { op, file, page, likely });
  const map = json['weight_map'];
  if (!isRecord(map)) {
    const problem = `weight_map must map tensors to files, got ${describe(map)}`;
    throw new FormatError({ op, problem, likely, page, file, got: map });
  }
  for (const [tensor, shard] of Object.entries(map)) {
    const isPlain = typeof shard === 'string' && /^[^./\\:][^/\\:]*$/.test(shard);
    if (isPlain && shard.endsWith(extension)) continue;
    const problem = `${quoted(tensor)} is said to be in ${describe(shard)}, not in a ${extension} file here`;
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
  shards: ReadonlyMap<string, StoredFile>,
): ReadonlyMap<string, StoredFile> {
  const places = new Map<string, StoredFile>();
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
