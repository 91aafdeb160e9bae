import { checkInteger, checkOptions, checkRange, DataError } from '../errors.js';
import type { DataFile } from '../readers/data-file.js';
import { MANIFEST_FILE, parseManifest, type ShardManifest } from './manifest.js';
import { shardError } from './shard-error.js';
import { openShardFile, type ShardFile } from './shard-file.js';
import { sha256, tokenizerFingerprint } from './tokenizer-fingerprint.js';
import type { Tokenizer } from '@tesserae/tokenizer';

/** Where the files of a set are: a folder, a list of Blobs, a web address. */
export interface ShardFolder {
  /** A file of the folder by name; whether it exists shows when it is read. */
  file(name: string): DataFile;
  close?(): Promise<void>;
}

/** Options of `openShards`. */
export interface OpenShardsOptions {
  /** Checked to be the tokenizer that made the ids. */
  readonly tokenizer?: Pick<Tokenizer, 'toFiles'>;
  readonly signal?: AbortSignal;
}

/** Tokenised documents in shards. Nothing of them is held in memory. */
export interface ShardSet {
  readonly manifest: ShardManifest;
  /** Ids of a document, its features one behind the other. @throws DataError (option-value, data-shards) */
  document(index: number, options?: { readonly signal?: AbortSignal }): Promise<Int32Array>;
  /** Ids of a document by feature. @throws DataError (option-value, data-shards) */
  features(index: number): Promise<Readonly<Record<string, Int32Array>>>;
  /** Ids `start` to `end` (excluded) of all documents joined, over the borders of shards. */
  tokens(start: number, end: number, options?: { readonly signal?: AbortSignal }): Promise<Int32Array>;
  /** Reads every byte and compares hashes; one shard at a time is in memory. @throws DataError (data-shards) */
  verify(options?: {
    readonly onShard?: (name: string) => void;
    readonly signal?: AbortSignal;
  }): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a set of shards and checks manifest, sizes, heads and feet of all files.
 * @throws DataError data-shards, data-shard-missing, data-tokenizer-other
 */
export async function openShards(folder: ShardFolder, options: OpenShardsOptions = {}): Promise<ShardSet> {
  checkOptions('openShards', options, ['tokenizer', 'signal']);
  const { tokenizer, signal } = options;
  const manifestFile = folder.file(MANIFEST_FILE);
  const manifest = parseManifest(await readText(manifestFile, signal), manifestFile.name);
  if (tokenizer !== undefined) await checkTokenizer(manifest, manifestFile.name, tokenizer);
  const shards: ShardFile[] = [];
  for (const entry of manifest.shards) {
    signal?.throwIfAborted();
    const { dtype, features } = manifest;
    const opening = { entry, dtype, numFeatures: features.length, signal };
    shards.push(await openShardFile(folder.file(entry.name), opening));
  }
  return shardSet(manifest, shards, folder);
}

async function readText(file: DataFile, signal?: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of file.open({ signal })) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

async function checkTokenizer(
  manifest: ShardManifest,
  file: string,
  tokenizer: Pick<Tokenizer, 'toFiles'>,
): Promise<void> {
  const fingerprint = await tokenizerFingerprint(tokenizer);
  if (fingerprint === manifest.tokenizer.fingerprint) return;
  throw new DataError({
    op: 'openShards',
    file,
    field: 'tokenizer',
    problem: `the ids were made by another tokenizer (${manifest.tokenizer.fingerprint.slice(0, 12)}…, vocabulary ${manifest.tokenizer.vocabSize}) than the one given (${fingerprint.slice(0, 12)}…)`,
    page: 'data-tokenizer-other',
    remedy: 'shards of another model. Give the tokenizer they were prepared with, or prepare them anew.',
  });
}

function shardSet(manifest: ShardManifest, shards: readonly ShardFile[], folder: ShardFolder): ShardSet {
  const documentStarts = startsOf(shards.map(({ entry }) => entry.numDocuments));
  const tokenStarts = startsOf(shards.map(({ entry }) => entry.numTokens));
  const locate = async (index: number) => {
    checkInteger('document', 'index', index, 0);
    checkRange('document', 'index', index, [0, manifest.numDocuments - 1]);
    const at = lastStart(documentStarts, index);
    const shard = shards[at]!;
    return { shard, bounds: await shard.bounds(index - documentStarts[at]!) };
  };
  return Object.freeze({
    manifest,
    async document(index: number, { signal }: { readonly signal?: AbortSignal } = {}) {
      const { shard, bounds } = await locate(index);
      return shard.ids(bounds[0]!, bounds[bounds.length - 1]!, signal);
    },
    async features(index: number) {
      const { shard, bounds } = await locate(index);
      const ids = await shard.ids(bounds[0]!, bounds[bounds.length - 1]!);
      const part = (place: number) => ids.slice(bounds[place]! - bounds[0]!, bounds[place + 1]! - bounds[0]!);
      return Object.fromEntries(manifest.features.map((name, place) => [name, part(place)]));
    },
    async tokens(start: number, end: number, { signal }: { readonly signal?: AbortSignal } = {}) {
      checkInteger('tokens', 'start', start, 0);
      checkInteger('tokens', 'end', end, start);
      checkRange('tokens', 'end', end, [0, manifest.numTokens]);
      const parts: Int32Array[] = [];
      for (let at = lastStart(tokenStarts, start), from = start; from < end; at++) {
        const [first, next] = [tokenStarts[at]!, tokenStarts[at + 1]!];
        const to = Math.min(end, next);
        if (to > from) parts.push(await shards[at]!.ids(from - first, to - first, signal));
        from = Math.max(from, to);
      }
      return joined(parts, end - start);
    },
    verify: (options: Parameters<ShardSet['verify']>[0] = {}) => verifyShards(shards, options),
    close: async () => folder.close?.(),
  });
}

async function verifyShards(
  shards: readonly ShardFile[],
  { onShard, signal }: NonNullable<Parameters<ShardSet['verify']>[0]>,
): Promise<void> {
  for (const { entry, bytes } of shards) {
    const found = await sha256(await bytes(signal));
    if (found !== entry.sha256) {
      const problem = `the SHA-256 is ${found}, the manifest says ${entry.sha256}`;
      throw shardError({ file: entry.name, field: 'sha256', problem });
    }
    onShard?.(entry.name);
  }
}

/** 0 and the running sums. */
function startsOf(counts: readonly number[]): readonly number[] {
  const starts = [0];
  for (const count of counts) starts.push(starts.at(-1)! + count);
  return starts;
}

/** The last place whose start is at most `value`, by halving; never that of the end. */
function lastStart(starts: readonly number[], value: number): number {
  let [low, high] = [0, Math.max(0, starts.length - 2)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

function joined(parts: readonly Int32Array[], length: number): Int32Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Int32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
