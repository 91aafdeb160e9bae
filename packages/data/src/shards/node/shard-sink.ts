import { join } from 'node:path';
import { createJudge, type Judge } from '../../cleaning/clean-documents.js';
import type { CleaningReport } from '../../cleaning/report.js';
import type { Place } from '../../readers/place.js';
import type { ShardEntry } from '../manifest.js';
import { shardDtype } from '../shard-layout.js';
import type { Disk, DiskFile } from './disk.js';
import type { Chunk } from './document-chunks.js';
import { type Journal, KEYS_FILE, resumeError, writeJournal } from './journal.js';
import type { PreparePlan } from './prepare-options.js';
import { createShardWriter, type ShardWriter } from './shard-writer.js';
import type { TokenizedChunk } from './tokenize-chunk.js';

/** Takes tokenised chunks in order, drops duplicates, writes shards and the journal. */
export interface ShardSink {
  add(chunk: Chunk, made: TokenizedChunk): Promise<void>;
  /** Closes the last shard. */
  finish(): Promise<readonly ShardEntry[]>;
  /** Gives up the shard that is not whole. */
  discard(): Promise<void>;
  report(): CleaningReport;
}

interface SinkOptions {
  readonly plan: PreparePlan;
  readonly disk: Disk;
  readonly journal: Journal | undefined;
}

/** Where a sink stands: in the input, and in the shards. */
interface SinkState {
  documents: number;
  place: Place | null;
  tokens: number;
  writer: ShardWriter | undefined;
  readonly shards: ShardEntry[];
}

/** Opens a sink; behind the shards of the journal if there is one. */
export async function openShardSink({ plan, disk, journal }: SinkOptions): Promise<ShardSink> {
  const { out, settings, shardTokens, onProgress } = plan;
  const judge = createJudge(plan.rules, journal?.report);
  const keys = await openKeys({ plan, disk, journal }, judge);
  const state = beginning(journal);
  const dtype = shardDtype(plan.tokenizer.vocabSize);
  const openWriter = () => createShardWriter({ disk, folder: out, dtype, index: state.shards.length });
  const closeShard = async (): Promise<void> => {
    if (state.writer === undefined) return;
    const keysBytes = await keys.save();
    state.shards.push(await state.writer.finish());
    state.writer = undefined;
    const { shards, documents, place } = state;
    await writeJournal(disk, out, { settings, shards, documents, place, report: judge.report, keysBytes });
  };
  return {
    async add(chunk, made) {
      for (const { pieces, number, place } of judgedDocuments(chunk, { made, judge, plan })) {
        for (const { ids, ends } of pieces) {
          state.writer ??= await openWriter();
          await state.writer.add(ids, ends);
          state.tokens += ids.length;
        }
        [state.documents, state.place] = [number + 1, place ?? null];
        if ((state.writer?.numTokens ?? 0) >= shardTokens) await closeShard();
      }
      onProgress({ documents: state.documents, tokens: state.tokens, shards: state.shards.length });
    },
    async finish() {
      await closeShard();
      await keys.close();
      return state.shards;
    },
    async discard() {
      await state.writer?.discard();
      await keys.close();
    },
    report: () => judge.report,
  };
}

function beginning(journal: Journal | undefined): SinkState {
  const { documents = 0, place = null, shards = [] } = journal ?? {};
  const tokens = shards.reduce((sum, { numTokens }) => sum + numTokens, 0);
  return { documents, place, tokens, writer: undefined, shards: [...shards] };
}

interface WrittenPiece {
  readonly ids: Uint16Array | Uint32Array;
  /** Ends of the features, from the piece's beginning. */
  readonly ends: readonly number[];
}

/** Documents of a chunk with the pieces that stay, in order. */
function* judgedDocuments(
  { texts, first, places }: Chunk,
  { made, judge, plan }: { readonly made: TokenizedChunk; readonly judge: Judge; readonly plan: PreparePlan },
): Generator<{ readonly pieces: readonly WrittenPiece[]; readonly number: number; readonly place?: Place }> {
  const numFeatures = plan.features.length;
  let piece = 0; // within the chunk
  for (const [at, inspection] of made.inspections.entries()) {
    const number = first + at;
    const stays = judge.judge(inspection, { number, text: texts[at]!.join('\n') });
    const begin = piece;
    piece += stays.length;
    const all = stays.map((_, index): WrittenPiece => {
      const ends = made.ends.subarray((begin + index) * numFeatures, (begin + index + 1) * numFeatures);
      const start = made.ends[(begin + index) * numFeatures - 1] ?? 0;
      const ids = made.ids.subarray(start, ends[numFeatures - 1]);
      return { ids, ends: Array.from(ends, (end) => end - start) };
    });
    yield { pieces: all.filter((_, index) => stays[index]), number, place: places[at] };
  }
}

/** The file of what duplicates are told by, which an interrupted run is resumed from. */
async function openKeys({ plan, disk, journal }: SinkOptions, judge: Judge) {
  const path = join(plan.out, KEYS_FILE);
  let keysBytes = journal?.keysBytes ?? 0;
  if (keysBytes > 0) {
    const records = await disk.read(path);
    if (records.length < keysBytes) {
      const problem = `it has ${records.length} bytes, the journal says ${keysBytes}`;
      throw resumeError(path, { problem, remedy: 'Prepare anew, with overwrite.' });
    }
    judge.filter.restore(records.subarray(0, keysBytes));
  }
  const isNeeded = plan.rules.duplicates !== 'none';
  const file: DiskFile | undefined = isNeeded ? await disk.append(path, keysBytes) : undefined;
  return {
    /** Writes what is new; the length of the file then. */
    async save(): Promise<number> {
      const records = judge.filter.takeRecords();
      await file?.write(records);
      await file?.sync();
      return (keysBytes += records.length);
    },
    close: async () => file?.close().catch(() => undefined), // closed already, when finishing is what failed
  };
}
