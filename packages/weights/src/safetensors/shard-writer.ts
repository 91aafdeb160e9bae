import { OptionError, sizeInBytes } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import { WEIGHTS_FILE, WEIGHTS_INDEX } from './sharded.js';
import type { TensorEntries, WriteOptions } from './writer.js';
import { writeSafetensors } from './writer.js';

/** How weights are laid out as files. */
export interface WeightFilesOptions extends Pick<WriteOptions, 'metadata'> {
  /**
   * Bytes of tensors a file may hold before another is begun; a single larger tensor gets a file of its own.
   * Default 5 GB.
   */
  readonly maxShardBytes?: number;
}

/**
 * The weights of a model folder, name by name, as chunks: `model.safetensors`, or shards and their index when
 * they are larger than `maxShardBytes`.
 * @throws OptionError when `maxShardBytes` is not positive
 */
export function weightFiles(
  tensors: TensorEntries,
  options: WeightFilesOptions = {},
): ReadonlyMap<string, Uint8Array<ArrayBuffer>[]> {
  const { maxShardBytes = 5e9, metadata = {} } = options;
  if (!(maxShardBytes > 0)) {
    const problem = `maxShardBytes is ${maxShardBytes}; a positive number of bytes is needed`;
    throw new OptionError({ op: 'weightFiles', problem, page: 'option-value', got: maxShardBytes });
  }
  const shards = split([...tensors], maxShardBytes);
  if (shards.length <= 1) return new Map([[WEIGHTS_FILE, writeSafetensors(shards[0] ?? [], { metadata })]]);
  const files = new Map<string, Uint8Array<ArrayBuffer>[]>();
  const weightMap: [string, string][] = [];
  shards.forEach((shard, index) => {
    const file = `model-${fiveDigits(index + 1)}-of-${fiveDigits(shards.length)}.safetensors`;
    files.set(file, writeSafetensors(shard, { metadata }));
    for (const [name] of shard) weightMap.push([name, file]);
  });
  const totalSize = shards.flat().reduce((bytes, [, tensor]) => bytes + sizeInBytes(tensor), 0);
  const index = { metadata: { total_size: totalSize }, weight_map: Object.fromEntries(weightMap.sort()) };
  files.set(WEIGHTS_INDEX, [new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`)]);
  return files;
}

function split(
  entries: readonly (readonly [string, HostTensor])[],
  limit: number,
): (readonly [string, HostTensor])[][] {
  const shards: (readonly [string, HostTensor])[][] = [];
  let filled = Infinity;
  for (const entry of entries) {
    const size = sizeInBytes(entry[1]);
    if (filled + size > limit) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(entry);
    filled += size;
  }
  return shards;
}

const fiveDigits = (value: number): string => String(value).padStart(5, '0');
