import type { Tokenizer } from '@tesserae/tokenizer';
import type { CleaningRules } from '../../cleaning/cleaning-options.js';
import { createInspector, type Inspection } from '../../cleaning/inspection.js';
import { shardDtype } from '../shard-layout.js';
import type { ShardIds } from './shard-writer.js';

/** What a worker needs to know once; plain data. */
export interface TokenizeSettings {
  readonly numFeatures: number;
  /** Appended to each feature; null appends nothing. */
  readonly eosId: number | null;
  readonly rules: CleaningRules;
}

/** Documents to tokenise, each with its features. */
export type DocumentChunk = readonly (readonly string[])[];

/** A document without its texts: which pieces it has follows from `inspection.pieces`. */
export interface TokenizedChunk {
  readonly inspections: readonly Inspection[];
  /** Ids of all pieces, one behind the other. */
  readonly ids: ShardIds;
  /** End of each feature of each piece within `ids`. */
  readonly ends: Uint32Array;
}

/** Cleans and tokenises a chunk; the same chunk gives the same result in any worker. */
type ChunkTokenizer = (documents: DocumentChunk) => TokenizedChunk;

/** A chunk tokenizer. */
export function createChunkTokenizer(tokenizer: Tokenizer, settings: TokenizeSettings): ChunkTokenizer {
  const { numFeatures, eosId, rules } = settings;
  const inspect = createInspector(rules);
  const isNarrow = shardDtype(tokenizer.vocabSize) === 'u16';
  return (documents) => {
    const rows: Int32Array[] = [];
    const ends: number[] = [];
    let length = 0;
    const encode = (text: string): void => {
      const { ids } = tokenizer.encode(text, { addSpecialTokens: false });
      rows.push(ids);
      length += ids.length + (eosId === null ? 0 : 1);
      ends.push(length);
    };
    const inspections = documents.map((features): Inspection => {
      const inspection = inspect(features.join('\n'), { isWhole: numFeatures > 1 });
      const isSingle = numFeatures === 1;
      for (const { text } of inspection.pieces) (isSingle ? [text] : features).forEach(encode);
      return { ...inspection, pieces: inspection.pieces.map((piece) => ({ ...piece, text: '' })) };
    });
    const ids = isNarrow ? new Uint16Array(length) : new Uint32Array(length);
    rows.forEach((row, at) => {
      ids.set(row, ends[at - 1] ?? 0);
      if (eosId !== null) ids[ends[at]! - 1] = eosId;
    });
    return { inspections, ids, ends: Uint32Array.from(ends) };
  };
}
