import type { Json } from '../batching/stage.js';
import { show } from '../errors.js';
import { shardError } from './shard-error.js';
import { type ShardDtype, shardDtype, shardLayout } from './shard-layout.js';

/** Name of the manifest in its folder; it is written last, so a folder that has it is whole. */
export const MANIFEST_FILE = 'manifest.json';

const formatName = 'tesserae-shards';
const formatVersion = 1;

/** One shard file. */
export interface ShardEntry {
  readonly name: string;
  readonly numDocuments: number;
  readonly numTokens: number;
  readonly sizeBytes: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
}

/** The tokenizer that made the ids. */
export interface ShardTokenizer {
  /** @see tokenizerFingerprint */
  readonly fingerprint: string;
  /** Ids are below it. */
  readonly vocabSize: number;
  readonly padId: number | null;
  readonly eosId: number | null;
}

/** What is in a set of shards. Plain JSON; equal inputs and options give equal bytes. */
export interface ShardManifest {
  readonly format: 'tesserae-shards';
  readonly version: 1;
  readonly dtype: ShardDtype;
  readonly tokenizer: ShardTokenizer;
  /** What each document consists of, in this order: `text`, or `inputs` and `targets`. */
  readonly features: readonly string[];
  /** Whether each feature ends with EOS. */
  readonly hasEos: boolean;
  readonly numDocuments: number;
  readonly numTokens: number;
  readonly shards: readonly ShardEntry[];
  /** How the set was prepared, for people. */
  readonly preparation: Json;
}

/** A manifest of shards, with the totals. */
export function shardManifest(
  parts: Omit<ShardManifest, 'format' | 'version' | 'dtype' | 'numDocuments' | 'numTokens'>,
): ShardManifest {
  const sum = (of: 'numDocuments' | 'numTokens'): number =>
    parts.shards.reduce((total, shard) => total + shard[of], 0);
  const { tokenizer, features, hasEos, shards, preparation } = parts;
  return {
    ...{ format: formatName, version: formatVersion, dtype: shardDtype(tokenizer.vocabSize), tokenizer },
    ...{ features, hasEos, numDocuments: sum('numDocuments'), numTokens: sum('numTokens') },
    ...{ shards, preparation },
  };
}

/**
 * Reads a manifest and checks it in itself.
 * @throws DataError (data-shards) naming the field
 */
export function parseManifest(text: string, file: string): ShardManifest {
  const manifest = ourManifest(text, file);
  const { text: textIn, count, list } = fieldReaders(file);
  const tokenizer = record(manifest['tokenizer'], file, 'tokenizer');
  const dtype = textIn(manifest, 'dtype');
  const features = list(manifest, 'features').map((_, at, all) => textIn(all as never, String(at)));
  const shards = list(manifest, 'shards').map((entry, at): ShardEntry => {
    const shard = record(entry, file, `shards[${at}]`);
    const [numDocuments, numTokens] = [count(shard, 'numDocuments'), count(shard, 'numTokens')];
    const sizeBytes = count(shard, 'sizeBytes');
    return {
      name: textIn(shard, 'name'),
      numDocuments,
      numTokens,
      sizeBytes,
      sha256: textIn(shard, 'sha256'),
    };
  });
  const id = (name: string): number | null => (tokenizer[name] === null ? null : count(tokenizer, name));
  const read = shardManifest({
    tokenizer: {
      fingerprint: textIn(tokenizer, 'fingerprint'),
      vocabSize: count(tokenizer, 'vocabSize'),
      ...{ padId: id('padId'), eosId: id('eosId') },
    },
    ...{ features, shards, hasEos: manifest['hasEos'] === true },
    preparation: (manifest['preparation'] ?? null) as Json,
  });
  checkTotals(read, { ...manifest, dtype }, file);
  return Object.freeze(read);
}

/** The JSON of a manifest of this format. */
function ourManifest(text: string, file: string): Fields {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw shardError({ file, problem: `the manifest is no JSON: ${(cause as Error).message}`, cause });
  }
  const manifest = record(json, file, 'manifest');
  if (manifest['format'] === formatName && manifest['version'] === formatVersion) return manifest;
  const got = `${show(manifest['format'])}, version ${show(manifest['version'])}`;
  throw shardError({
    file,
    field: 'format',
    problem: `the format is ${got}, needed "${formatName}", version ${formatVersion}`,
    remedy: 'a folder of something else, or shards of a newer release. Prepare them anew.',
  });
}

function checkTotals(read: ShardManifest, said: Readonly<Record<string, unknown>>, file: string): void {
  for (const field of ['dtype', 'numDocuments', 'numTokens'] as const) {
    if (said[field] === read[field]) continue;
    throw shardError({
      file,
      field,
      problem: `${field} is ${show(said[field])}, but the rest of the manifest makes ${show(read[field])}`,
    });
  }
  if (read.features.length === 0) throw shardError({ file, field: 'features', problem: 'there are none' });
  for (const { name, numDocuments, numTokens, sizeBytes } of read.shards) {
    const numEnds = numDocuments * read.features.length;
    const needed = shardLayout({ dtype: read.dtype, numTokens, numEnds }).sizeBytes;
    if (!/^[\w.-]+$/.test(name))
      throw shardError({ file, field: 'name', problem: `${show(name)} is no file name` });
    if (sizeBytes === needed) continue;
    throw shardError({
      file,
      field: 'sizeBytes',
      problem: `${name} has ${sizeBytes} bytes, but its counts make ${needed}`,
    });
  }
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown, file: string, field: string): Fields {
  if (value !== null && typeof value === 'object') return value as Fields;
  throw shardError({ file, field, problem: `${field} is ${show(value)}, needed an object` });
}

function fieldReaders(file: string) {
  const wrong = (field: string, got: unknown, needed: string) =>
    shardError({ file, field, problem: `${field} is ${show(got)}, needed ${needed}` });
  return {
    text(from: Fields, field: string): string {
      const value = from[field];
      if (typeof value !== 'string') throw wrong(field, value, 'a text');
      return value;
    },
    count(from: Fields, field: string): number {
      const value = from[field];
      if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(field, value, 'a whole number');
      return value as number;
    },
    list(from: Fields, field: string): readonly unknown[] {
      const value = from[field];
      if (!Array.isArray(value)) throw wrong(field, value, 'a list');
      return value;
    },
  };
}
