import { join } from 'node:path';
import type { Tokenizer } from '@tesserae/tokenizer';
import { DataError } from '../../errors.js';
import { MANIFEST_FILE, parseManifest, shardManifest } from '../manifest.js';
import { documentChunks } from './document-chunks.js';
import { type Disk, nodeDisk, writeError, writeWhole } from './disk.js';
import {
  checkSettings,
  clearFolder,
  folderState,
  type Journal,
  JOURNAL_FILE,
  KEYS_FILE,
  readJournal,
  REPORT_FILE,
} from './journal.js';
import type { DocumentSource, PrepareOptions, PreparePlan, PrepareResult } from './prepare-options.js';
import { preparePlan } from './prepare-options.js';
import { openShardSink, type ShardSink } from './shard-sink.js';
import { createTokenizerPool, type TokenizerPool } from './worker-pool.js';

/**
 * Tokenises documents into a folder of shards. One reader feeds the workers, one writer takes what they make in the
 * order of the documents: the bytes are the same for any number of workers, and for a run that was interrupted and
 * resumed. Shards and manifest have their names only when they are whole; the manifest is the last.
 * @param documents  opens the input; records of a reader of this package are resumed by seeking, others by counting
 * @throws DataError data-output-exists, data-resume, data-record, data-disk-full, data-write, data-worker, data-empty;
 *   what reading throws; the signal's reason
 */
export async function prepareShards(
  documents: DocumentSource,
  options: PrepareOptions,
): Promise<PrepareResult> {
  return prepareOnDisk(documents, options, nodeDisk);
}

/** `prepareShards` on a file system of the caller's choice. */
export async function prepareOnDisk(
  documents: DocumentSource,
  options: PrepareOptions,
  disk: Disk,
): Promise<PrepareResult> {
  const plan = await preparePlan(options);
  try {
    await disk.makeFolder(plan.out);
    const begun = await claimFolder(disk, plan);
    if (begun !== undefined && 'numShards' in begun) return begun;
    return await run(documents, { plan, disk, journal: begun, tokenizer: options.tokenizer });
  } catch (error) {
    throw writeError(plan.out, error);
  }
}

/** Makes sure that nothing is overwritten unasked; gives the journal to go on from, or what is finished already. */
async function claimFolder(disk: Disk, plan: PreparePlan): Promise<Journal | PrepareResult | undefined> {
  const { out, resume, overwrite, settings } = plan;
  const state = await folderState(disk, out);
  if (overwrite) await clearFolder(disk, out);
  else if (state === 'foreign') throw outputExists(out, 'the folder has other files', 'Choose a new folder.');
  else if (state !== 'empty' && !resume) {
    const problem = `the folder has ${state === 'finished' ? 'shards' : 'an interrupted preparation'}`;
    throw outputExists(out, problem, 'resume goes on where it stopped, overwrite begins anew.');
  } else if (state === 'finished') return finishedResult(disk, plan);
  else if (state === 'interrupted') return readJournal(disk, out, settings);
  return undefined;
}

async function finishedResult(disk: Disk, { out, settings }: PreparePlan): Promise<PrepareResult> {
  const read = async (name: string) => new TextDecoder().decode(await disk.read(join(out, name)));
  const file = join(out, MANIFEST_FILE);
  const manifest = parseManifest(await read(MANIFEST_FILE), file);
  checkSettings(file, { now: settings, before: manifest.preparation as PreparePlan['settings'] });
  await disk.remove(join(out, JOURNAL_FILE)); // left when it was stopped right behind the manifest
  await disk.remove(join(out, KEYS_FILE));
  const report = JSON.parse(await read(REPORT_FILE)) as PrepareResult['report'];
  const { numDocuments, numTokens, shards } = manifest;
  return { report, numDocuments, numTokens, numShards: shards.length, resumedDocuments: report.documents };
}

interface RunOptions {
  readonly plan: PreparePlan;
  readonly disk: Disk;
  readonly journal: Journal | undefined;
  readonly tokenizer: Tokenizer;
}

async function run(
  documents: DocumentSource,
  { plan, disk, journal, tokenizer }: RunOptions,
): Promise<PrepareResult> {
  const { features, eosId, rules } = plan;
  const settings = { numFeatures: features.length, eosId, rules };
  const pool = await createTokenizerPool(tokenizer, { workers: plan.workers, settings });
  let sink: ShardSink | undefined;
  try {
    sink = await openShardSink({ plan, disk, journal });
    await feed(documents, { plan, journal, pool, sink });
    return await finish(sink, { plan, disk, resumedDocuments: journal?.documents ?? 0 });
  } catch (error) {
    await sink?.discard();
    throw error;
  } finally {
    await pool.close();
  }
}

interface FeedOptions extends Pick<RunOptions, 'plan' | 'journal'> {
  readonly pool: TokenizerPool;
  readonly sink: ShardSink;
}

/** Reads, tokenises and writes at the same time; no more chunks are on the way than keep the workers busy. */
async function feed(documents: DocumentSource, { plan, journal, pool, sink }: FeedOptions): Promise<void> {
  const { signal } = plan;
  const pending: (() => Promise<void>)[] = [];
  for await (const chunk of documentChunks(documents, { plan, journal })) {
    signal?.throwIfAborted();
    const made = pool.run(chunk.texts);
    made.catch(() => undefined); // thrown when its turn comes
    pending.push(async () => sink.add(chunk, await made));
    if (pending.length > pool.capacity) await pending.shift()!();
  }
  for (const write of pending) {
    signal?.throwIfAborted();
    await write();
  }
}

async function finish(
  sink: ShardSink,
  { plan, disk, resumedDocuments }: Pick<RunOptions, 'plan' | 'disk'> & { readonly resumedDocuments: number },
): Promise<PrepareResult> {
  const { out, features, tokenizer, eosId, settings } = plan;
  const shards = await sink.finish();
  const report = sink.report();
  if (shards.length === 0) throw nothingLeft(out, report.documents);
  const json = (value: object) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  const manifest = shardManifest({
    tokenizer,
    features,
    hasEos: eosId !== null,
    shards,
    preparation: settings,
  });
  await writeWhole(disk, { folder: out, name: REPORT_FILE }, json(report));
  await writeWhole(disk, { folder: out, name: MANIFEST_FILE }, json(manifest));
  await disk.remove(join(out, JOURNAL_FILE));
  await disk.remove(join(out, KEYS_FILE));
  const { numDocuments, numTokens } = manifest;
  return { report, numDocuments, numTokens, numShards: shards.length, resumedDocuments };
}

function outputExists(file: string, problem: string, remedy: string): DataError {
  return new DataError({ op: 'prepareShards', file, problem, page: 'data-output-exists', remedy });
}

function nothingLeft(out: string, documents: number): DataError {
  return new DataError({
    op: 'prepareShards',
    file: out,
    problem: `none of ${documents} documents is left`,
    page: 'data-empty',
    remedy: 'blank texts, the wrong field, or cleaning that is too strict.',
  });
}
